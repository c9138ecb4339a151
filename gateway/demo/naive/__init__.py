"""The rules that one would write first, kept to be scored beside the hub's own: ``naive.yaml`` in this folder."""

from __future__ import annotations

from pathlib import Path

from gateway.rulebook.load import Rulebook, load_rulebook

FOLDER = Path(__file__).parent


def rulebook() -> Rulebook:
    """The naive rules."""
    return load_rulebook(FOLDER)
