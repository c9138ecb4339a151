"""What the hub makes by itself is kept and told of once; a channel that fails holds nothing up, a report is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from an_office import report

import gateway.report_files
import gateway.report_keeper
from gateway.notify.channel import GROUP, Recipient
from gateway.operations import filed_reports, report_schedules
from gateway.operations.database import open_database
from gateway.operations.report_schedules import ScheduleView
from gateway.report_files import ReportFiles
from gateway.report_keeper import ALL, ReportKeeper
from gateway.web.port import UnavailableError
from gateway.web.report_port import ReportMade, ReportWanted

NOW = 1_763_881_380_000  # 23 November 2025
HERE = "福田区/莲花街道/莲花社区"


class Small:
    """As much of a hub as the keeper asks for; ``told`` are the notes, ``off`` why no report can be made."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder / "operations.sqlite")
        self.report_files = ReportFiles(folder / "reports.sqlite")
        self.zone = ZoneInfo("Asia/Shanghai")
        self.clock = SimpleNamespace(now=lambda: NOW)
        self.settings = SimpleNamespace(retention=SimpleNamespace(reports_days=3650))
        self.web_settings = SimpleNamespace(public_url="https://care.example/")
        self.channels = {"群": SimpleNamespace(personal=False), "应用": SimpleNamespace(personal=True)}
        self.duty = SimpleNamespace(address_of=lambda person, _channel: "wx1" if person == "王芳" else "")
        self.delivery = SimpleNamespace(say=self.say)
        self.told: list[tuple[str, str, Recipient]] = []
        self.state, self.off = "sent", ""
        self.made: list[ReportWanted] = []

    async def say(self, channel: str, message: Any, to: Recipient) -> Any:  # noqa: ANN401 a message, an outcome
        self.told.append((channel, message.link, to))
        return SimpleNamespace(state=self.state)

    async def make(self, _hub: object, wanted: ReportWanted) -> ReportMade:
        if self.off:
            raise UnavailableError(self.off)
        self.made.append(wanted)
        return ReportMade(report(), {f"a.{form}": form.encode() for form in wanted.formats})

    def owes(self, channel: str = "", person: str = "") -> None:
        one = ScheduleView(
            id="s1", kind="station", every="month", day=1, hour=6, at=HERE, facility="", subject="莲花社区",
            formats=["csv", "xlsx"], language="zh", channel=channel, person=person, since=NOW - 40 * 86_400_000, by="王芳",
            runs=[],
        )  # fmt: skip
        assert report_schedules.add_schedule(self.database, one) == ""

    def runs(self) -> list[tuple[str, bool, str, str, int]]:
        (one,) = report_schedules.schedules_within(self.database, ALL)
        return [(run.period, bool(run.report_id), run.error, run.noted, run.tries) for run in one.runs]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    made = Small(tmp_path)
    monkeypatch.setattr(gateway.report_keeper, "make_report", made.make)
    yield made
    made.report_files.close()
    made.database.dispose()


def go_round(hub: Small, times: int = 1) -> None:
    async def rounds() -> None:
        keeper = ReportKeeper(hub)  # type: ignore[arg-type]
        for _ in range(times):
            await keeper.round()

    asyncio.run(rounds())


def test_it_is_made_once_kept_and_told_of_once(hub: Small) -> None:
    hub.owes("群")
    go_round(hub, 3)
    assert [(one.period, one.formats) for one in hub.made] == [("2025-10", ("xlsx", "csv"))]
    (filed,) = filed_reports.filed_within(hub.database, filed_reports.seen_by(ALL), limit=9)
    assert (filed.state, [(one.step, one.by, one.by_id) for one in filed.signatures]) == (
        "made",
        [("made", "", 0)],
    )
    assert hub.report_files.get(filed.files["a.csv"]) == b"csv"
    assert hub.told == [("群", f"https://care.example/reports/filed/{filed.id}", GROUP)]
    assert [run[:4] for run in hub.runs()] == [("2025-10", True, "", "sent")]
    assert filed_reports.sign(hub.database, filed.id, "check", by="王芳", by_id=1, note="", now=NOW) == ""


@pytest.mark.parametrize(("channel", "person", "told"), [
    ("应用", "王芳", [("应用", Recipient("王芳", "wx1"))]), ("应用", "无此人", []), ("没有", "", []),
])  # fmt: skip
def test_a_note_that_reaches_nobody_is_said_and_holds_nothing_up(
    hub: Small, channel: str, person: str, told: list[tuple[str, Recipient]]
) -> None:
    hub.owes(channel, person)
    go_round(hub, 2)
    assert [(name, to) for name, _, to in hub.told] == told
    assert [run[:4] for run in hub.runs()] == [("2025-10", True, "", "sent" if told else "failed")]


def test_what_cannot_be_made_is_tried_again_and_then_given_up(hub: Small) -> None:
    hub.owes()
    hub.off = "others are being made"
    go_round(hub, 2)
    assert hub.runs() == [("2025-10", False, "others are being made", "", 2)]
    hub.off = ""
    go_round(hub)
    assert hub.runs() == [("2025-10", True, "", "", 3)]


def test_files_of_nobody_go_when_it_tidies_but_what_was_put_just_now(
    hub: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's report may be kept already and not written down yet."""
    hub.owes()
    lost = hub.report_files.put(b"of nobody")
    go_round(hub)
    assert hub.report_files.get(lost) == b"of nobody"
    monkeypatch.setattr(gateway.report_files, "SPARE_S", -1.0)
    go_round(hub)
    with pytest.raises(Exception, match=lost):
        hub.report_files.get(lost)
    (filed,) = filed_reports.filed_within(hub.database, filed_reports.seen_by(ALL), limit=9)
    assert hub.report_files.get(filed.document)
