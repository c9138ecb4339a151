"""What a backup says of itself: when it was made, how far each part had come, what it holds, and its files' checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.archive import is_archived

FORMAT = 2
FORMATS_READ = frozenset({1, FORMAT})  # 1: without the archive
NAME = "manifest.json"
JOURNAL, OPERATIONS, READINGS = "journal.sqlite", "operations.sqlite", "readings.duckdb"
CHUNK = 1 << 20
FILES_MAX = 100_000  # two a day of an archive
MANIFEST_BYTES_MAX = 1 << 25


class BackupError(Exception):
    """A backup cannot be made or used; the message names the file and what to do."""


class Held(msgspec.Struct, frozen=True):
    """A file of the backup: its size and the SHA-256 of what is in it."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``made_at`` is ISO 8601; ``positions`` are journal positions by part; ``counts`` is what the backup holds, in words.

    ``archive`` is whether the archive was taken along. ``files`` are by their paths in the data folder.
    """

    format: int
    made_at: str
    carehub: str
    store: str
    archive: bool = False
    positions: dict[str, int]
    counts: dict[str, int]
    files: dict[str, Held]


def encode(manifest: Manifest) -> bytes:
    """The manifest as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(body: bytes, source: Path) -> Manifest:
    """Read it; raises ``BackupError`` where it is none, or of a hub to come."""
    try:
        found = msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(f"{source}: {NAME} is damaged ({error}); take another backup") from None
    if found.format not in FORMATS_READ:
        read = " and ".join(map(str, sorted(FORMATS_READ)))
        raise BackupError(
            f"{source}: {NAME} has format {found.format}, this hub reads {read}; use the hub that made it "
            f"({found.carehub})"
        )
    for name in found.files:
        plain = name == Path(name).name and not name.startswith(".") and name not in ("", NAME)
        if not plain and not is_archived(name):
            raise BackupError(f"{source}: {NAME} names the file {name!r}, which no backup has")
    if len(found.files) > FILES_MAX or not {JOURNAL, OPERATIONS} <= found.files.keys():
        raise BackupError(f"{source}: {NAME} does not name {JOURNAL} and {OPERATIONS}; take another backup")
    return found


def checksum(file: Path, told: Callable[[int], None] = lambda _count: None) -> Held:
    """Size and checksum of a file; ``told`` hears of the bytes read."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            told(len(chunk))
    return Held(size, digest.hexdigest())


def check(name: str, found: Held, wanted: Held, source: Path) -> None:
    """Raise ``BackupError`` where the file is not what was backed up."""
    if found != wanted:
        why = (
            f"{found.bytes} bytes instead of {wanted.bytes}"
            if found.bytes != wanted.bytes
            else "its checksum differs"
        )
        raise BackupError(f"{source}: {name} is damaged ({why}); take another backup")
