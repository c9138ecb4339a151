"""Keeps a measured process on one core, so that what is measured is one core's work."""

from __future__ import annotations

import os
import sys


def pin() -> None:
    """Stay on the last core this process may use; nothing where the system cannot."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":  # another program, pinned: python -m gateway.bench.pinned PROGRAM …
    pin()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 without a shell
