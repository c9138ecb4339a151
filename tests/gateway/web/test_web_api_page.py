"""docs/api.md does what it says: its commands are run against a hub at work."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from parts import free_port
from web_hub import REGISTRY, LivingHub

from gateway.web.once import KEPT_BYTES_MAX, KEPT_S, KEY_CHARS_MAX
from gateway.web.settings import WebSettings
from gateway.web.stream import BEAT_S

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if not language for line in block.splitlines()]
TIMED_OUT = 28  # curl's own number


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHub]:
    made = LivingHub(tmp_path_factory.mktemp("hub"))
    yield made
    made.close()


def test_every_command_of_the_page_does_what_it_says(hub: LivingHub, tmp_path: Path) -> None:
    (tmp_path / "registry.csv").write_text(REGISTRY, encoding="utf-8")
    app = hub.app(WebSettings(port=free_port()))
    assert len(COMMANDS) >= 10
    with hub.served(app) as address:
        for command in COMMANDS:
            assert command.startswith("curl "), command
            here = command.replace("http://127.0.0.1:8080", address).replace(
                "a747aadc77f303a6", hub.alerts[2]
            )
            endless = " -N " in command
            here = here.replace("curl ", f"curl -sS --fail-with-body {'--max-time 1 ' if endless else ''}", 1)
            done = subprocess.run(
                ["bash", "-c", here], cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == (TIMED_OUT if endless else 0), (command, done.stdout, done.stderr)
            if endless:
                assert "event: hello" in done.stdout
            else:
                json.loads(done.stdout)
    accepted = hub.asks(app, "GET", f"/api/v1/alerts/{hub.alerts[2]}").json()
    assert accepted["accepted_by"] == "李敏"


def test_what_it_says_of_shapes_and_bounds_holds(hub: LivingHub) -> None:
    api = hub.app().openapi()
    for block in (block for language, block in BLOCKS if language == "json"):
        jsonschema.validate(json.loads(block), api["components"]["schemas"]["Problem"])
    assert f"at most {KEY_CHARS_MAX} characters" in PAGE
    assert (KEPT_S, KEPT_BYTES_MAX, BEAT_S) == (86_400, 4 << 20, 5.0)
    told = {
        status for row in re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE) for status in row.split(", ")
    }
    may = {
        status
        for methods in api["paths"].values()
        for about in methods.values()
        for status in about["responses"]
    }
    assert {status for status in may if status >= "400"} == told
