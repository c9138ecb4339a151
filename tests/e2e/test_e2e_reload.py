"""Rule files that change under a running hub: what is taken, what is refused, and what becomes of what was going on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from hub_process import HubProcess, a_hub, carehub
from ledger_publisher import Publisher, now_ms
from parts import Broker, wait_until

from gateway.journal.journal import Journal
from rules.world import Override

RULES = """\
- id: fall
  kind: life_safety
  severity: critical
  when: {event: {type: fall}}
  title: {zh: 疑似跌倒, en: Possible fall}
  todo: {zh: [打电话], en: [Call]}
- id: sos
  kind: life_safety
  severity: critical
  when: {event: {type: sos}}
  title: {zh: 紧急呼叫, en: Call for help}
  todo: {zh: [打电话], en: [Call]}
- id: door_left_open
  kind: care
  severity: notice
  when: {level: {metric: contact, equals: 0, for_s: 3600}}
  title: {zh: 入户门未关, en: Door left open}
  todo: {zh: [打电话], en: [Call]}
- id: bathroom
  kind: care
  severity: notice
  when: {level: {metric: presence, equals: 1, for_s: 8}}
  title: {zh: 如厕时间过长, en: Long in the bathroom}
  todo: {zh: [打电话], en: [Call]}
"""
BROKEN = RULES.replace("metric: contact", "metric: contct")
HOMES = "- {home: H0001, rule: door_left_open, off: true, reason: 门磁待修}\n"


def write(hub: HubProcess, text: str, *, homes: str = "") -> None:
    (hub.folder / "rules" / "rules.yaml").write_text(text, encoding="utf-8")
    (hub.folder / "rules" / "homes.yaml").unlink(missing_ok=True)
    if homes:
        (hub.folder / "rules" / "homes.yaml").write_text(homes, encoding="utf-8")


def reloaded(hub: HubProcess, text: str, *, homes: str = "") -> dict[str, Any]:
    """What the hub answers when it is asked to read these rules."""
    write(hub, text, homes=homes)
    done = carehub("rules", "reload", "-c", hub.config, "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def alert_of(hub: HubProcess, rule: str) -> dict[str, Any]:
    """The one open alert of a rule, once it is there."""
    wait_until(lambda: rule in hub.rules_open(), within_s=40, what=f"an alert of {rule}")
    (found,) = [alert for alert in hub.alerts() if alert["rule"] == rule]
    return found


def test_a_changed_rule_starts_anew_at_the_load_and_an_unchanged_one_keeps_its_hold(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto, homes=1, rules=RULES) as hub, Publisher(mosquitto) as publisher:
        seen = now_ms()
        publisher.telemetry("H0001-door", contact=False)
        publisher.telemetry("H0001-radar", presence=True)
        publisher.settled()
        wait_until(lambda: hub.readings("H0001-radar", "presence", 1), what="both being judged")
        loading = now_ms()
        report = reloaded(hub, RULES.replace("for_s: 3600", "for_s: 2").replace("如厕时间过长", "如厕过久"))
        assert (report["changed"], report["anew"]) == (["bathroom", "door_left_open"], ["door_left_open"])
        assert report["warnings"] == []
        door, bathroom = alert_of(hub, "door_left_open"), alert_of(hub, "bathroom")
        assert door["active_at"] >= loading + 2_000, "its hold began with the new rule"
        assert bathroom["title"]["zh"] == "如厕过久", "in its new words"
        assert seen + 8_000 - 1_000 <= bathroom["active_at"] <= loading + 8_000, "its hold went on"

        gone = reloaded(hub, RULES.partition("- id: door_left_open")[0])
        assert gone["changed"] == ["bathroom", "door_left_open"]
        assert hub.rules_open() == ["bathroom", "door_left_open"], (
            "what was raised stays until a person closes it"
        )


def test_broken_files_are_refused_and_the_rules_before_them_go_on(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, homes=1, rules=RULES) as hub, Publisher(mosquitto) as publisher:
        before = hub.figures()
        write(hub, BROKEN)
        done = carehub("rules", "reload", "-c", hub.config)
        place = f"{hub.folder}/rules/rules.yaml:16:26: unknown metric 'contct'"
        assert done.returncode == 2
        assert done.stderr.startswith(place)
        assert "did you mean 'contact'?" in done.stderr
        figures = hub.figures()
        assert (figures["rule_mistakes"], figures["world_version"]) == (1, before["world_version"])
        (warning,) = hub.get("/readyz")["warnings"]
        assert place in warning
        assert place in hub.log()
        publisher.fall("H0001-pendant")
        alert_of(hub, "fall")

        hub.kill()  # and in the night the power fails
        hub.start()
        assert hub.figures()["rule_mistakes"] == 1
        publisher.fall("H0001-sos", kind="sos")
        alert_of(hub, "sos")

        assert reloaded(hub, RULES)["changed"] == []
        assert hub.get("/readyz")["warnings"] == []
        assert hub.figures()["rule_mistakes"] == 0


def test_what_has_not_changed_is_not_journalled_and_what_differs_in_one_home_is(
    mosquitto: Broker, tmp_path: Path
) -> None:
    with a_hub(tmp_path, mosquitto, homes=2, rules=RULES) as hub:
        version = hub.figures()["world_version"]
        same = reloaded(hub, "# the same\n" + RULES)
        assert (same["changed"], same["version"]) == ([], version)

        report = reloaded(hub, RULES, homes=HOMES + HOMES.replace("H0001", "H0077"))
        assert report["changed"] == ["door_left_open@H0001"]
        assert report["differences"][0] == "H0001 door_left_open: off (门磁待修)"
        (warning,) = report["warnings"]
        assert "homes.yaml:2: there is no home H0077 in the registry" in warning
        assert (hub.figures()["rule_overrides"], hub.figures()["world_version"]) == (1, version + 1)

        journal = Journal(hub.data / "journal.sqlite")
        world = journal.newest_world()
        journal.close()
        assert world is not None
        assert {place.site for place in world.places} == {"lianhua"}
        assert world.overrides == (Override("H0001", "door_left_open", None),)

        checked = carehub("check", "-c", hub.config)
        assert "H0001 door_left_open: off (门磁待修)" in checked.stderr
        assert warning in checked.stderr


def test_a_hup_reads_the_rules_again(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, homes=1, rules=RULES) as hub:
        version = hub.figures()["world_version"]
        assert hub.process is not None
        write(hub, BROKEN)
        hub.process.send_signal(signal.SIGHUP)
        wait_until(lambda: hub.figures()["rule_mistakes"] == 1, what="the mistake being told")
        write(hub, RULES.replace("for_s: 3600", "for_s: 600"))
        hub.process.send_signal(signal.SIGHUP)
        wait_until(lambda: hub.figures()["world_version"] == version + 1, what="the rules being read")
        assert hub.figures()["rule_mistakes"] == 0


def test_without_a_hub_there_is_nobody_to_ask(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, homes=1, rules=RULES, started=False) as hub:
        done = carehub("rules", "reload", "-c", hub.config)
        assert done.returncode == 1
        assert "no hub answers" in done.stderr
