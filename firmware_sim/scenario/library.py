"""The library: situations that happen, one file each, under ``firmware_sim/scenarios``."""

from __future__ import annotations

from pathlib import Path

import firmware_sim

LIBRARY = Path(firmware_sim.__file__ or "").parent / "scenarios"


def library() -> list[Path]:
    """The files of the library, by name."""
    return sorted(LIBRARY.glob("*.yaml"))


def found(name: Path) -> Path:
    """The file that is meant: a path, or the name of a scenario of the library with or without ``.yaml``."""
    if name.exists() or name.parent != Path():
        return name
    of_library = LIBRARY / f"{name.name.removesuffix('.yaml')}.yaml"
    return of_library if of_library.exists() else name
