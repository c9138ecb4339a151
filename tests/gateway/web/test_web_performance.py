"""The numbers of work over HTTP: for whom, of what, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner
from web_desk import NOW, PIN, Desk, Visitor, free_port, served

from gateway.alerts.performance import Performance
from gateway.alerts.record import DAY_MS, Targets
from gateway.cli import app as carehub
from gateway.operations import performance_apart
from gateway.web.app import create_app
from gateway.web.performance_example import PERFORMANCE
from gateway.web.settings import WebSettings

URL = "/api/v1/performance"


@pytest.fixture
def client(desk: Desk) -> Visitor:
    return Visitor(create_app(desk, WebSettings(targets=Targets(accept_s=10)), wall_ms=lambda: NOW))


def test_the_last_thirty_days_are_told_to_anyone_and_homes_to_those_who_are_signed_in(
    desk: Desk, client: Visitor
) -> None:
    alert = desk.stores("fall", raised_at=NOW - 11_000)
    desk.stores("fall", raised_at=NOW - 30 * DAY_MS)  # one millisecond too old: now is of it
    desk.stores("no_activity", "H0002", device_id="")
    found = client.get(URL).json()
    assert (found["begin"], found["end"], found["now"]) == (NOW + 1 - 30 * DAY_MS, NOW + 1, NOW)
    assert found["response"]["raised"] == 2
    assert list(found["by_station"]) == ["福田区/莲花街道/莲花社区"]
    late = found["response"]["targets"][0]
    assert (late["within_s"], late["of"], late["met"]) == (10, 1, False)  # the settings' target; still open
    assert found["by_home"] is None
    assert "H0001" not in str(found)
    assert "王" not in str(found)
    assert client.post("/api/v1/signin", json={"name": "李敏", "pin": PIN}).status_code == 200
    assert client.post(f"/api/v1/alerts/{alert}/accept").status_code == 200
    found = client.get(URL).json()
    assert found["response"]["accepted"] == {"count": 1, "p50_s": 11, "p90_s": 11, "p95_s": 11, "max_s": 11}
    assert set(found["by_home"]["homes"]) == {"H0001", "H0002"}
    assert "李敏" not in str(found)


def test_a_station_a_class_and_a_time_can_be_asked_for(desk: Desk, client: Visitor) -> None:
    desk.stores("fall")
    desk.stores("no_activity", "H0002")
    raised = lambda **query: client.get(URL, params=query).json()["response"]["raised"]  # noqa: E731 a word
    assert raised(kind="care") == 1
    assert raised(station="莲花社区") == 2
    assert raised(station="别处") == 0
    assert raised(**{"from": NOW - 9, "to": NOW}) == 0
    assert raised(**{"from": NOW, "to": NOW + 1}) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        "from=9&to=5",
        "from=5&to=5",
        f"from=0&to={400 * DAY_MS + 1}",
        "from=-1",
        "kind=fire",
        f"station={'x' * 201}",
        "from=x",
    ],
)
def test_what_cannot_be_is_refused(client: Visitor, wrong: str) -> None:
    answer = client.get(f"{URL}?{wrong}")
    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid")


def test_one_at_a_time_and_a_process_that_fails_is_no_fault_of_the_asker(
    desk: Desk, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performance_apart, "HERE_MAX", -1)
    with performance_apart._TURN:
        answer = client.get(URL)
    assert (answer.status_code, answer.json()["reason"]) == (409, "busy_numbers")
    monkeypatch.setattr(performance_apart, "APART_S", 0.001)
    answer = client.get(URL)
    assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")


def test_the_description_has_an_example_that_is_an_answer(client: Visitor) -> None:
    said = client.get("/openapi.json").json()["paths"][URL]["get"]["responses"]
    assert set(said) >= {"200", "409", "422", "503"}
    content = said["200"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Performance"}
    assert content["example"] == PERFORMANCE
    assert msgspec.convert(PERFORMANCE, Performance).late == [417]


def test_the_command_asks_a_running_hub(desk: Desk, tmp_path: Path) -> None:
    desk.stores("fall")
    port = free_port()
    app = create_app(desk, WebSettings(port=port), wall_ms=lambda: NOW)
    config = tmp_path / "carehub.toml"
    config.write_text(f'[hub]\ndata = "{tmp_path / "none"}"\n[http]\nport = {port}\n', encoding="utf-8")
    with served(app, desk):
        done = CliRunner().invoke(
            carehub, ["performance", "-c", str(config), "--json", "--from", str(NOW), "--to", str(NOW + 1)]
        )
        refused = CliRunner().invoke(carehub, ["performance", "-c", str(config), "--from", "2020-01-01"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["response"]["raised"], found["now"], found["by_home"]) == (1, NOW, None)
    assert (refused.exit_code, "at most 400 days at once" in refused.stderr) == (1, True)
