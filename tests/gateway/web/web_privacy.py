"""The part of the small hub behind the web that is about what is kept of residents."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.operations.resident import copied
from gateway.web.port import Act


class PrivacyDesk:
    """Copies hold the record alone; an erasure is the command, applied at once."""

    folder: Path
    engine: Any
    command: Any

    @cached_property
    def reporting(self) -> dict[str, list[str]]:
        """Which devices still report, by home."""
        return {}

    def still_reporting(self, place_id: str) -> Sequence[str]:
        return self.reporting.get(place_id, [])

    async def copy_home(self, place_id: str) -> Path:
        if copied(self.engine, place_id) is None:
            raise KeyError(place_id)
        file = self.folder / "copy.zip"
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("index.html", place_id)
        return file

    async def erase_home(self, place_id: str, *, by: str, id: str) -> str:  # noqa: A002 the port's word
        if self.reporting.get(place_id):
            return "reporting"
        act = Act(kind="erase", by=by, place=place_id, data={"secret": "5" * 32})
        outcome = await self.command(act, id=id)
        return str(outcome.reason)
