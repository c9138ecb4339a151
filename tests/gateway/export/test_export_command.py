"""``carehub export readings``: from a data folder, from InfluxDB, from a running hub; and paths it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import duckdb
import pytest
import typer
from hub_process import a_hub, carehub, registry
from ledger_publisher import Publisher, now_ms
from parts import Broker, Influx, free_port, wait_until

from gateway.bench.influx_proxy import FORM, InfluxProxy
from gateway.export.command import _target
from gateway.export.slices import COLUMNS, Wanted, write_slice
from gateway.keeping import Kept, keep
from gateway.operations.database import open_database
from gateway.parts import open_store
from gateway.registry.apply import apply
from gateway.registry.csv_file import parse
from gateway.settings import Settings, load_settings
from gateway.store.keeping_book import readings_of
from gateway.store.readings import Readings
from gateway.store.summaries import day_of

DAY = 86_400_000
AT = 1_763_900_000_000
TOKEN = "a-token-of-the-tests"


def settings_in(folder: Path, more: str = "") -> tuple[Path, Settings]:
    """Settings of a hub of the tests that does not run."""
    config = folder / "carehub.toml"
    config.write_text(
        f'[hub]\ndata = "{folder / "data"}"\n[http]\nport = {free_port()}\n{more}', encoding="utf-8"
    )
    return config, load_settings(config)


def rows(*given: tuple[str, str, int, float, str | None]) -> Readings:
    made = [
        (
            device,
            device.partition("-")[0],
            True,
            metric,
            at * 1_000_000 + 7,
            value,
            text,
            "good",
            "b",
            7,
            at + 40,
        )
        for device, metric, at, value, text in given
    ]
    return Readings(*map(list, zip(*made, strict=True)))


def export(*more: str | Path, code: int = 0, **environment: str) -> dict[str, Any]:
    done = carehub("export", "readings", "--json", *more, **environment)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else {"said": done.stderr}


def fetched(file: str | Path, columns: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as any_tool:
        question = f"SELECT {columns} FROM read_parquet($1) ORDER BY time_ns, device"  # noqa: S608 words of ours
        return any_tool.execute(question, [str(file)]).fetchall()


def filled(kept: Kept) -> None:
    kept.store.write(
        rows(
            ("H0001-door", "contact", AT, 1.0, None),
            ("H0001-door", "fw", AT + 1, 0.0, "1.4"),
            ("H0002-pendant", "event.fall", AT + DAY, 0.9, "e1"),
            ("H0001-door", "contact", AT + 2 * DAY, 0.0, None),
        ),
        cursor=1,
    )


def test_a_data_folder_gives_store_and_archive_as_one_file(tmp_path: Path) -> None:
    config, settings = settings_in(tmp_path)
    kept = keep(settings, open_store(settings), newest_ms=lambda: AT)
    filled(kept)
    begin, end = day_of(AT, ZoneInfo(settings.hub.zone))
    kept.archive.write(
        begin, home=True, copy=lambda file: kept.keeping.copy_class(begin, end, file, home=True)
    )
    kept.book.reach(readings_of(home=True), end)  # and killed before the readings left
    kept.stop()
    bring_registry(settings)
    span = ("-c", config, "--from", str(begin), "--to", str(AT + 2 * DAY + 1))
    parquet = export(*span, "-o", tmp_path / "all.parquet")
    assert (parquet["rows"], parquet["left_out"]) == (4, 0)
    assert fetched(parquet["file"], "device, metric, observed_at - 1763900000000, text, seq") == [
        ("H0001-door", "contact", 0, None, 7), ("H0001-door", "fw", 1, "1.4", 7),
        ("H0002-pendant", "event.fall", DAY, "e1", 7), ("H0001-door", "contact", 2 * DAY, None, 7),
    ]  # fmt: skip
    csv = export(*span, "--format", "csv", "-o", tmp_path / "all.csv")
    assert (csv["rows"], csv["left_out"]) == (3, 1)
    assert (tmp_path / "all.csv").read_text().splitlines() == [
        "observed_at,device,metric,value,site,home,room,kind,received_at",
        "2025-11-23T12:13:20.000Z,H0001-door,contact,1.0,lianhua,H0001,入户门,contact,2025-11-23T12:13:20.040Z",
        "2025-11-24T12:13:20.000Z,H0002-pendant,event.fall,0.9,lianhua,H0002,随身,pendant,2025-11-24T12:13:20.040Z",
        "2025-11-25T12:13:20.000Z,H0001-door,contact,0.0,lianhua,H0001,入户门,contact,2025-11-25T12:13:20.040Z",
    ]
    judged = carehub("rules", "backtest", "-c", config, "--events", tmp_path / "all.csv", "--json")
    assert judged.returncode == 0, judged.stderr
    assert [each["rule"] for each in json.loads(judged.stdout)["alerts"]].count("fall") == 1


def test_a_slice_holds_what_was_wanted_and_nothing_else(tmp_path: Path) -> None:
    _, settings = settings_in(tmp_path)
    kept = keep(settings, open_store(settings), newest_ms=lambda: AT)
    filled(kept)
    for wanted, count in (
        (Wanted(AT, AT + DAY), 2),
        (Wanted(AT, AT + 3 * DAY, device="H0001-door", metric="contact"), 2),
        (Wanted(AT, AT + 3 * DAY, place="x' OR '1'='1"), 0),
    ):
        file = tmp_path / "slice.parquet"
        write_slice(wanted, file, copies=kept.copies, archive=kept.archive, book=kept.book)
        assert len(fetched(file, "value")) == count
    kept.stop()
    assert not list(tmp_path.glob("*.parts"))


def bring_registry(settings: Settings) -> None:
    """Two homes in the data folder."""
    database = open_database(settings.hub.data / "operations.sqlite")
    apply(database, parse(registry(homes=2), source="registry.csv"), source="registry.csv")
    database.dispose()


def test_paths_that_make_no_sense_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, settings = settings_in(tmp_path)
    settings.hub.data.mkdir()
    there, link = tmp_path / "there.csv", tmp_path / "link.csv"
    there.write_text("mine")
    link.symlink_to(there)
    for path, words in (
        (there, "say --overwrite"),
        (link, "it is a link"),
        (settings.hub.data / "a.csv", "the hub's own data folder"),
        (tmp_path / "data" / ".." / "data" / "readings.duckdb", "the hub's own data folder"),
        (tmp_path / "no" / "a.csv", "there is no folder"),
        (tmp_path, "it is no file"),
    ):
        with pytest.raises(typer.Exit) as ended:
            _target(path, settings, overwrite=path != there)
        assert ended.value.exit_code == 2
        assert words in capsys.readouterr().err, path
    assert _target(there, settings, overwrite=True) == there.resolve()


def test_a_folder_without_readings_and_times_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    config, settings = settings_in(tmp_path)
    nowhere = export("-c", config, "--from", "2026-01-01", "-o", tmp_path / "x", code=2)
    assert "no readings are there and no hub answers" in nowhere["said"]
    assert not settings.hub.data.exists()
    assert "no time" in export("-c", config, "--from", "5", "-o", tmp_path / "x", code=2)["said"]
    assert [file.name for file in tmp_path.iterdir()] == ["carehub.toml"]


def test_a_running_hub_is_asked_for_exports_summaries_and_what_was_refused(
    mosquitto: Broker, influxd: Influx, tmp_path: Path
) -> None:
    """On InfluxDB, where a field of another type stands in the way of one metric, and of nothing else."""
    with (
        InfluxProxy(influxd.url, prefix="running_", token=TOKEN) as influx,
        a_hub(
            tmp_path,
            mosquitto,
            more=f'[store]\nkind = "influxdb"\nurl = "http://127.0.0.1:{urlsplit(influx.url).port}"\n',
            environment={"CAREHUB_STORE__TOKEN": TOKEN},
            started=False,
        ) as hub,
    ):
        began = now_ms()
        database = influx.database("care_homes")
        stamp = began // DAY * DAY * 1_000_000
        path = f"/write?db={database}"
        assert influx.forward("POST", path, f'humidity value="wet" {stamp}'.encode(), {})[0] == 204
        hub.start()
        with Publisher(mosquitto) as publisher:
            for humidity in (40, 41):
                publisher.telemetry("H0001-door", contact=True, humidity=humidity)
            publisher.settled()
        wait_until(hub.has_drained, what="the store having everything")
        assert len(hub.readings("H0001-door", "contact")) == 2
        figures = hub.figures()
        assert (figures["rows_refused_total"], figures["dead_letters"]) == (2, 2)
        assert "the store has refused 2 rows" in str(hub.get("/readyz")["warnings"])
        listed = carehub("refused", "list", "-c", hub.config, "--json")
        assert [row["value"] for row in json.loads(listed.stdout)["rows"]] == ["41.0", "40.0"]
        assert "field type conflict" in listed.stdout
        assert carehub("refused", "retry", "-c", hub.config).returncode == 1
        drop = {"db": "running_care_homes", "q": "DROP MEASUREMENT humidity"}
        assert influx.forward("POST", "/query", urlencode(drop).encode(), {"Content-Type": FORM})[0] == 200
        assert carehub("refused", "retry", "-c", hub.config).returncode == 0
        assert [each["value"] for each in hub.readings("H0001-door", "humidity")] == [41.0, 40.0]
        hours = hub.get("/api/v1/readings", device="H0001-door", metric="humidity", every="1h", limit=5)
        assert sum(each["count"] for each in hours["summaries"]) == 2
        asked = ("-c", hub.config, "--from", str(began - 1000), "--metric", "humidity")
        done = export(*asked, "-o", tmp_path / "h.parquet")
        assert [row[0] for row in fetched(done["file"], "value")] == [40.0, 41.0]
        assert not list((hub.data / "export").glob("*"))
        too_long = hub.http.get("/api/v1/readings/export", params={"from": 0, "to": 2 * DAY})
        assert too_long.status_code == 422
        hub.stop()
        again = export(*asked, "-o", tmp_path / "i.parquet", CAREHUB_STORE__TOKEN=TOKEN)
        assert fetched(again["file"], COLUMNS) == fetched(done["file"], COLUMNS)
    assert TOKEN not in hub.log()
