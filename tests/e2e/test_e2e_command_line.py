"""The command line: what it says and how it ends, for good input and bad."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hub_process import COLUMNS, a_hub, carehub, registry
from jsonschema import Draft202012Validator
from parts import Broker, free_port

from gateway.journal.journal import Entry, Journal, JournalError
from rules.events import Tick

GOOD = '[hub]\ndata = "{data}"\n[mqtt]\nport = {mqtt}\n[http]\nport = {http}\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Good settings; nobody is at the broker's address."""
    path = tmp_path / "carehub.toml"
    text = GOOD.format(data=tmp_path / "data", mqtt=free_port(), http=free_port())
    path.write_text(text, encoding="utf-8")
    return path


def refused(*arguments: str | Path, code: int = 2, **environment: str) -> str:
    """What a command that must refuse says."""
    done = carehub(*arguments, **environment)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_check_says_that_all_is_well_and_names_the_rules(config: Path) -> None:
    done = carehub("check", "-c", config)
    assert done.returncode == 0, done.stderr
    assert "fall_confirmed" in done.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[mqtt]\nprot = 1883", (":2:", "mqtt.prot", "did you mean 'port'")),
        ('[mqtt]\nport = "many"', (":2:", "mqtt.port", "integer")),
        ('[hub]\nzone = "Asia/Shenzen"', (":2:", "hub.zone", "Asia/Shanghai")),
        ("[mqtt]\nport =", (":2:", "Invalid value")),
        (
            '[[channels]]\nname = "a"\nkind = "webhook"\nurl = "env:NO_SUCH_THING"',
            ("NO_SUCH_THING", "set it"),
        ),
        ('[http]\nhost = "0.0.0.0"', ("token", "CAREHUB_HTTP__TOKEN")),
        ('[hub]\nrules = "/nowhere/at/all"', ("/nowhere/at/all", "no *.yaml")),
        ('[[ladder]]\nafter_s = 0\nchannels = ["nobody"]', ("nobody",)),
    ],
    ids=["typo", "type", "zone", "toml", "environment", "open to the network", "rules folder", "ladder"],
)
def test_a_mistake_in_the_settings_is_told_with_place_and_remedy(
    tmp_path: Path, line: str, words: tuple[str, ...]
) -> None:
    config = tmp_path / "carehub.toml"
    config.write_text(line + "\n", encoding="utf-8")
    for command in ("check", "run"):
        said = refused(command, "-c", config)
        for word in words:
            assert word in said


def test_a_missing_settings_file_is_told(tmp_path: Path) -> None:
    assert "nowhere.toml" in refused("run", "-c", tmp_path / "nowhere.toml")


def test_a_rule_with_an_unknown_metric_is_told_with_line_and_remedy(tmp_path: Path, config: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.yaml").write_text(
        "- id: hot\n  kind: care\n  severity: notice\n  when:\n"
        "    level: {metric: temprature, above: 35, for_s: 60}\n"
        "  title: {zh: 室温过高, en: Too hot}\n  todo: {zh: [打电话], en: [Call]}\n",
        encoding="utf-8",
    )
    said = refused("check", "-c", config, CAREHUB_HUB__RULES=str(rules))
    assert "own.yaml:5:" in said
    assert "temprature" in said
    assert "temperature" in said


@pytest.mark.parametrize("what", ["replay", "drop"])
def test_quarantine_asks_which_messages_are_meant(config: Path, what: str) -> None:
    for choice in ([], ["--all", "--reason", "bad_json"]):
        assert "--all" in refused("quarantine", what, *choice, "-c", config)


