"""What is kept of residents: the inventory, a copy for them, and its erasure."""
