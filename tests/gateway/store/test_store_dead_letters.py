"""Rows that were refused are kept with the reason, once, within bounds, whatever stands in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from store_rows import NOW, columns, row

from gateway.store import dead_letters
from gateway.store.dead_letters import KEPT_MS_MAX, DeadLetters, as_readings


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[DeadLetters]:
    with closing(DeadLetters(tmp_path / "dead_letters.sqlite")) as dead:
        yield dead


def test_they_survive_and_the_same_row_is_kept_once(dead: DeadLetters, tmp_path: Path) -> None:
    rows = columns([row(seq=1), row(seq=2), row(seq=3)])
    dead.keep(rows, {0: "first", 2: "no"}, at=NOW)
    dead.keep(rows, {2: "why now"}, at=NOW + 1)
    assert (dead.refused, dead.waiting, dead.dropped) == (2, 2, 0)
    with closing(DeadLetters(tmp_path / "dead_letters.sqlite")) as again:
        assert again.waiting == 2
        assert [(each.at, each.reason, each.reading) for each in again.newest(10)] == [
            (NOW, "why now", row(seq=3)),
            (NOW, "first", row(seq=1)),
        ]
        assert list(as_readings(again.oldest(1))) == [row(seq=1)]


def test_what_no_store_would_take_comes_back_as_it_was(dead: DeadLetters) -> None:
    odd = row(value=math.inf, text="\ud800", device="a\nb", seq=2**70)
    dead.keep(columns([odd]), {0: "odd"}, at=NOW)
    assert dead.newest(1)[0].reading == odd


def test_they_are_read_a_page_at_a_time(dead: DeadLetters) -> None:
    dead.keep(columns(row(seq=seq) for seq in range(5)), dict.fromkeys(range(5), "no"), at=NOW)
    first = dead.newest(2)
    rest = dead.newest(9, before=first[-1].id)
    assert [each.reading.seq for each in [*first, *rest]] == [4, 3, 2, 1, 0]


def test_they_are_bounded_by_age_and_number(dead: DeadLetters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "ROWS_MAX", 5)
    dead.keep(columns([row(seq=1)]), {0: "old"}, at=NOW - KEPT_MS_MAX - 1)
    rows = columns(row(seq=seq) for seq in range(10, 18))
    dead.keep(rows, dict.fromkeys(range(8), "many"), at=NOW)
    assert [each.reading.seq for each in dead.oldest(10)] == [13, 14, 15, 16, 17]
    assert (dead.refused, dead.waiting, dead.dropped) == (9, 5, 4)
    assert dead.forget({dead.newest(1)[0].id}) == 1
    assert dead.forget() == 4
    assert dead.waiting == 0
