"""The registry: which homes, facilities and devices there are, from a CSV file into the operational database."""
