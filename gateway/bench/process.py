"""What a running process takes, as Linux tells it in /proc."""

from __future__ import annotations

import os
from pathlib import Path


def memory_mb(pid: int, what: str = "VmHWM") -> float:
    """Its peak resident memory (``VmRSS``: the present one). Raises ``OSError`` where there is no such process or no /proc."""
    return _of_status(pid, what) / 1024


def threads(pid: int) -> int:
    """How many threads it has."""
    return int(_of_status(pid, "Threads"))


def shared_fairly_mb(pid: int) -> float:
    """Its proportional share (PSS): of what several processes share, a part each. A walk through its memory: ask rarely."""
    return _word_after(Path(f"/proc/{pid}/smaps_rollup"), "Pss") / 1024


def open_files(pid: int) -> int:
    """How many files and sockets it holds open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 names are enough


def cpu_s(pid: int) -> float:
    """CPU seconds so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _of_status(pid: int, what: str) -> float:
    return _word_after(Path(f"/proc/{pid}/status"), what)


def _word_after(file: Path, what: str) -> float:
    for line in file.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{what}:"):
            return float(line.split()[1])
    raise OSError(f"{file} does not say {what}")
