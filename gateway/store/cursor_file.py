"""The cursor of a store that cannot hold it: up to which journal position it has every row, in a small file of ours."""

from __future__ import annotations

import json
import os
from pathlib import Path

from gateway.store.readings import StoreUnavailable


class CursorFile:
    """A cursor that survives a power cut, for one InfluxDB: another one starts at 0 and gets everything."""

    def __init__(self, path: Path, *, target: str) -> None:
        self._path = path
        self._target = target

    def load(self) -> int:
        """Where it stands; 0 where there is none, or one of another target. Raises ``StoreUnavailable``."""
        if not self._path.exists():
            return 0
        cursor, target = _kept(self._path)
        return cursor if target == self._target else 0

    def save(self, cursor: int) -> None:
        """Commit it, on disk when this returns. Raises ``StoreUnavailable``."""
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with new.open("w") as file:
                json.dump({"cursor": cursor, "target": self._target}, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be written: {error}") from error


def cursor_in(path: Path) -> int:
    """Where the cursor in that file stands, whatever its target. Raises ``StoreUnavailable``."""
    return _kept(path)[0]


def set_back(path: Path, cursor: int) -> None:
    """Let everything behind ``cursor`` be written once more. Raises ``StoreUnavailable``."""
    before, target = _kept(path)
    CursorFile(path, target=target).save(min(before, cursor))


def _kept(path: Path) -> tuple[int, str]:
    try:
        kept = json.loads(path.read_bytes())
        return int(kept["cursor"]), str(kept["target"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(
            f"{path} holds no cursor: delete it, everything the journal keeps is then written again"
        ) from error
