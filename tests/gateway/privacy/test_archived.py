"""Archived days lose one home and nothing else; a copy has what is in store and archive once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlalchemy.orm import Session

from gateway.archive import Archive, without_place
from gateway.audit.trail import Trail
from gateway.journal.journal import Journal
from gateway.journal.quarantine import Quarantine
from gateway.operations.database import open_database
from gateway.operations.tables import Contact, Device, Place
from gateway.parts import kept_days
from gateway.privacy.copying import Sources, write_copy
from gateway.settings import Settings
from gateway.store.duckdb import DuckDBStore
from gateway.store.duckdb_keeping import DuckDBKeeping
from gateway.store.readings import Readings, StoreUnavailable

ZONE = ZoneInfo("Asia/Shanghai")
DAY = 1_772_380_800_000  # 2026-03-02 in Shanghai
HOUR = 3_600_000


def rows(*of: tuple[str, int]) -> Readings:
    """A reading of each place at that time."""
    count = len(of)
    return Readings(
        device=[f"{place}-motion" for place, _ in of], place=[place for place, _ in of], home=[True] * count,
        metric=["motion"] * count, time_ns=[at * 1_000_000 for _, at in of], value=[1.0] * count, text=[None] * count,
        quality=["good"] * count, boot=["b"] * count, seq=list(range(count)), received_at=[at for _, at in of],
    )  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A day on which two homes were heard, and one on which only H1 was."""
    archive = Archive(tmp_path / "archive", ZONE)
    for number, of in enumerate((rows(("H1", DAY + 1), ("H2", DAY + 2)), rows(("H1", DAY + 86_400_001)))):
        store = DuckDBStore(tmp_path / f"day{number}.duckdb")
        store.write(of, cursor=1)
        keeping = DuckDBKeeping(store)
        begin = DAY + number * 86_400_000
        archive.write(
            begin, home=True,
            copy=lambda file, keeping=keeping, begin=begin: keeping.copy_class(begin, begin + 86_400_000, file, home=True),
        )  # fmt: skip
        store.close()
    return archive


def places_in(file: Path) -> list[str]:
    found = duckdb.read_parquet(str(file)).project("place").order("place").fetchall()
    return [place for (place,) in found]


def test_a_day_is_written_anew_without_the_home_and_a_copy_of_before_stays(
    archive: Archive, tmp_path: Path
) -> None:
    first, second = (day.file for day in archive.days(0, 1 << 60))
    (tmp_path / "backup.parquet").hardlink_to(first)
    assert without_place(first, "H1")
    assert places_in(first) == ["H2"]
    assert oct(first.stat().st_mode & 0o777) == "0o600"
    assert places_in(tmp_path / "backup.parquet") == ["H1", "H2"]
    assert without_place(second, "H1")
    assert not second.exists()  # nobody else was in it
    assert not without_place(first, "H1")  # twice is once
    assert [day.file for day in archive.days(0, 1 << 60)] == [first]
    assert not list((tmp_path / "archive").rglob("*.new"))


def test_a_file_that_cannot_be_read_is_left_and_told(archive: Archive) -> None:
    file = next(archive.days(0, 1 << 60)).file
    file.write_bytes(b"PAR1 no")
    with pytest.raises(StoreUnavailable, match="cannot be written without"):
        without_place(file, "H1")
    assert file.read_bytes() == b"PAR1 no"


def test_a_copy_has_the_archived_and_the_stored_once_and_one_home_alone(
    archive: Archive, tmp_path: Path
) -> None:
    database = open_database(tmp_path / "operations.sqlite")
    with Session(database) as session, session.begin():
        for home in ("H1", "H2"):
            session.add(
                Place(
                    id=home, kind="home", site="x", path="区", name=f"王{home}<b>", address="1", capacity=None, access_note=""
                )
            )  # fmt: skip
            session.flush()
            session.add(
                Device(
                    id=f"{home}-motion", place_id=home, site="x", kind="motion", room="客厅", heartbeat_s=1
                )
            )
            session.add(Contact(place_id=home, rank=1, name="女儿", phone="0755-83001234"))
    store = DuckDBStore(tmp_path / "readings.duckdb")
    # the archived reading is in the store still: it leaves only when its file is whole
    store.write(rows(("H1", DAY + 1), ("H2", DAY + 2), ("H1", DAY + 200 * HOUR)), cursor=1)
    keeping = DuckDBKeeping(store)
    keeping.summarise_hour(DAY, home=True)
    Journal(tmp_path / "journal.sqlite").close()
    trail = Trail(tmp_path / "audit.sqlite")
    sources = Sources(
        database=database, keeping=keeping, archive=archive, quarantine=Quarantine(tmp_path / "journal.sqlite"),
        trail=trail, zone=ZONE, kept_days=kept_days(Settings()),
    )  # fmt: skip
    write_copy(sources, "H1", tmp_path / "copy.zip", at=DAY)
    with zipfile.ZipFile(tmp_path / "copy.zip") as made:
        lines = made.read("readings.csv").decode().splitlines()
        hours = made.read("hours.csv").decode().splitlines()
        page = made.read("index.html").decode()
        record = json.loads(made.read("record.json"))
    assert [line.split(",")[0] for line in lines[1:]] == [
        "2026-03-01T16:00:00.001Z", "2026-03-02T16:00:00.001Z", "2026-03-10T00:00:00.000Z",
    ]  # fmt: skip
    assert [line.split(",")[:4] for line in hours[1:]] == [
        ["2026-03-01T16:00:00Z", "H1-motion", "motion", "1"]
    ]
    assert "H2" not in page + json.dumps(record) + "".join(lines + hours)
    assert "王H1&lt;b&gt;" in page
    assert record["contact"][0]["phone"] == "075*-****1234"
    with pytest.raises(KeyError):
        write_copy(sources, "H9", tmp_path / "none.zip", at=DAY)
    assert not (tmp_path / "none.zip").exists()
    store.close()
    trail.close()
    database.dispose()
