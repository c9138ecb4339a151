"""What the hub takes of its machine: memory, files, processor, disk. Under the names every Prometheus client uses."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import time
from pathlib import Path

from gateway.web.port import Figure, Sample

STARTED_AT = time.time()


def process_figures(data: Path) -> list[Figure]:
    """Of this process and of the disk that ``data`` lies on."""
    disk = shutil.disk_usage(data)
    files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = [
        ("carehub_disk_free_bytes", "gauge", "Free on the disk of the data folder.", disk.free),
        ("carehub_disk_size_bytes", "gauge", "Size of that disk.", disk.total),
        ("process_resident_memory_bytes", "gauge", "Resident memory.", _resident_bytes()),
        ("process_open_fds", "gauge", "Open files and connections.", _open_files()),
        ("process_max_fds", "gauge", "How many there may be.", files_max),
        ("process_cpu_seconds_total", "counter", "Processor time.", used.ru_utime + used.ru_stime),
        ("process_start_time_seconds", "gauge", "When the process began, epoch seconds.", STARTED_AT),
    ]
    collections = tuple(
        Sample(float(generation["collections"]), {"generation": str(number)})
        for number, generation in enumerate(gc.get_stats())
    )
    return [
        *(
            Figure(name, "counter" if kind == "counter" else "gauge", about, (Sample(float(value)),))
            for name, kind, about, value in found
        ),
        Figure("python_gc_collections_total", "counter", "Runs of the garbage collector.", collections),
    ]


def _resident_bytes() -> int:
    """0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 no path is needed, a count is
    except OSError:
        return 0
