"""A backtest asked of a running hub, and of its data folder when it has stopped: the same alerts from both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from backtest_cases import DOOR, FALL, HOUR, MINUTE
from hub_process import HubProcess, a_hub, carehub
from ledger_publisher import Publisher, now_ms
from parts import Broker, Influx, wait_until

from gateway.bench.influx_proxy import InfluxProxy

TOKEN = "a-token-of-the-tests"


def live(hub: HubProcess, publisher: Publisher, began: int) -> None:
    """A door that was left open for twenty minutes and told so afterwards, and a fall; all of it stored."""
    publisher.telemetry("H0001-door", contact=False, ts=began)
    publisher.telemetry("H0001-door", contact=True, ts=began + 1_000)
    publisher.fall("H0002-pendant")
    publisher.settled()
    wait_until(lambda: len(hub.readings("H0001-door", "contact")) == 2, what="the door being stored")
    wait_until(lambda: len(hub.readings("H0002-pendant", "event.fall")) == 1, what="the fall being stored")
    wait_until(hub.has_drained, what="the store having everything")


def ask(hub: HubProcess, *more: str, code: int = 0) -> dict[str, Any]:
    done = carehub("rules", "backtest", "-c", hub.config, "--json", *more)
    assert done.returncode == code, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout) if code == 0 else {"said": done.stderr}
    return answer


def alerts(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(a["rule"], a["place"], a["change"]) for a in answer["alerts"]]


def test_the_running_hub_and_its_folder_say_the_same(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, rules=FALL) as hub:
        began = now_ms() - HOUR
        with Publisher(mosquitto) as publisher:
            live(hub, publisher, began)
        begin = str(began - MINUTE)
        assert alerts(ask(hub, "--from", begin)) == [("fall", "H0002", "same")]
        rules = tmp_path / "tried"
        rules.mkdir()
        (rules / "rules.yaml").write_text(DOOR.replace("for_s: 600", "for_s: 0"), encoding="utf-8")
        end = str(now_ms())
        tried = ask(hub, "--from", begin, "--to", end, "--rules", str(rules))
        assert alerts(tried) == [("door_left_open", "H0001", "new")]
        assert [a["rule"] for a in tried["gone"]] == ["fall"]
        assert not list((hub.data / "backtest").glob("*"))  # the copies are gone
        hub.stop()
        assert ask(hub, "--from", begin, "--to", end, "--rules", str(rules)) == tried
        empty = ask(hub, "--from", "2020-01-01", "--to", "2020-01-02", code=2)
        assert "choose another --from" in empty["said"]


def test_the_api_tells_how_far_it_is_and_refuses_what_makes_no_sense(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto, rules=FALL) as hub:
        began = now_ms() - HOUR
        with Publisher(mosquitto) as publisher:
            live(hub, publisher, began)
        where, span = "/api/v1/rules/backtest", {"from": began - MINUTE, "to": now_ms()}
        begun = hub.http.post(where, json=span)
        assert begun.status_code == httpx.codes.ACCEPTED
        assert hub.http.post(where, json=span).status_code == httpx.codes.CONFLICT
        job = f"{where}/{begun.json()['id']}"
        wait_until(lambda: hub.get(job)["state"] == "done", within_s=60, what="the backtest being done")
        assert alerts(hub.get(job)["answer"]) == [("fall", "H0002", "same")]
        assert hub.http.delete(job).status_code == httpx.codes.NO_CONTENT
        assert hub.http.get(job).status_code == httpx.codes.NOT_FOUND
        for wrong in (
            {"from": 5, "to": 5},
            {"from": 0, "to": now_ms()},
            span | {"rule": []},
            span | {"rules": [{"id": 1}]},
        ):
            assert hub.http.post(where, json=wrong).status_code == httpx.codes.UNPROCESSABLE_ENTITY, wrong
        failing = hub.http.post(where, json={"from": 1, "to": 2}).json()["id"]
        wait_until(lambda: hub.get(f"{where}/{failing}")["state"] == "failed", within_s=60, what="it failing")
        assert "choose another" in hub.get(f"{where}/{failing}")["error"]


def test_the_history_in_influxdb_is_judged_as_well(
    mosquitto: Broker, influxd: Influx, tmp_path: Path
) -> None:
    with (
        InfluxProxy(influxd.url, prefix="backtest_", token=TOKEN) as influx,
        a_hub(
            tmp_path,
            mosquitto,
            rules=FALL,
            more=f'[store]\nkind = "influxdb"\nurl = "http://127.0.0.1:{urlsplit(influx.url).port}"\n',
            environment={"CAREHUB_STORE__TOKEN": TOKEN},
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):
        began = now_ms() - HOUR
        live(hub, publisher, began)
        assert alerts(ask(hub, "--from", str(began - MINUTE))) == [("fall", "H0002", "same")]
    assert TOKEN not in hub.log()
