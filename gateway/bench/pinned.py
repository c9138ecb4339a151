"""Keeps a measured process on one core, so that what is measured is one core's work."""

from __future__ import annotations

import os
import sys


def pin() -> None:
    """Stay on the last core this process may use; nothing where the system cannot."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
