"""The conditions a rule can be made of: one file each, small and pure."""
