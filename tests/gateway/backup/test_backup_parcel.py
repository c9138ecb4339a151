"""A backup is whole or refused: every damage to it is found before anything is touched, and named by its file."""

from __future__ import annotations

import errno
import io
import shutil
import sqlite3
import tarfile
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.archive import DAY_MS, Archive
from gateway.backup import make as making
from gateway.backup.make import make_backup
from gateway.backup.manifest import JOURNAL, NAME, OPERATIONS, READINGS, BackupError, Manifest, decode
from gateway.backup.parcel import deliver, look_into
from gateway.backup.restore import restore
from gateway.journal.journal import Entry, Journal
from gateway.operations.database import open_database
from gateway.store.cursor_file import CursorFile
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query, Readings
from rules.events import Tick

ZONE = "Asia/Shanghai"
NIGHT = 1_772_640_000_000  # 2026-03-05 in Shanghai
ARCHIVED = ["archive/2026-03/homes-2026-03-05.parquet", "archive/2026-03/homes-2026-03-06.parquet"]


def a_data_folder(folder: Path, *, events: int = 50, stored: int = 30) -> Path:
    journal = Journal(folder / JOURNAL)
    for at in range(1, events + 1):
        journal.append(Entry(events=[Tick(at)]))
    journal.close()
    database = open_database(folder / OPERATIONS)
    with database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO cursor VALUES ('engine', 40)")
        connection.exec_driver_sql("INSERT INTO cursor VALUES ('engine.floor', 10)")
    database.dispose()
    store = DuckDBStore(folder / READINGS)
    store.write(Readings(), cursor=stored)
    store.close()
    archive = Archive(folder / "archive", ZoneInfo(ZONE))
    for begin in (NIGHT, NIGHT + DAY_MS):
        archive.write(begin, home=True, copy=some_readings)
    return folder


def some_readings(file: Path) -> int:
    rows = "(SELECT 'H1-pir' AS device, range AS value FROM range(100))"
    duckdb.execute(f"COPY {rows} TO '{file}' (FORMAT parquet)")
    return 100


def making_of(data: Path, folder: Path, *, archive: bool = True) -> Manifest:
    store = DuckDBStore(data / READINGS)
    try:
        return make_backup(
            data, folder, store=store, zone=ZONE, archive=archive, told=lambda _what, _done: None
        )
    finally:
        store.close()


def made(data: Path, target: Path, *, archive: bool = True) -> Path:
    folder = target.parent / "made"
    making_of(data, folder, archive=archive)
    deliver(folder, target)
    assert not folder.exists()
    return target


