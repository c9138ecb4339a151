"""Chance that repeats: every draw of the town comes from a generator named by a label."""

from __future__ import annotations

import random


def dice(*label: object) -> random.Random:
    """A generator whose draws depend on the label only, equal on every machine and under every hash seed."""
    return random.Random("/".join(map(str, label)))  # noqa: S311 repeatable by purpose, guards nothing


def poisson(draw: random.Random, mean: float) -> int:
    """How often something happens that happens ``mean`` times on average."""
    count, left = 0, draw.expovariate(1)
    while left < mean:
        count += 1
        left += draw.expovariate(1)
    return count
