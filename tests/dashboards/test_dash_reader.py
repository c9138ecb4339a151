"""Who may read ``care_places`` alone, as Grafana's token may, gets nothing of homes: on a real InfluxDB that asks who is there.

InfluxDB 1.x knows users with rights by database, which is what 2.x's tokens are by bucket; deploy/influxdb/init.sh makes those
(tests/deploy).
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asking import ASKED
from parts import INFLUX_CONF, answers, free_port, real_part, wait_until

from dashboards.filling import Chosen, filled

END_MS = 1_763_899_200_000
ADMIN, HUB, GRAFANA = ("admin", "a1"), ("hub", "b2"), ("grafana", "c3")


@dataclass(frozen=True)
class Guarded:
    """An InfluxDB with users; each answer is its status and what it said."""

    url: str

    def post(self, path: str, who: tuple[str, str] | None, body: bytes) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, data=body)  # noqa: S310 our own loopback part
        if who is not None:
            request.add_header(
                "Authorization", f"Token {who[0]}:{who[1]}"
            )  # as 2.x has it; 1.6 reads u and p
            path += ("&" if "?" in path else "?") + urllib.parse.urlencode({"u": who[0], "p": who[1]})
            request = urllib.request.Request(self.url + path, data=body)  # noqa: S310 the same
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 the same
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def ask(self, who: tuple[str, str] | None, influxql: str, database: str) -> tuple[int, Any]:
        form = urllib.parse.urlencode({"db": database, "q": influxql, "epoch": "ms"}).encode()
        status, text = self.post("/query", who, form)
        return status, json.loads(text)

    def write(self, who: tuple[str, str], database: str, line: str) -> int:
        return self.post(f"/write?db={database}&precision=ms", who, line.encode())[0]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    program = real_part("influxd")
    with tempfile.TemporaryDirectory(prefix="carehub-guarded-", ignore_cleanup_errors=True) as folder:
        port, conf = free_port(), Path(folder) / "influxdb.conf"
        text = INFLUX_CONF.format(port=port, rpc=free_port(), data=folder)
        conf.write_text(text.replace("[http]\n", "[http]\n  auth-enabled = true\n"))
        process = subprocess.Popen(
            [program, "-config", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url + "/ping"), within_s=30, what="influxd answering")
        found = Guarded(url)
        settle(found)
        yield found
        process.kill()
        process.wait(10)


def settle(guarded: Guarded) -> None:
    """Two databases, the hub that writes both, Grafana that reads one; a point in each."""
    status, _ = guarded.ask(
        None, f"CREATE USER {ADMIN[0]} WITH PASSWORD '{ADMIN[1]}' WITH ALL PRIVILEGES", ""
    )
    assert status == 200
    for statement in (
        "CREATE DATABASE care_homes",
        "CREATE DATABASE care_places",
        f"CREATE USER {HUB[0]} WITH PASSWORD '{HUB[1]}'",
        f"CREATE USER {GRAFANA[0]} WITH PASSWORD '{GRAFANA[1]}'",
        f"GRANT ALL ON care_homes TO {HUB[0]}",
        f"GRANT ALL ON care_places TO {HUB[0]}",
        f"GRANT READ ON care_places TO {GRAFANA[0]}",
    ):
        status, said = guarded.ask(ADMIN, statement, "")
        assert (status, "error" in str(said)) == (200, False), statement
    assert guarded.write(HUB, "care_homes", f"motion,device=H1-pir,place=H1 value=1 {END_MS}") == 204
    assert (
        guarded.write(HUB, "care_places", f"use.people,device=carehub,place=F-hall value=7 {END_MS}") == 204
    )


def test_what_the_dashboards_ask_is_answered(guarded: Guarded) -> None:
    for asked in ASKED:
        status, said = guarded.ask(GRAFANA, filled(asked, Chosen(END_MS - 3_600_000, END_MS)), "care_places")
        assert (status, "error" in str(said)) == (200, False), asked.text
    _, said = guarded.ask(GRAFANA, 'SELECT "value" FROM "use.people"', "care_places")
    assert said["results"][0]["series"][0]["values"] == [[END_MS, 7]]


@pytest.mark.parametrize(
    ("database", "influxql"),
    [
        ("care_homes", 'SELECT "value" FROM "motion"'),
        ("care_homes", "SHOW MEASUREMENTS"),
        ("care_homes", 'SHOW TAG VALUES WITH KEY = "place"'),
        ("care_homes", "SHOW SERIES"),
        ("care_places", 'SELECT "value" FROM "care_homes"."autogen"."motion"'),
        ("care_places", 'SELECT * FROM "care_homes".."motion"'),
        ("care_places", 'SELECT * FROM (SELECT * FROM "care_homes".."motion")'),
        ("care_places", "SHOW MEASUREMENTS ON care_homes"),
        ("care_places", 'SHOW TAG VALUES ON care_homes WITH KEY = "place"'),
        ("care_places", 'SELECT * INTO "care_places".."copy" FROM "care_homes".."motion"'),
    ],
)
def test_of_homes_nothing_is(guarded: Guarded, database: str, influxql: str) -> None:
    status, said = guarded.ask(GRAFANA, influxql, database)
    assert "H1" not in json.dumps(said)
    assert "motion" not in str(said.get("results", ""))
    assert status == 403 or "not authorized" in json.dumps(said)


def test_it_cannot_write_nor_see_that_there_is_more(guarded: Guarded) -> None:
    assert guarded.write(GRAFANA, "care_places", f"use.people,place=F-hall value=99 {END_MS}") == 403
    _, said = guarded.ask(GRAFANA, "SHOW DATABASES", "care_places")
    assert said["results"][0]["series"][0]["values"] == [["care_places"]]
    status, said = guarded.ask(None, 'SELECT "value" FROM "use.people"', "care_places")
    assert status == 401
