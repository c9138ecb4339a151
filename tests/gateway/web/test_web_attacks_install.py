"""Installers of one station do nothing at another, by whatever id they name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session
from web_attacks import as_somebody, two_stations
from web_desk import NOW, Desk

from gateway.operations.tables import Device, FaultJob, LedgerItem, RejectedDevice

__all__ = ["two_stations"]
Town = tuple[Desk, dict[str, str]]
ITEM = "item-1"


@pytest.fixture
def fitted(two_stations: Town) -> Town:
    """A fault of 莲花's radar, a line of its ledger, a device it does not own."""
    desk, names = two_stations
    if "job" in names:
        return two_stations
    names["job"] = job = desk.stores("device_silent")
    with Session(desk.engine) as session, session.begin():
        session.add(
            FaultJob(
                alert_id=job, device_id="radar-1", place_id="H0001", device_kind="radar", rule="device_silent",
                opened_at=NOW,
            )
        )  # fmt: skip
        session.add(
            LedgerItem(
                id=ITEM, place_id="H0001", item="扶手", device_id="", room="卫生间", day="2025-11-01", installer="孙强",
                note="", entered_at=NOW, entered_by="孙强",
            )
        )  # fmt: skip
        session.add(RejectedDevice(site="lianhua", device_id="stray", at=NOW, by="孙强", reason="不是我们的"))
    return desk, names


NOTHING_THERE: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/api/v1/install/jobs/{job}/take", None),
    ("POST", "/api/v1/install/jobs/{job}/substitute", {"what": "备用吊坠"}),
    ("POST", "/api/v1/install/jobs/{job}/fix", {"what": "换电池"}),
    ("POST", "/api/v1/install/devices/n-radar/move", {"place": "H0001", "room": "客厅"}),
    ("DELETE", f"/api/v1/install/places/N0001/ledger/{ITEM}", None),
    ("POST", "/api/v1/install/unclaimed/reject", {"site": "lianhua", "device": "x1", "reason": "不是我们的"}),
    ("POST", "/api/v1/install/unclaimed/take-back", {"site": "lianhua", "device": "stray"}),
    ("POST", "/api/v1/install/unread/drop", {"topic": "care/v1/lianhua/x/telemetry", "reason": "bad_json"}),
]


@pytest.mark.parametrize(("method", "path", "body"), NOTHING_THERE, ids=lambda part: str(part)[:48])
def test_an_installer_of_another_station_does_nothing_here(
    fitted: Town, method: str, path: str, body: dict[str, Any] | None
) -> None:
    desk, names = fitted
    answer = as_somebody(desk, "installer there").request(
        method, path.replace("{job}", names["job"]), json=body
    )
    assert answer.status_code == 404, answer.text
    with Session(desk.engine) as session:
        job = session.get_one(FaultJob, names["job"])
        assert (job.owner, job.substitute, job.fixed) == ("", "", "")
        assert session.get(LedgerItem, ITEM) is not None
        assert session.get_one(Device, "n-radar").place_id == "N0001"
        assert session.get_one(RejectedDevice, ("lianhua", "stray")).ended_at is None
        assert session.get(RejectedDevice, ("lianhua", "x1")) is None


def test_a_device_of_another_site_is_not_claimed_into_ones_own(fitted: Town) -> None:
    desk, _ = fitted
    body = {"site": "lianhua", "device": "x2", "kind": "pendant", "room": "随身", "heartbeat_s": 3600}
    answer = as_somebody(desk, "installer there").post("/api/v1/install/places/N0001/claim", json=body)
    assert answer.status_code == 422, answer.text
    with Session(desk.engine) as session:
        assert session.get(Device, "x2") is None


def test_the_lists_of_another_station_show_nothing_of_it(fitted: Town) -> None:
    desk, _ = fitted
    there, here = as_somebody(desk, "installer there"), as_somebody(desk, "installer here")
    for path in (
        "/api/v1/install/jobs",
        "/api/v1/install/ledger",
        "/install/ledger.csv",
        "/install",
        "/install/unclaimed",
    ):
        seen = {at: who.get(path).text for at, who in (("there", there), ("here", here))}
        words = ("H0001", "radar-1", "3栋1201", "扶手", "stray")
        assert not [word for word in words if word in seen["there"]], path
        assert [word for word in words if word in seen["here"]], path
