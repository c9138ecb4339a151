"""Made again later from the same data, a report is the same bytes: another process, another hash seed, another day."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from report_cases import STATION, asked

from gateway.reports.jobs import BusyError, NoPlaceError, ReportError, made, turn
from gateway.reports.making import StoreReader, span_read
from gateway.reports.order import Made, Order


@pytest.fixture
def order(reports_store: StoreReader) -> Order:
    questions = (
        asked("facility", place="F-01"),
        asked("station", "2026-10-21", at=STATION),
    )
    hours = {"F-01": list(reports_store("F-01", *span_read(questions[0])))}
    return Order(asked=questions, forms=("csv", "json"), hours=hours)


def said(database: Path, order: Order, *, seed: str, when: str, zone: str) -> bytes:
    """All that the process says, begun at another time of the wall clock where that can be made."""
    faked = ["faketime", "-f", when] if shutil.which("faketime") else []
    command = [*faked, sys.executable, "-P", "-m", "gateway.reports.apart", str(database)]
    given = os.environ | {
        "PYTHONHASHSEED": seed,
        "TZ": zone,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        command, input=msgspec.json.encode(order), capture_output=True, check=True, env=given
    )
    return done.stdout


def test_made_again_it_is_the_same_bytes(reports_database: Path, order: Order) -> None:
    order = replace(order, forms=("xlsx", "csv", "html", "pdf", "json"))
    one = said(reports_database, order, seed="1", when="@2026-11-02 08:00:00", zone="Asia/Shanghai")
    other = said(reports_database, order, seed="2", when="@2027-04-05 06:07:08", zone="America/New_York")
    assert len(one) > 500_000
    assert one == other


def test_each_file_comes_as_it_is_done(reports_database: Path, order: Order) -> None:
    files = list(made(reports_database, order))
    assert [(file.at, file.form) for file in files] == [(at, form) for at in range(2) for form in order.forms]
    assert all(isinstance(file, Made) and file.body for file in files)
    told = [json.loads(file.body) for file in files if file.form == "json"]
    assert [one["kind"] for one in told] == [one.kind for one in order.asked]


def test_what_cannot_be_made_says_why(reports_database: Path, tmp_path: Path) -> None:
    with pytest.raises(NoPlaceError):
        list(made(reports_database, Order(asked=(asked("facility", place="nowhere"),), forms=("csv",))))
    with pytest.raises(ReportError, match="ended with 1"):
        list(made(tmp_path / "none.sqlite", Order(asked=(asked("area"),), forms=("csv",))))


def test_a_hub_makes_one_order_at_a_time() -> None:
    with turn(), pytest.raises(BusyError), turn():
        pass
    with turn():
        pass


def test_whoever_turns_away_leaves_no_process_behind(reports_database: Path) -> None:
    files = made(reports_database, Order(asked=(asked("area", at="莲花区"),) * 50, forms=("html",)))
    next(files)
    files.close()
    done = subprocess.run(["pgrep", "-f", str(reports_database)], capture_output=True, check=False)
    assert done.stdout == b""
