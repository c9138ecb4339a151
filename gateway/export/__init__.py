"""Readings out of the hub, from its store and its archive, as files for other programs."""
