"""The scripts of deploy/: new-env.sh, influxdb/init.sh (against stand-ins for influx and curl), the systemd unit.

The stand-ins keep buckets and tokens in a file and answer in the words of InfluxDB 2.7's command line. They hold the
script's own steps; that a real 2.7 answers so is not tested here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from parts import real_part

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = """\
#!{python} -IS
import json, os, sys
from pathlib import Path
state_file = Path(os.environ["STATE"])
state = json.loads(state_file.read_text())
name, words = Path(sys.argv[0]).name, sys.argv[1:]

def option(flag):
    return words[words.index(flag) + 1]

def options(flag):
    return [words[i + 1] for i, word in enumerate(words) if word == flag]

def save():
    state_file.write_text(json.dumps(state))

if name == "curl":
    token = sys.stdin.read().split("Token ")[1].split('"')[0]
    database = next(word[3:] for word in options("--data-urlencode") if word.startswith("db="))
    bucket = next((b["id"] for b in state["buckets"] if b["name"] == database), None)
    rights = next((t["read"] for t in state["tokens"] if t["token"] == token), None)
    if rights is None:
        print('{{"code":"unauthorized","message":"unauthorized access"}}\\n401', end="")
    elif bucket in rights and (state["maps"] or database in state["mapped"]):
        print('{{"results":[{{"statement_id":0}}]}}\\n\\n200', end="")
    else:
        print('{{"results":[{{"statement_id":0,"error":"database not found: %s"}}]}}\\n\\n200' % database, end="")
    sys.exit()

assert os.environ["INFLUX_TOKEN"] == "operator"
match words[:2]:
    case ["bucket", "list"]:
        for bucket in state["buckets"]:
            print(bucket["id"], bucket["name"], bucket["keep"], "24h0m0s", "0a", "implicit", sep="\\t\\t")
    case ["bucket", "create"]:
        made = dict(id="b%d" % len(state["buckets"]), name=option("--name"), keep=option("--retention"))
        state["buckets"].append(made)
    case ["bucket", "update"]:
        next(b for b in state["buckets"] if b["id"] == option("--id"))["keep"] = option("--retention")
    case ["auth", "list"]:
        print(json.dumps(state["tokens"], indent="\\t"))
    case ["auth", "create"]:
        state["made"] += 1
        made = dict(id="t%d" % state["made"], description=option("--description"), token="secret%d==" % state["made"])
        made |= dict(status="active", userName="carehub-admin", userID="0c", permissions=["read:orgs/0a/buckets/b1"])
        made |= dict(read=options("--read-bucket"), write=options("--write-bucket"))
        state["tokens"].append(made)
        print(json.dumps({{k: v for k, v in made.items() if k not in ("read", "write")}}, indent="\\t"))
    case ["auth", "delete"]:
        state["tokens"] = [t for t in state["tokens"] if t["id"] != option("--id")]
    case ["v1", "dbrp"]:
        state["mapped"].append(option("--db"))
    case _:
        sys.exit("the script asks for something new: %s" % words)
save()
"""


class Database:
    """InfluxDB's command line and /query, as far as init.sh uses them."""

    def __init__(self, folder: Path) -> None:
        self.tokens = folder / "tokens"
        self.state_file = folder / "state.json"
        self.bin = folder / "bin"
        for reader in ("hub", "grafana"):
            (self.tokens / reader).mkdir(parents=True)
        self.bin.mkdir()
        for name in ("influx", "curl"):
            (self.bin / name).write_text(STAND_IN.format(python=sys.executable))
            (self.bin / name).chmod(0o755)
        admin = {
            "id": "t0",
            "description": "carehub-admin's Token",
            "token": "operator",
            "read": [],
            "write": [],
        }
        homes = {"id": "b0", "name": "care_homes", "keep": "0s"}
        self.state: dict[str, Any] = {
            "buckets": [homes],
            "tokens": [admin],
            "made": 0,
            "mapped": [],
            "maps": True,
        }

    def init(self, *, homes: str = "0", check: bool = True) -> subprocess.CompletedProcess[str]:
        self.state_file.write_text(json.dumps(self.state))
        environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "STATE": str(self.state_file),
            "TOKENS": str(self.tokens),
            "INFLUX_HOST": "http://influxdb:8086",
            "INFLUX_TOKEN": "operator",
            "INFLUX_ORG": "carehub",
            "HOMES_RETENTION": homes,
            "PLACES_RETENTION": "0",
            "HUB_UID": str(os.getuid()),
            "GRAFANA_UID": str(os.getuid()),
        }
        script = ROOT / "deploy/influxdb/init.sh"
        done = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        self.state = json.loads(self.state_file.read_text())
        return done

    def token_of(self, reader: str) -> dict[str, Any]:
        text = (self.tokens / reader / "token").read_text().strip()
        return dict(next(token for token in self.state["tokens"] if token["token"] == text))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def test_the_hub_gets_all_buckets_and_grafana_reads_places_only(database: Database) -> None:
    database.init(homes="8760h")
    homes, places, *summaries = database.state["buckets"]
    assert (homes["keep"], places["name"], places["keep"]) == ("8760h", "care_places", "0")
    assert [(each["name"], each["keep"]) for each in summaries] == [
        ("care_homes_summary", "0"),
        ("care_places_summary", "0"),
    ]
    assert database.token_of("hub")["write"] == [each["id"] for each in database.state["buckets"]]
    grafana = database.token_of("grafana")
    assert (grafana["read"], grafana["write"]) == ([places["id"]], [])
    for reader in ("hub", "grafana"):
        assert (database.tokens / reader / "token").stat().st_mode & 0o777 == 0o400


