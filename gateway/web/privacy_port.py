"""What the pages of privacy ask of the hub: a copy of what is kept of a resident, and its erasure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class PrivacyPort(Protocol):
    """What is kept of residents."""

    def still_reporting(self, place_id: str) -> Sequence[str]:
        """The devices of a home that were heard so lately that they still report; cheap, no I/O."""

    async def copy_home(self, place_id: str) -> Path:
        """Write what is kept of that home's resident into a ZIP file, which the asker removes.

        KeyError where there is no such home, UnavailableError while the store does not answer.
        """

    async def erase_home(self, place_id: str, *, by: str, id: str) -> str:  # noqa: A002 the command's own word
        """Erase what is kept of that home's resident; why not (``alert_open``, ``reporting``, ``unknown_home``), '' when begun.

        What the pages show is gone when it answers; the rest goes on (``gateway.operations.erasing.erasures``).
        UnavailableError when it cannot be journalled.
        """
