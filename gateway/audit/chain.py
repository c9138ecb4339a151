"""The chain of the audit: each entry is sealed over itself and the seal before it. Pure; knows no technology.

A chain shows what was altered in it to whoever has noted one of its seals elsewhere: who can write the file could seal it all
anew. So the newest seal goes into the log every hour, and into each backup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

NO_SEAL = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody did or looked at. ``at`` is wall clock, epoch ms; ``status`` is the HTTP status of the answer.

    ``who`` is the account's name ('' for a program), ``kind`` who that is (person, program, device, nobody), ``what`` the
    route's name, ``place`` the home or facility it is about, ``subject`` what else (an alert, a device), ``path`` where in the
    tree of places that is, ``reason`` what they have stated, ``via`` from where.
    """

    at: int
    who: str
    who_id: int
    kind: str
    what: str
    method: str
    place: str
    subject: str
    path: str
    status: int
    reason: str
    via: str


def seal(before: bytes, number: int, entry: Entry) -> bytes:
    """The seal of an entry: SHA-256 over the seal before it, its number and its fields."""
    fields = json.dumps([number, *asdict(entry).values()], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + b"\n" + fields.encode(errors="surrogatepass")).digest()


def first_broken(before: bytes, number: int, entries: Iterable[tuple[int, Entry, bytes]]) -> int | None:
    """The number of the first entry that is not what was sealed, or is missing; None where the chain holds.

    ``before`` is the seal and ``number`` the number that the first of them follows.
    """
    for found, entry, sealed in entries:
        number += 1
        if found != number or sealed != seal(before, number, entry):
            return number
        before = sealed
    return None
