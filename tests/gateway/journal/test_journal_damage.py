"""A torn or damaged journal: what is lost is named to the event, and a person can go on without it."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.journal.journal import Entry, Journal, JournalError, Refused
from gateway.journal.mark import mark_of
from gateway.journal.repair import Findings, examine, repair
from gateway.journal.thinning import Keep
from rules.events import AnyEvent, Telemetry, Tick

PAGE = 4_096


def readings(first: int, count: int) -> list[AnyEvent]:
    return [
        Telemetry(n, f"d{n % 7}", n, 0, "b", n, {"m": n / 3, "t": "文" * 9})
        for n in range(first, first + count)
    ]


def a_journal(folder: Path, *, rows: int = 60, per_row: int = 40) -> Path:
    """A journal as a kill leaves it: with its log beside it."""
    path = folder / "journal.sqlite"
    journal = Journal(folder / "living.sqlite")
    journal._writer.execute("PRAGMA synchronous=OFF")
    for row in range(rows):
        journal.append(
            Entry(readings(1 + row * per_row, per_row), refused=[Refused(row, "t", b"x", 1, "r", "d")])
        )
    for end in ("", "-wal"):
        shutil.copy(folder / f"living.sqlite{end}", folder / f"journal.sqlite{end}")
    shutil.copy(mark_of(folder / "living.sqlite"), mark_of(path))
    journal.close()
    return path


def lost_of(findings: Findings) -> set[int]:
    return {position for lost in findings.lost for position in range(lost.first, lost.last + 1)}


def repaired(path: Path, *, known_to: int = 0) -> tuple[Findings, Path]:
    return repair(path, known_to=known_to, name="aside.sqlite")


def test_a_whole_journal_is_found_whole(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    assert examine(path) == Findings(0, 2_400, 2_400, (), ())
    with closing(Journal(path)) as journal:
        assert journal.position == 2_400
        assert examine(path).whole, "also beside a running hub"


@pytest.mark.parametrize("cut", [1, 4, 7, 11])
def test_a_log_that_was_cut_off_is_refused_with_what_is_lost(tmp_path: Path, cut: int) -> None:
    """SQLite itself drops the end of a damaged log without a word."""
    path = a_journal(tmp_path)
    log = path.with_name("journal.sqlite-wal")
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.truncate(size * (12 - cut) // 12 - cut)
    with pytest.raises(
        JournalError, match=r"ends at event \d+, but was written up to event 2400.*are lost.*journal repair"
    ):
        Journal(path)
    found = examine(path)
    assert found.position == 2_400
    assert found.lost[-1].last == 2_400
    done, aside = repaired(path)
    assert (done.lost, done.position) == (found.lost, 2_400)
    assert aside.exists()
    with closing(Journal(path)) as journal:
        assert [position for position, _ in journal.read(0)] == list(range(1, found.lost[0].first))
        assert (journal.position, journal.last_at) == (2_400, 2_400), "counted on behind what was given"
        assert journal.append(Entry([Tick(2_401)])) == 2_401
    assert examine(path).whole, "what was given up is no damage any more"


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_never_pass_for_what_was_written(tmp_path: Path, seed: int) -> None:
    """Wherever they are: what is read is what was written, and all the rest is named."""
    dice = random.Random(seed)  # noqa: S311 seeded on purpose
    path = a_journal(tmp_path)
    if seed % 2:
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    target = path if seed % 2 else path.with_name("journal.sqlite-wal")
    content = bytearray(target.read_bytes())
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(10 * PAGE, len(content))
        content[at : at + 8] = bytes(dice.randrange(256) for _ in content[at : at + 8])
    target.write_bytes(content)
    found = examine(path)
    done, _ = repaired(path)
    with closing(Journal(path)) as journal:
        left = list(journal.read(0))
        assert journal.position == 2_400
    assert left == [(n, event) for n, event in enumerate(readings(1, 2_400), 1) if n not in lost_of(done)]
    assert lost_of(found) == lost_of(done)
    assert examine(path).whole


def test_a_page_that_is_gone_costs_its_own_rows_only(tmp_path: Path) -> None:
    path = a_journal(tmp_path, rows=200)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // PAGE * PAGE
    content[middle : middle + PAGE] = b"\xee" * PAGE
    path.write_bytes(content)
    found = examine(path)
    assert found.notes or found.lost
    assert 0 < len(lost_of(found)) <= 400
    for lost in found.lost:
        assert (lost.after, lost.before) == (
            lost.first - 1,
            lost.last + 40,
        ), "the times of the rows around it"
    done, aside = repaired(path)
    assert aside.read_bytes() == bytes(content)
    with closing(Journal(path)) as journal:
        assert {n for n, _ in journal.read(0)} == set(range(1, 8_001)) - lost_of(done)


def test_damage_in_the_newest_rows_is_refused_at_the_start(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE batch SET checksum = checksum + 1 WHERE first IN (2281, 2321)")
        other.commit()
    with pytest.raises(JournalError, match=r"events 2281 to 2360 are damaged \(checksum\).*journal check"):
        Journal(path)
    done, _ = repaired(path)
    assert [(lost.first, lost.last) for lost in done.lost] == [(2_281, 2_360)]


def test_it_counts_on_behind_whatever_a_consumer_has_seen(tmp_path: Path) -> None:
    """A journal from an older backup: alerts and store know later events."""
    path = a_journal(tmp_path)
    assert [(lost.first, lost.last) for lost in examine(path, known_to=3_000).lost] == [(2_401, 3_000)]
    repaired(path, known_to=3_000)
    with closing(Journal(path)) as journal:
        assert journal.position == 3_000
        assert [position for position, _ in journal.read(2_399)] == [2_400]
        assert journal.following(2_400, most=9) == ((), 2_400)
        journal.append(Entry([Tick(3_001)]))
    with closing(Journal(path)) as journal:
        assert journal.following(2_400, most=9) == ([Tick(3_001)], 3_001), "the gap is passed over"


def test_what_was_thinned_out_is_not_lost(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    with closing(Journal(path)) as journal:
        journal.thin(Keep(since=900, bytes_max=1 << 50), behind=2_400)
        begins = journal.begins
    assert begins > 0
    assert examine(path) == Findings(begins, 2_400, 2_400 - begins, (), ())


def test_without_its_mark_a_journal_opens_and_a_bad_mark_says_nothing(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    for content in (b"", b"\0" * 20, b"\xff" * 20, b"short"):
        mark_of(path).write_bytes(content)
        Journal(path).close()
    mark_of(path).unlink()
    Journal(path).close()


def test_a_repair_that_fails_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_journal(tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    (tmp_path / "aside.sqlite").write_bytes(b"something of somebody's")
    with pytest.raises(FileExistsError):
        repaired(path)
    assert path.read_bytes() == before


def test_a_full_disk_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Journal) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(Journal, "_open", full)
    with pytest.raises(JournalError, match="the disk is full or fails; make room") as raised:
        Journal(tmp_path / "journal.sqlite")
    assert "backup" not in str(raised.value)


def test_of_a_file_that_is_no_database_all_that_was_ever_written_is_lost(tmp_path: Path) -> None:
    path = a_journal(tmp_path)
    path.with_name("journal.sqlite-wal").unlink()
    path.write_bytes(b"this is no database" * 500)
    assert [(lost.first, lost.last) for lost in examine(path).lost] == [(1, 2_400)]
    _, aside = repaired(path)
    assert aside.read_bytes().startswith(b"this is no database")
    with closing(Journal(path)) as journal:
        assert journal.append(Entry([Tick(2_401)])) == 2_401
