"""Lists a page at a time: the ``next`` of an answer is the ``cursor`` of the question after it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query

from gateway.web.problems import refuse

CURSOR_CHARS_MAX = 1_024
INT_MAX = 2**63 - 1  # SQLite's integers

T = TypeVar("T")
Row = TypeVar("Row")
Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARS_MAX)]


def written(*place: int | str) -> str:
    """A cursor for this place in a list; opaque to those who carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str, kind: type[T]) -> T:
    """The place that a cursor stands for, a tuple of this kind; refuses what is none."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise _none() from None
    if any(isinstance(part, int) and not 0 <= part <= INT_MAX for part in place):  # type: ignore[attr-defined]
        raise _none()
    return place


def cut(
    rows: Sequence[Row],
    place_of: Callable[[Row], tuple[Any, ...]],
    cursor: str | None,
    limit: int,
    kind: type[T],
) -> tuple[list[Row], str | None]:
    """A page of rows that stand in the order of their places, and the cursor for those that follow."""
    behind = read(cursor, kind) if cursor is not None else None
    left = [row for row in rows if behind is None or place_of(row) > behind]  # type: ignore[operator]
    shown = left[:limit]
    return shown, written(*place_of(shown[-1])) if len(left) > limit else None


def first(
    rows: Sequence[Row], place_of: Callable[[Row], tuple[int | str, ...]], limit: int
) -> tuple[list[Row], str | None]:
    """A page of what was read one further than it is long, and the cursor for those that follow."""
    shown = list(rows[:limit])
    return shown, written(*place_of(shown[-1])) if len(rows) > limit else None


def _none() -> Exception:
    return refuse(422, "invalid", what="cursor: take it from the 'next' of an answer to the same question")
