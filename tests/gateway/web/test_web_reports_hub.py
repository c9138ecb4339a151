"""A living hub makes reports: in a process of its own, the same bytes again, and what a schedule owes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from an_office import by_openpyxl
from parts import wait_until
from web_hub import LivingHub

from gateway.operations import report_schedules
from gateway.operations.report_schedules import ScheduleView
from gateway.web import filed_reports
from gateway.web.settings import WebSettings

HERE = "福田区/莲花街道/莲花社区"
LIVE = 120.0


def test_a_hub_makes_files_that_are_the_same_again_and_what_is_owed_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        filed_reports, "FORMATS", ("xlsx", "csv", "html")
    )  # a PDF takes as long as all the others
    living = LivingHub(tmp_path)
    try:
        app = living.app(WebSettings())
        cookie = living.signed_in(app)

        def ask(method: str, path: str, body: bytes = b"") -> Any:  # noqa: ANN401 JSON
            kind = "application/json" if body.startswith(b"{") else "application/octet-stream"
            headers = {"Cookie": cookie, "Content-Type": kind}
            answer = living.asks(app, method, f"http://127.0.0.1:8080{path}", headers, body)
            assert answer.status in (200, 201), answer
            return answer

        now = living.hub.clock.now()
        month = _month_before(living)
        filing = f'{{"kind": "station", "at": "{HERE}", "period": "{month}"}}'.encode()
        first = ask("POST", "/api/v1/filed-reports", filing).json()
        assert ask("POST", "/api/v1/filed-reports", filing).json()["id"] == first["id"], (
            "byte for byte the same"
        )
        assert {name.rpartition(".")[2] for name in first["files"]} == {"xlsx", "csv", "html"}
        assert ask("GET", f"/api/v1/filed-reports/{first['id']}/changes").json()["same"]
        form = ask(
            "POST", f"/api/v1/report-forms?name=x&kind=station&at={quote(HERE)}", by_openpyxl()
        ).json()["id"]
        assert ask("GET", f"/api/v1/report-forms/{form}/filled?period={month}").body.startswith(b"PK")

        owes = ScheduleView(
            id="owed", kind="area", every="month", day=1, hour=0, at=HERE, facility="", subject="莲花社区", formats=["csv"],
            language="zh", channel="没有这个渠道", person="", since=now - 32 * 86_400_000, by="李敏", runs=[],
        )  # fmt: skip
        report_schedules.add_schedule(living.hub.database, owes)  # as of a hub that was off when it was due
        living.does(living.hub.report_keeper.round())

        def made() -> bool:
            found = report_schedules.schedule(living.hub.database, "owed")
            return (
                found is not None
                and bool(found.runs)
                and all(run.report_id and run.noted for run in found.runs)
            )

        wait_until(made, within_s=LIVE)
        found = report_schedules.schedule(living.hub.database, "owed")
        assert found is not None
        assert month in {run.period for run in found.runs}
        assert {run.noted for run in found.runs} == {"failed"}, (
            "the note has no channel, and the report is made all the same"
        )
        before = [(run.period, run.report_id, run.tries) for run in found.runs]
        living.does(living.hub.report_keeper.round())
        again = report_schedules.schedule(living.hub.database, "owed")
        assert again is not None
        assert [(run.period, run.report_id, run.tries) for run in again.runs] == before, "each period once"
        listed = ask("GET", "/api/v1/filed-reports").json()["reports"]
        assert {one["signatures"][0]["by"] for one in listed if one["kind"] == "area"} == {""}, (
            "made by the hub"
        )
    finally:
        living.close()


def _month_before(living: LivingHub) -> str:
    now = living.hub.clock.now()
    periods = report_schedules.due_periods(_every_month(now), now, living.hub.zone)
    if not periods:
        pytest.fail("there is a month before this one")
    return periods[-1]


def _every_month(now: int) -> ScheduleView:
    return ScheduleView(
        id="", kind="area", every="month", day=1, hour=0, at="", facility="", subject="", formats=[], language="zh", channel="",
        person="", since=now - 62 * 86_400_000, by="", runs=[],
    )  # fmt: skip
