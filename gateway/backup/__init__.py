"""Backups of a hub, running or not, and the way back."""
