"""Chance that repeats: every draw of the town comes from a generator named by a label."""

from __future__ import annotations

import random


def dice(*label: object) -> random.Random:
    """A generator whose draws depend on the label only, equal on every machine and under every hash seed."""
    return random.Random("/".join(map(str, label)))  # noqa: S311 repeatable by purpose, guards nothing