def test_a_port_in_use_ends_the_hub_with_a_word_about_it(config: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = carehub("run", "-c", config, CAREHUB_HTTP__PORT=str(port))
    assert done.returncode in (1, 2), done.stderr
    assert str(port) in done.stderr
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_hub_on_the_same_folder_ends_with_a_word_about_it_and_touches_nothing(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto, homes=1) as hub:
        said = refused("run", "-c", hub.config, CAREHUB_HTTP__PORT=str(free_port()))
        assert f"{hub.data}: another hub is at work in this folder" in said
        assert "CAREHUB_HUB__DATA" in said
        assert hub.is_ready()


def test_import_says_what_would_change_then_changes_it_and_then_finds_nothing_to_change(
    config: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "registry.csv"
    sheet.write_text(registry(homes=2), encoding="utf-8-sig")
    dry = carehub("import", sheet, "--dry-run", "-c", config)
    assert dry.returncode == 0, dry.stderr
    assert "H0001-pendant" in dry.stderr
    assert "would be" in dry.stderr
    done = carehub("import", sheet, "-c", config)
    assert done.returncode == 0, done.stderr
    assert "H0001-pendant" in done.stderr, "the dry run has changed nothing"
    again = carehub("import", sheet, "-c", config)
    assert again.returncode == 0, again.stderr
    assert "H0001-pendant" not in again.stderr


def test_a_registry_with_a_wrong_place_is_told_with_line_and_remedy(config: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "registry.csv"
    line = "lianhua,福田区/莲花街道/莲花社区,H0001,,王女士,3栋1201,,女儿 陈静,13800000001,,,,H0001-sos,sos,床头,3600"
    sheet.write_text(f"{COLUMNS}\n{line}\n", encoding="utf-8")
    said = refused("import", sheet, "-c", config)
    assert "registry.csv:2" in said
    assert "小区" in said or "four" in said
    assert "nowhere.csv" in refused("import", tmp_path / "nowhere.csv", "-c", config)


def test_import_asks_a_running_hub_which_judges_by_it_at_once(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, homes=1) as hub:
        sheet = tmp_path / "two.csv"
        sheet.write_text(registry(homes=2), encoding="utf-8")
        done = carehub("import", sheet, "-c", hub.config)
        assert done.returncode == 0, done.stderr
        places = hub.get("/api/v1/places")["places"]
        assert "H0002" in [place["id"] for place in places]
    assert refused("import", sheet, "--hub", hub.url, "-c", hub.config, code=1)


def test_rules_schema_is_a_schema(config: Path) -> None:
    done = carehub("rules", "schema")
    assert done.returncode == 0, done.stderr
    Draft202012Validator.check_schema(json.loads(done.stdout))


def test_staff_add_takes_a_pin_and_refuses_a_weak_or_second_one(config: Path) -> None:
    added = carehub("staff", "add", "李敏", "-c", config, CAREHUB_PIN="8024")
    assert added.returncode == 0, added.stderr
    assert "李敏" in added.stderr
    assert "8024" not in added.stderr
    assert refused("staff", "add", "陈国强", "-c", config, CAREHUB_PIN="1234")
    assert "李敏" in refused("staff", "add", "李敏", "-c", config, CAREHUB_PIN="8025")


def test_roles_are_given_and_taken_from_the_shell_and_the_audit_says_so(config: Path) -> None:
    carehub("staff", "add", "王强", "--role", "admin", "-c", config, CAREHUB_PIN="8064")
    carehub("staff", "add", "李敏", "-c", config, CAREHUB_PIN="8024")
    assert "there is no role 'king'" in refused("staff", "grant", "李敏", "king", "-c", config)
    assert "nothing lies at" in refused("staff", "grant", "李敏", "head", "--at", "无此区", "-c", config)
    assert carehub("staff", "grant", "李敏", "head", "-c", config).returncode == 0
    assert "no role area" in refused("staff", "revoke", "李敏", "area", "-c", config)
    assert "somebody must remain" in refused("staff", "end", "王强", "-c", config)
    listed = carehub("staff", "list", "-c", config).stdout
    assert listed == "王强\tadmin@*\tPIN\n李敏\tduty@*、head@*\tPIN\n"
    assert (
        "李敏\t"
        in carehub("audit", "show", "set_grants", "-c", config).stdout.replace("李敏 ", "李敏\t") + "李敏\t"
    )
    shown = json.loads(carehub("audit", "show", "--json", "-c", config).stdout)
    assert [(one["what"], one["subject"]) for one in shown] == [
        ("set_grants", "李敏"), ("make_account", "李敏"), ("make_account", "王强"),
    ]  # fmt: skip
    whole = carehub("audit", "verify", "--json", "-c", config)
    head = json.loads(whole.stdout)["head"]
    assert (whole.returncode, json.loads(whole.stdout)["whole"], head["number"]) == (0, True, 3)
    noted = f"{head['number']}:{head['seal']}"
    assert carehub("audit", "verify", "--head", noted, "-c", config).returncode == 0
    assert carehub("audit", "verify", "--head", f"2:{head['seal']}", "-c", config).returncode == 1
    assert "NUMBER:SEAL" in refused("audit", "verify", "--head", "x", "-c", config)


def test_an_unknown_command_or_option_ends_with_2() -> None:
    assert refused("fly")
    assert refused("run", "--fast")


def test_a_journal_that_lost_its_end_is_refused_checked_and_repaired(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "data" / "journal.sqlite"
    journal = Journal(path)
    for at in (1_772_413_200_000, 1_772_413_201_000):
        journal.append(Entry([Tick(at)]))
    journal.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM batch WHERE first = 2")
        other.commit()
    with pytest.raises(JournalError, match="ends at event 1, but was written up to event 2"):
        Journal(path)
    checked = carehub("journal", "check", "-c", config, "--json")
    assert checked.returncode == 1, checked.stderr
    assert "lost: 1 events, 2 to 2 after 2026-03-02 09:00:00" in checked.stderr
    assert json.loads(checked.stdout)["lost"] == [
        {"first": 2, "last": 2, "after": 1_772_413_200_000, "before": 0}
    ]
    repaired = carehub("journal", "repair", "-c", config)
    assert repaired.returncode == 0, repaired.stderr
    assert list(path.parent.glob("journal-damaged-*.sqlite"))
    with closing(Journal(path)) as journal:
        assert journal.append(Entry([Tick(1_772_413_202_000)])) == 3