def bodies(folder: Path) -> dict[str, bytes]:
    """What lies in the archive of a data folder, by the names that a manifest gives."""
    return {
        str(f.relative_to(folder)): f.read_bytes() for f in (folder / "archive").rglob("*") if f.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One backup, as a folder and as a tar file."""
    folder = tmp_path_factory.mktemp("backup")
    data = a_data_folder(folder / "data")
    return {"folder": made(data, folder / "whole"), "tar": made(data, folder / "whole.tar")}


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_there_and_back(whole: dict[str, Path], tmp_path: Path, kind: str) -> None:
    manifest, aside = restore(whole[kind], tmp_path / "new", force=False, store="duckdb")
    assert aside is None
    assert manifest.positions == {"engine": 40, "engine.floor": 10, "store": 30, "journal": 50}
    journal = Journal(tmp_path / "new" / JOURNAL)
    assert journal.position == 50
    journal.close()
    store = DuckDBStore(tmp_path / "new" / READINGS)
    assert store.cursor() == 30
    assert store.read(Query(from_ms=0, to_ms=1 << 50, limit=1)) == []
    store.close()
    there = {str(f.relative_to(tmp_path / "new")) for f in (tmp_path / "new").rglob("*") if f.is_file()}
    assert there == {*manifest.files, "hub.lock", "journal.mark"}
    assert manifest.counts["archive_files"] == 2
    assert sorted(bodies(tmp_path / "new")) == ARCHIVED
    assert bodies(tmp_path / "new") == bodies(whole["folder"].parent / "data")


def test_the_archive_may_be_left_out(tmp_path: Path) -> None:
    data = a_data_folder(tmp_path / "data")
    lean = made(data, tmp_path / "lean.tar", archive=False)
    manifest = look_into(lean)
    assert (manifest.archive, manifest.counts.get("archive_files")) == (False, None)
    restore(lean, tmp_path / "new", force=False, store="duckdb")
    assert not (tmp_path / "new" / "archive").exists()


def test_what_leaves_the_archive_meanwhile_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = a_data_folder(tmp_path / "data")
    link = making.os.link

    def too_late(source: Path, target: Path) -> None:
        (data / ARCHIVED[0]).unlink(missing_ok=True)  # it has reached its age
        link(source, target)

    monkeypatch.setattr("gateway.backup.make.os.link", too_late)
    (data / "archive/2026-03/homes-2026-03-07.parquet.new").write_bytes(b"half")
    manifest = making_of(data, tmp_path / "made")
    assert sorted(name for name in manifest.files if "/" in name) == ARCHIVED[1:]


def test_an_archive_on_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(_source: Path, _target: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    data = a_data_folder(tmp_path / "data")
    monkeypatch.setattr("gateway.backup.make.os.link", other_disk)
    making_of(data, tmp_path / "made")
    assert bodies(tmp_path / "made") == bodies(data)


def test_a_backup_of_before_the_archive_went_with_it_is_read(whole: dict[str, Path], tmp_path: Path) -> None:
    body = (whole["folder"] / NAME).read_text(encoding="utf-8")
    old = body.replace('"format": 2', '"format": 1').replace('  "archive": true,\n', "")
    assert decode(old.encode(), tmp_path).archive is False
    with pytest.raises(BackupError, match="format 3, this hub reads 1 and 2"):
        decode(body.replace('"format": 2', '"format": 3').encode(), tmp_path)


def test_nobody_else_may_read_it(whole: dict[str, Path]) -> None:
    everything = [whole["folder"], *whole["folder"].rglob("*")]
    assert {f.stat().st_mode & 0o777 for f in everything if f.is_dir()} == {0o700}
    assert {f.stat().st_mode & 0o777 for f in everything if f.is_file()} == {0o600}
    assert whole["tar"].stat().st_mode & 0o777 == 0o600


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_named_and_nothing_is_touched(
    whole: dict[str, Path], tmp_path: Path, data: st.DataObject
) -> None:
    copy, target = tmp_path / "copy", tmp_path / "target"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole["folder"], copy)
    name = data.draw(st.sampled_from([JOURNAL, OPERATIONS, READINGS, ARCHIVED[1]]))
    body = bytearray((copy / name).read_bytes())
    at = data.draw(st.integers(0, len(body) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "grow", "gone"]))
    if how == "flip":
        body[at] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del body[at:]
    elif how == "grow":
        body += b"\0"
    (copy / name).write_bytes(body)
    if how == "gone":
        (copy / name).unlink()
    with pytest.raises(BackupError, match=name):
        restore(copy, target, force=False, store="duckdb")
    assert [f.name for f in target.iterdir()] == ["hub.lock"]


@pytest.mark.parametrize("part", [0.001, 0.5, 0.95])
def test_a_tar_file_that_ends_early_is_refused(whole: dict[str, Path], tmp_path: Path, part: float) -> None:
    short = tmp_path / "short.tar"
    body = whole["tar"].read_bytes()
    short.write_bytes(body[: int(len(body) * part)])
    with pytest.raises(BackupError, match=r"short\.tar"):
        restore(short, tmp_path / "new", force=False, store="duckdb")


def test_a_manifest_cannot_name_files_elsewhere(whole: dict[str, Path], tmp_path: Path) -> None:
    body = (whole["folder"] / NAME).read_text(encoding="utf-8")
    plain = ["../operations.sqlite", "/etc/passwd", ".hidden", ""]
    deep = ["archive/2026-03/../../x.parquet", "archive/2026-03/x", "other/homes-2026-03-05.parquet"]
    for name in plain + deep:
        with pytest.raises(BackupError, match="no backup has"):
            decode(body.replace('"readings.duckdb"', f'"{name}"').encode(), tmp_path)


@pytest.mark.parametrize("name", ["new", "new.tar"])
def test_a_backup_that_cannot_be_written_whole_is_not_there_at_all(
    whole: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    shutil.copytree(whole["folder"], tmp_path / "made")
    monkeypatch.setattr("gateway.backup.parcel.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        deliver(tmp_path / "made", tmp_path / "out" / name)
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "made").exists()


def beside_influxdb(data: Path, *, begins: int, cursor: int) -> Path:
    """A data folder whose journal begins behind ``begins``, of a hub whose InfluxDB has everything up to ``cursor``."""
    (a_data_folder(data) / READINGS).unlink()
    CursorFile(data / "influxdb.cursor", target="there").save(cursor)
    with sqlite3.connect(data / JOURNAL) as journal:
        journal.execute("DELETE FROM batch WHERE first <= ?", [begins])
    with sqlite3.connect(data / OPERATIONS) as operations:
        operations.execute("UPDATE cursor SET position = 40")
    return data


@pytest.mark.parametrize("begins", [0, 20])
def test_beside_influxdb_all_that_the_journal_holds_is_written_there_again(
    tmp_path: Path, begins: int
) -> None:
    """InfluxDB comes back by its own means, from an earlier day or not at all: the cursor says nothing of it any more."""
    data, made_in = beside_influxdb(tmp_path / "data", begins=begins, cursor=35), tmp_path / "made"
    manifest = make_backup(data, made_in, store=None, zone=ZONE, archive=True, told=lambda _what, _done: None)
    assert (manifest.store, manifest.positions["store"]) == ("influxdb", 35)
    restore(made_in, tmp_path / "new", force=False, store="influxdb")
    assert CursorFile(tmp_path / "new" / "influxdb.cursor", target="there").load() == begins
    assert CursorFile(tmp_path / "new" / "influxdb.cursor", target="another").load() == 0


def test_beside_influxdb_a_journal_thinned_behind_the_cursor_is_refused(tmp_path: Path) -> None:
    data = beside_influxdb(tmp_path / "data", begins=36, cursor=35)
    with pytest.raises(BackupError, match="the journal was thinned each time"):
        make_backup(
            data, tmp_path / "made", store=None, zone=ZONE, archive=True, told=lambda _what, _done: None
        )


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no backup is there"):
        look_into(tmp_path)
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        tar.addfile(tarfile.TarInfo("hello"), io.BytesIO())
    with pytest.raises(BackupError, match="no backup is there"):
        look_into(other)
    with pytest.raises(BackupError, match="damaged"):
        decode(b"{}", tmp_path)


def test_a_folder_in_use_is_refused_and_moved_aside_when_told(whole: dict[str, Path], tmp_path: Path) -> None:
    data = a_data_folder(tmp_path / "data", events=3, stored=2)
    with pytest.raises(BackupError, match="it is not empty"):
        restore(whole["tar"], data, force=False, store="duckdb")
    _, aside = restore(whole["tar"], data, force=True, store="duckdb")
    assert aside is not None
    old = Journal(aside / JOURNAL)
    assert old.position == 3
    old.close()
    new = Journal(data / JOURNAL)
    assert new.position == 50
    new.close()


def test_another_kind_of_store_is_refused(whole: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="set the same kind"):
        restore(whole["tar"], tmp_path, force=False, store="influxdb")


def test_a_journal_thinned_while_it_was_copied_is_copied_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = a_data_folder(tmp_path / "data")
    thinned: list[str] = []

    def told(what: str, _done: float) -> None:
        if what == "readings" and not thinned:
            thinned.append("once")
            with sqlite3.connect(data / JOURNAL) as journal:
                journal.execute("DELETE FROM batch WHERE first <= 20")
            with sqlite3.connect(data / OPERATIONS) as operations:
                operations.execute("UPDATE cursor SET position = 25 WHERE consumer = 'engine.floor'")

    store = DuckDBStore(data / READINGS)
    manifest = make_backup(data, tmp_path / "made", store=store, zone=ZONE, archive=True, told=told)
    store.close()
    assert manifest.positions["engine.floor"] == 25
    monkeypatch.setattr(making, "ROOM_SPARED_BYTES", 1 << 60)
    with pytest.raises(BackupError, match="make room"):
        make_backup(data, tmp_path / "more", store=None, zone=ZONE, archive=True, told=told)
