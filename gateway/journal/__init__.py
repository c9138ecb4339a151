"""The journal: the durable, ordered record of everything that can change a decision."""
