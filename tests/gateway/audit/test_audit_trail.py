from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts.who import Reach
from gateway.audit.chain import Entry
from gateway.audit.trail import Asked, Head, Trail
from gateway.audit_keeper import check_audit

DAY = 86_400_000


def entry(**changes: Any) -> Entry:  # noqa: ANN401 fields of Entry
    values: dict[str, Any] = {
        "at": DAY, "who": "李敏", "who_id": 1, "kind": "person", "what": "read_place", "method": "GET", "place": "H0001",
        "subject": "", "path": "福田区/莲花街道/莲花社区/莲花二村", "status": 200, "reason": "", "via": "127.0.0.1",
    }  # fmt: skip
    return Entry(**values | changes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


@pytest.fixture
def trail(file: Path) -> Iterator[Trail]:
    made = Trail(file)
    yield made
    made.close()


def test_what_is_written_stands_there_after_a_restart_and_the_chain_goes_on(trail: Trail, file: Path) -> None:
    assert [trail.write(entry(place=place)) for place in ("H0001", "H0002")] == [1, 2]
    trail.close()
    again = Trail(file)
    assert again.write(entry(place="H0003")) == 3
    assert [one.entry.place for one in again.read(Asked())] == ["H0003", "H0002", "H0001"]
    assert again.first_broken() is None
    again.close()


def test_many_threads_write_one_chain(trail: Trail) -> None:
    threads = [threading.Thread(target=lambda: [trail.write(entry()) for _ in range(20)]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trail.head().number == 100
    assert trail.first_broken() is None


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE entry SET who = '别人' WHERE number = 3", 3),
        ("UPDATE entry SET reason = 'x', seal = x'00' WHERE number = 3", 3),
        ("DELETE FROM entry WHERE number = 4", 4),
        ("DELETE FROM entry WHERE number = 1", 1),
    ],
)
def test_what_somebody_alters_behind_its_back_is_found(
    trail: Trail, file: Path, change: str, broken: int, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(6):
        trail.write(entry())
    with sqlite3.connect(file) as elsewhere:
        elsewhere.execute(change)
    elsewhere.close()
    assert trail.first_broken() == broken
    with caplog.at_level(logging.ERROR):
        asyncio.run(check_audit(trail))
    assert trail.checked.broken == broken
    assert f"entry {broken}" in caplog.text


def test_a_chain_that_was_sealed_anew_does_not_fit_a_seal_noted_elsewhere(trail: Trail, file: Path) -> None:
    for _ in range(3):
        trail.write(entry())
    noted = trail.head()
    assert trail.holds(noted)
    trail.close()
    file.unlink()
    forged = Trail(file)
    for _ in range(3):
        forged.write(entry(who="别人"))
    assert forged.first_broken() is None
    assert not forged.holds(noted)
    assert not forged.holds(Head(9, noted.seal))
    forged.close()


def test_what_is_too_old_is_let_go_from_the_beginning_and_the_chain_holds_from_there(trail: Trail) -> None:
    for day in range(1, 6):
        trail.write(entry(at=day * DAY))
    noted = trail.head()
    assert trail.forget(3 * DAY) == 2
    assert [one.number for one in trail.read(Asked())] == [5, 4, 3]
    assert trail.first_broken() is None
    assert trail.forget(3 * DAY) == 0
    assert trail.forget(9 * DAY) == 3
    assert trail.write(entry()) == 6
    assert trail.first_broken() is None
    assert trail.holds(noted)


def test_it_is_searched_by_person_place_word_time_and_page_and_only_within_reach(trail: Trail) -> None:
    trail.write(entry(at=1))
    trail.write(entry(who="陈国强", place="H0002", reason="家属来电核实"))
    trail.write(entry(who="陈国强", place="N0001", path="南山区/粤海街道"))
    trail.write(entry(place="", subject="李敏", path="", what="sign_in"))

    def numbers(**asked: Any) -> list[int]:  # noqa: ANN401 fields of Asked
        return [one.number for one in trail.read(Asked(**asked))]

    assert numbers(who="陈国强") == [3, 2]
    assert numbers(place="H0002") == [2]
    assert numbers(words="家属 陈国强") == [2]
    assert numbers(begin=1, end=2) == [1]
    assert numbers(before=3) == [2, 1]
    assert numbers(reach=Reach(("福田区/莲花街道",))) == [2, 1]
    assert numbers(reach=Reach(("福田区/莲",))) == []
    assert numbers(reach=Reach()) == []
    assert numbers(words="' OR 1=1 --") == []


def test_only_its_owner_reads_the_file(trail: Trail, file: Path) -> None:
    trail.write(entry())
    assert file.stat().st_mode & 0o777 == 0o600
