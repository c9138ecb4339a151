"""Who follows the journal closely gets its newest events from memory, many small entries together, and all that is written."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.journal import EVENTS_PER_ROW_MAX, Entry, Journal
from rules.events import AnyEvent, Tick

SIZES = st.lists(st.integers(1, 9), max_size=12)


def followed(journal: Journal, after: int, most: int) -> list[AnyEvent]:
    found: list[AnyEvent] = []
    while True:
        events, last = journal.following(after, most=most)
        assert len(events) <= most
        assert last == after + len(events)
        if not events:
            return found
        found += events
        after = last


@given(before=SIZES, since=SIZES, after=st.integers(0, 120), most=st.integers(1, 20))
def test_following_gives_every_event_once_wherever_it_is_kept(
    tmp_path_factory: object, before: list[int], since: list[int], after: int, most: int
) -> None:
    path = Path(str(tmp_path_factory.mktemp("journal"))) / "journal.sqlite"  # type: ignore[attr-defined]
    for part in (before, since):  # what was before the second opening is on the disk only
        with closing(Journal(path)) as journal:
            journal._writer.execute("PRAGMA synchronous=OFF")
            for size in part:
                first = journal.position + 1
                journal.append(Entry([Tick(at) for at in range(first, first + size)]))
            whole = [event for _, event in journal.read(after)]
            assert followed(journal, after, most) == whole


def test_many_small_entries_are_given_together(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        journal._writer.execute("PRAGMA synchronous=OFF")
        for at in range(500):
            journal.append(Entry([Tick(at)]))
        events, last = journal.following(100, most=EVENTS_PER_ROW_MAX)
        assert (len(events), last) == (400, 500)