def test_a_second_start_changes_nothing(database: Database) -> None:
    database.init()
    before = database.state
    database.init()
    assert database.state == before


def test_a_lost_token_is_replaced_and_the_old_one_withdrawn(database: Database) -> None:
    database.init()
    (database.tokens / "grafana/token").unlink()
    database.init()
    assert [token["description"] for token in database.state["tokens"]] == [
        "carehub-admin's Token",
        "carehub-hub",
        "carehub-grafana",
    ]
    assert database.token_of("grafana")["id"] == "t3"


def test_a_new_database_with_old_token_files_gets_new_ones(database: Database, tmp_path: Path) -> None:
    database.init()
    (tmp_path / "again").mkdir()
    fresh = Database(tmp_path / "again")
    fresh.state["made"] = 10
    shutil.copytree(database.tokens, fresh.tokens, dirs_exist_ok=True)
    fresh.init()
    assert fresh.token_of("hub")["id"] == "t11"


def test_a_bucket_that_is_not_mapped_by_itself_is_mapped(database: Database) -> None:
    database.state["maps"] = False
    database.init()
    assert database.state["mapped"] == [
        "care_homes",
        "care_places",
        "care_homes_summary",
        "care_places_summary",
    ]


def test_it_stops_when_grafana_could_read_homes(database: Database) -> None:
    database.init()
    next(t for t in database.state["tokens"] if t["description"] == "carehub-grafana")["read"].append("b0")
    done = database.init(check=False)
    assert done.returncode == 1
    assert "reads care_homes" in done.stderr


def new_env(target: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    real_part("openssl")
    return subprocess.run(
        ["sh", str(ROOT / "deploy/new-env.sh"), *arguments],
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("demo", [False, True])
def test_a_new_env_has_a_secret_of_its_own_in_every_line(tmp_path: Path, demo: bool) -> None:  # noqa: FBT001 pytest's
    target = tmp_path / ".env"
    done = new_env(target, *(["--demo"] if demo else []))
    assert done.returncode == 0, done.stderr
    secrets = dict(re.findall(r"(?m)^([A-Z_]+)=(.*)$", target.read_text()))
    town = secrets.pop("MQTT_TOWN_PASSWORD")
    assert bool(town) is demo
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in secrets.values())
    assert len(set(secrets.values())) == len(secrets) >= 7
    assert target.stat().st_mode & 0o777 == 0o600


def test_an_env_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("CAREHUB_TOKEN=mine\n")
    assert new_env(target).returncode == 2
    assert target.read_text() == "CAREHUB_TOKEN=mine\n"


def test_the_systemd_unit_is_valid_and_confined(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "carehub.service"
    text = (ROOT / "deploy/systemd/carehub.service").read_text()
    unit.write_text(text.replace("/opt/carehub/bin/carehub", "/bin/true"))
    checked = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "carehub.service" not in checked.stderr, "a line systemd does not know"
    rated = subprocess.run(
        [program, "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, f"exposure above 2.0:\n{rated.stdout[-300:]}"


def test_systemd_is_told_by_the_hub_itself_and_watches_it() -> None:
    unit = (ROOT / "deploy/systemd/carehub.service").read_text()
    for line in ("Type=notify", "NotifyAccess=main", "WatchdogSec=60", "TimeoutStopSec=30", "Restart=always"):
        assert f"\n{line}\n" in unit
    assert "AF_UNIX" in unit, "the notify socket must be reachable"
