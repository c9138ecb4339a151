"""``carehub demo --score``: what the hub raised is judged again with fewer devices, and scored by the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from lived_town import BEGIN, Lived, live

from firmware_sim.score.alerts import COLUMNS, read_alerts
from firmware_sim.score.kits import KITS
from firmware_sim.score.truth import Word
from gateway.demo import kits
from gateway.demo.alert_rows import SAYS, raised_rows, says, write_rows
from gateway.demo.kits import WITHOUT, differing
from gateway.demo.naive import rulebook
from gateway.demo.run import SIMULATOR
from gateway.demo.truth_score import ScoreError, score_by_truth
from gateway.operations.database import open_to_read
from gateway.rulebook.load import load_rules
from rules.effects import Change, Hold, Raise

HOUR = 3_600_000


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Half a day of four homes, in which something of each kind happened."""
    return live(tmp_path_factory.mktemp("lived"), homes=4, hours=14, seed=7)


@pytest.fixture(scope="module")
def told(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("score")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kits, "cores", lambda: 1)  # so little is not worth a second process
        found = score_by_truth(lived.data, lived.truth, None, folder, SIMULATOR, lambda _what, _done: None)
    return found, folder


def test_both_sides_of_the_seam_have_the_same_words_and_kits() -> None:
    assert set(SAYS.values()) <= set(get_args(Word))
    assert WITHOUT == KITS


def test_every_rule_about_people_says_something_and_no_word_is_of_a_rule_that_is_gone() -> None:
    library, simple = load_rules(), rulebook().rules
    assert [
        r.id for r in (*library, *simple) if r.kind in {"life_safety", "care"} and says(r.id) == "other"
    ] == []
    assert SAYS.keys() <= {rule.id for rule in (*library, *simple)}
    assert not {rule.id for rule in library} & {rule.id for rule in simple}, (
        "else the backtest would take them for changed"
    )
    assert says("a_rule_of_the_house") == "other"


def test_what_a_hub_raised_and_held_back_is_what_its_engine_decided(lived: Lived, tmp_path: Path) -> None:
    database = open_to_read(lived.data / "operations.sqlite")
    rows = {row["id"]: row for row in raised_rows(database)}
    database.dispose()
    effects = [deed.what for deed in lived.deeds]
    raised = {effect.alert: effect for effect in effects if isinstance(effect, Raise)}
    held = {effect.alert for effect in effects if isinstance(effect, Hold)} - raised.keys()
    lowered = {
        e.alert: e for e in reversed(effects) if isinstance(e, Change) and e.because.startswith("rule:")
    }
    assert rows.keys() == raised.keys() | held
    assert {name for name, row in rows.items() if row["held"]} == held
    assert {name: row["lowered_ms"] for name, row in rows.items() if row["lowered_ms"]} == {
        name: effect.at for name, effect in lowered.items()
    }
    assert lowered, "somebody fell and was seen walking"
    for name, change in lowered.items():
        assert (rows[name]["severity"], rows[name]["lowered_to"]) == ("critical", change.severity)
    for name, effect in raised.items():
        row = rows[name]
        assert (row["rule"], row["place"], row["raised_ms"]) == (effect.rule, effect.key, effect.at)
        assert tuple(row) == COLUMNS
    file = tmp_path / "alerts.jsonl"
    write_rows(file, rows.values())
    assert {alert.id for alert in read_alerts(file)} == rows.keys()


def test_the_score_of_a_town(told: tuple[dict[str, Any], Path], lived: Lived) -> None:
    found, folder = told
    truth = json.loads(lived.truth.read_text())
    counted = [i for i in truth["incidents"] if i["class"] == "life_safety" and i["counts"]]
    life = found["life_safety"]
    assert life["incidents"] + life["unfinished"] + life["unknowable"] == len(counted)
    assert life["hit"] > 0, found["missed"]
    assert {"p50", "p95"} <= life["delay_s"].keys()
    assert {"care", "by_kind", "by_rule", "limits", "missed", "false"} <= found.keys()
    assert found["passes"] == all(limit["holds"] for limit in found["limits"].values())
    assert (folder / "score.json").exists()


def test_the_core_judges_the_stored_day_as_it_judged_the_living_one(
    told: tuple[dict[str, Any], Path],
) -> None:
    same = told[0]["shell_equivalence"]
    assert same["differing"] == 0, same["first"]
    assert same["live"] > 5
    assert same["raised_later_s"] == {"p50": 0.0, "max": 0.0}


def test_with_fewer_devices_less_is_seen(told: tuple[dict[str, Any], Path]) -> None:
    found, folder = told
    of = {name: read_alerts(folder / f"alerts-{name}.jsonl") for name in (*WITHOUT, kits.NAIVE)}
    falls = {
        name: {a.device.rpartition("-")[2] for a in alerts if a.says == "fall"} for name, alerts in of.items()
    }
    assert falls == {
        "full": {"pendant", "radar"},
        "door_pir_pendant": {"pendant"},
        "door_pir": set(),
        "naive": {"pendant", "radar"},
    }
    assert {alert.rule for alert in of["naive"]} == {"naive_fall", "naive_inactivity", "naive_sos"}
    assert found["kits"].keys() == KITS.keys()
    assert found["kits"]["full"]["life_safety"] == found["life_safety"]
    assert (
        found["naive"].keys()
        == found["kits"]["door_pir"].keys()
        >= {"passes", "limits", "life_safety", "care"}
    )


def test_without_a_truth_there_is_no_score_and_it_is_said(lived: Lived, tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="the town left no truth"):
        score_by_truth(
            lived.data, tmp_path / "none.json", None, tmp_path, SIMULATOR, lambda _what, _done: None
        )


def test_what_differs_is_named() -> None:
    same = {"id": "a", "rule": "fall", "place": "H1", "active_ms": BEGIN, "raised_ms": BEGIN, "held": False}
    later, other = same | {"raised_ms": BEGIN + 2_000}, same | {"id": "b", "active_ms": BEGIN + HOUR}
    found = differing([later, other], [same])
    assert (found["differing"], found["raised_later_s"]) == (1, {"p50": 2.0, "max": 2.0})
    assert found["first"] == [
        {"id": "b", "rule": "fall", "place": "H1", "active_ms": BEGIN + HOUR, "held": False, "only": "live"}
    ]
    assert differing([same | {"held": True}], [same])["differing"] == 2, "told, or told to nobody"
