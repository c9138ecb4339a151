"""A hub on a duty plan: a desk with an open console hears, one that fell silent is gone past, the plan is read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from hub_process import PATH, SECRET, HubProcess, a_hub, carehub
from ledger_publisher import Publisher
from parts import Broker, wait_until
from receiver import Receiver, receiving

COMMUNITY, STREET = PATH.rsplit("/", 1)[0], PATH.rsplit("/", 2)[0]
# What takes a minute at a station takes a second or two here.
HURRIED = {
    "gateway.hearing:BEAT_WITHIN_S": 1.0,
    "gateway.hearing:LOOK_EVERY_S": 0.1,
    "gateway.hearing:DEAF_AFTER_S": 1.0,
}
PLAN = f"""\
people:
  - {{id: limin, name: 李敏, reach: []}}
desks:
  - {{id: station, name: 莲花社区长者服务站, serves: care, at: {COMMUNITY}, console: true, shifts: [{{people: [limin]}}]}}
  - {{id: street, name: 莲花街道长者服务中心, serves: care, at: {STREET}, ways: [street]}}
  - {{id: gate, name: 门岗, serves: property, ways: [street]}}
  - {{id: repair, name: 维修, serves: maintenance, ways: [street]}}
  - {{id: operator, name: 运维, serves: operator, ways: [street]}}
"""


def channels(url: str) -> str:
    return f'[[channels]]\nname = "street"\nkind = "webhook"\nurl = "{url}/street"\nsecret = "{SECRET}"\n'


@contextmanager
def console_open(hub: HubProcess, desk: str) -> Iterator[None]:
    """What an open page does: it beats."""
    gone = Event()

    def beat() -> None:
        while not gone.wait(0.2):
            assert hub.http.post(f"/api/v1/desks/{desk}/beat").status_code == 204

    thread = Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        gone.set()
        thread.join()


def desk(hub: HubProcess, name: str) -> dict[str, Any]:
    return next(one for one in hub.get("/api/v1/desks")["desks"] if one["id"] == name)


def rules_told(receiver: Receiver) -> list[str]:
    return [request.json["alert"]["rule"] for request in list(receiver.requests)]


def test_a_desk_that_can_be_heard_is_a_rung_and_one_that_cannot_is_reported_and_gone_past(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with receiving() as receiver:
        more = channels(receiver.url)
        with (
            a_hub(tmp_path, mosquitto, more=more, constants=HURRIED, duty=PLAN) as hub,
            Publisher(mosquitto) as publisher,
        ):
            # The street's webhook has proven nothing yet: a test message says that it works.
            assert desk(hub, "street")["hears_by"] == ""
            with console_open(hub, "station"):
                wait_until(lambda: desk(hub, "station")["hears_by"] == "console")
                publisher.fall("H0001-radar")
                wait_until(lambda: "fall" in hub.rules_open(), what="the fall being raised")
                assert "fall" not in rules_told(receiver), (
                    "the station is there: its console rings, nobody else is told"
                )
            wait_until(lambda: desk(hub, "station")["deaf_since"], what="the station being deaf")
            wait_until(
                lambda: "desk_deaf" in rules_told(receiver), what="those above it being told of the desk"
            )
            wait_until(lambda: "fall" in rules_told(receiver), what="the fall going up at once")
            before = len(receiver.requests)
            publisher.fall("H0002-radar")
            wait_until(
                lambda: "fall" in rules_told(receiver)[before:], what="the next fall going past the station"
            )
            with console_open(hub, "station"):
                wait_until(
                    lambda: desk(hub, "station")["deaf_since"] is None, what="the station hearing again"
                )
                wait_until(
                    lambda: (
                        "desk_deaf"
                        not in [a["rule"] for a in hub.alerts() if a["place_id"].endswith(":station")]
                    )
                )


def test_a_plan_is_read_again_and_one_that_leaves_an_hour_to_nobody_is_refused(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with (
        receiving() as receiver,
        a_hub(tmp_path, mosquitto, more=channels(receiver.url), constants=HURRIED, duty=PLAN) as hub,
    ):
        plan = hub.folder / "duty.yaml"
        plan.write_text(
            PLAN.replace("ways: [street]", "ways: [street], shifts: [{from: 08:00, to: 20:00, people: []}]")
        )
        refused = hub.http.post("/api/v1/duty/reload")
        assert refused.status_code == 422
        checked = carehub("check", "-c", hub.config)
        assert checked.returncode == 1
        assert "空档 gap" in checked.stderr
        assert any("gap" in line for line in refused.json()["errors"]), refused.text
        plan.write_text(PLAN.replace("name: 门岗", "name: [门岗]"))
        mistaken = hub.http.post("/api/v1/duty/reload")
        assert mistaken.status_code == 422
        assert "duty.yaml:" in json.dumps(mistaken.json()["errors"], ensure_ascii=False)
        assert len(hub.get("/api/v1/desks")["desks"]) == 5, "it goes on as before"
        plan.write_text(PLAN.replace("name: 门岗", "name: 莲花二村门岗"))
        taken = hub.http.post("/api/v1/duty/reload")
        assert taken.status_code == 200, taken.text
        assert desk(hub, "gate")["name"] == "莲花二村门岗"
        hub.kill()
        hub.start()
        assert desk(hub, "gate")["name"] == "莲花二村门岗"
