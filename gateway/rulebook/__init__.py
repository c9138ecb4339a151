"""Reads the rules people write in YAML; every error names file, line, column and what to do."""
