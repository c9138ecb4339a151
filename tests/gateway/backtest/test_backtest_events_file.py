"""Reading an events CSV: what is understood, and what is told of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from backtest_cases import DAY, HOUR, ZONE, write

from gateway.backtest.asked import BacktestError
from gateway.backtest.events_file import EventsFile, read_events
from gateway.backtest.scratch import open_scratch

PLAIN = "observed_at,device,metric,value"


def read(
    folder: Path, lines: list[str], *, header: str = PLAIN
) -> tuple[EventsFile, list[tuple[object, ...]]]:
    file = write(folder, lines, header=header)
    with open_scratch(folder, zone=ZONE) as scratch:
        found = read_events(scratch, file, folder, zone=ZONE, calendar="cn")
        columns = "device, what, value, heard_at, observed, quality"
        return found, scratch.execute(f"SELECT {columns} FROM history ORDER BY heard_at, device").fetchall()  # noqa: S608


def test_times_are_iso_with_or_without_an_offset_or_epoch_ms(tmp_path: Path) -> None:
    at = DAY + 8 * HOUR
    lines = [
        "2026-03-01T08:00:00+08:00,a,motion,1",
        "2026-03-01T00:00:00Z,b,motion,1",
        "2026-03-01 08:00:00,c,motion,1",
        f"{at},d,motion,1",
        "2026-03-01T08:00:00.250,e,motion,1",
    ]
    found, rows = read(tmp_path, lines)
    assert found.bad == 0
    assert [(row[0], row[3]) for row in rows] == [("a", at), ("b", at), ("c", at), ("d", at), ("e", at + 250)]


def test_bad_lines_are_counted_and_named_and_stop_nothing(tmp_path: Path) -> None:
    lines = [
        f"{DAY},a,motion,1",  # line 2
        f"{DAY},a,motion,yes",
        "tomorrow,a,motion,1",
        "",
        "1772294400,a,motion,1",  # seconds
        f"{DAY},a",
        f"{DAY},,motion,1",
        f"{DAY},a,motion,nan",
        f"{DAY + 1},a,motion,0",
    ]
    found, rows = read(tmp_path, lines)
    assert [row[2] for row in rows] == [1.0, 0.0]
    assert found.bad == 6
    told = {int(mistake.split(":")[1]): mistake for mistake in found.mistakes}
    assert sorted(told) == [3, 4, 6, 7, 8, 9]
    assert "write 1 for true" in told[3]
    assert "epoch milliseconds" in told[4]
    assert "epoch milliseconds" in told[6]
    assert "4 columns" in told[7]


def test_a_late_line_keeps_both_of_its_times(tmp_path: Path) -> None:
    header = "observed_at,device,metric,value,received_at"
    lines = [f"{DAY},a,motion,1,{DAY + HOUR}", f"{DAY},b,motion,1,", f"{DAY},c,motion,1,{DAY - 5}"]
    _, rows = read(tmp_path, lines, header=header)
    assert [(row[0], row[3] - DAY, row[4] - DAY, row[5]) for row in rows] == [
        ("b", 0, 0, 0),
        ("c", 0, 0, 0),
        ("a", HOUR, 0, 1),
    ]


def test_columns_home_and_kind_make_it_its_own_registry(tmp_path: Path) -> None:
    header = "observed_at,device,metric,value,home,kind,room,site"
    lines = [f"{DAY},a,motion,1,H1,motion,客厅,s1", f"{DAY},n,occupancy,3,F1,counter,,s1"]
    found, _ = read(tmp_path, lines, header=header)
    assert found.registered is not None
    assert [(p.key, p.kind, p.site) for p in found.registered.places] == [
        ("F1", "facility", "s1"),
        ("H1", "home", "s1"),
    ]
    assert [(d.id, d.key, d.kind, d.room) for d in found.registered.devices] == [
        ("a", "H1", "motion", "客厅"),
        ("n", "F1", "counter", ""),
    ]
    assert read(tmp_path, [f"{DAY},a,motion,1"])[0].registered is None


@pytest.mark.parametrize(
    ("header", "lines", "words"),
    [
        ("observed_at,device,metric", [], "column 'value' is missing"),
        ("observed_at,device,metric,value,recieved_at", [], "did you mean 'received_at'"),
        (PLAIN, [], "no line but the header"),
        (PLAIN, ["never,a,motion,1"], r"events.csv:2: no time of this century"),
        (
            PLAIN + ",home,kind",
            [f"{DAY},a,motion,1,H1,motion", f"{DAY},a,motion,1,H2,motion"],
            "in 'H1' and in 'H2'",
        ),
        (PLAIN + ",home,kind", [f"{DAY},a,motion,1,H1,toaster"], "unknown kind of device"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, header: str, lines: list[str], words: str
) -> None:
    with pytest.raises(BacktestError, match=words):
        read(tmp_path, lines, header=header)


def test_a_file_that_is_not_there_or_not_utf8_says_so(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    with open_scratch(tmp_path) as scratch:
        with pytest.raises(BacktestError, match="No such file"):
            read_events(scratch, file, tmp_path, zone=ZONE, calendar="cn")
        file.write_bytes("observed_at,device,metric,value,房间\n".encode("gbk"))
        with pytest.raises(BacktestError, match="not UTF-8"):
            read_events(scratch, file, tmp_path, zone=ZONE, calendar="cn")
