"""The secret under which the hub makes links for people without an account; made at the first start, kept in its folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gateway.settings import SettingsError

SECRET_BYTES = 32
NAME = "links.secret"


def link_secret(folder: Path) -> bytes:
    """Read it, or make it at the first start, readable by the hub's user alone; raises ``SettingsError``.

    It is no part of a backup: what was sent before a restore opens nothing after it.
    """
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"[hub] data {folder}: {path.name} cannot be kept: {error.strerror}; give the hub a folder that it may "
            "write to"
        ) from None
    if len(found) != SECRET_BYTES:
        raise SettingsError(
            f"[hub] data {folder}: {path.name} is damaged; delete it: a new one is made, and links that were sent end"
        )
    return found


def _make(path: Path) -> None:
    """Whole or not at all: a start that is cut off leaves nothing behind that the next one would read."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(secrets.token_bytes(SECRET_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.rename(path)
