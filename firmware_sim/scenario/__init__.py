"""Scenarios: a situation written down as a timeline in YAML, to be played to a hub, or looked at without one."""
