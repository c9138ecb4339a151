from __future__ import annotations

import re
import string

from gateway.alerts import terms
from gateway.web.render import FOLDER
from gateway.web.words import LANGUAGES, WORDS, say

# keys put together at run time: role_family, problem.wrong, mode_away, by_silence, slip.on_way, family.call, …
BUILT = {
    "role_",
    "via_",
    "problem.",
    "mode_",
    "mode_means_",
    "by_",
    "ended_",
    "slip.",
    "did_",
    "sso_",
    "how_",
    "audit_",
    "family.",
    "family.kind_",
    "family.hours_",
    "facility.full_",
    "facility.care_",
    "facility.public_",
    "use.purpose_",
    "use.unusual_",
    "home.said_",
    "home.usual_",
    "home.kind_",
    "home.did_",
    "calls.note_",
    "rule_class_",
    "rule_conflict_",
    "area_class_",
    "device_",
    "point_",
    "unread_",
    "place_",
    "problem.entry_",
    "job_",
    "ledger_",
    "privacy.table_",
    "help.",
    "help.title_",
    "figures_",
    "figures_part_",
    "figures_span_",
    "heat_",
    "heat_per_",
    "heat_show_",
    "visit_of_",
    "report_kind_",
    "report_state_",
    "report_step_",
    "schedule_noted_",
    "indicator_",
    "problem.form_",
}


def sources() -> str:
    files = [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html"), *FOLDER.glob("static/*.js")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_there_in_every_language_with_the_same_placeholders() -> None:
    for key, texts in WORDS.items():
        assert len(texts) == len(LANGUAGES), key
        assert all(text.strip() for text in texts), key
        assert len({frozenset(placeholders(text)) for text in texts}) == 1, key
        if key != "other_language":
            assert not re.search("[\u4e00-\u9fff]", texts[1]), f"{key}: Chinese in the English text"


def test_every_text_asked_for_exists_and_none_is_left_over() -> None:
    text = sources()
    asked = set(re.findall(r"""\b(?:t|say)\(\s*['"]([\w.]+)['"]""", text))
    assert asked - set(WORDS) - BUILT == set()
    quoted = set(re.findall(r"""['"]([\w.]+)['"]""", text)) | {
        f"problem.{reason}" for reason in re.findall(r"""['"](\w+)['"]""", text)
    }
    left_over = {key for key in set(WORDS) - quoted if not key.startswith(tuple(BUILT))}
    left_over -= {"waiting", "in_hand"}  # said by the age elements (data-say)
    assert left_over == set()


def test_the_fields_words_are_used() -> None:
    groups = (
        terms.ACTS,
        terms.STATES,
        terms.VERDICTS,
        terms.REASONS,
        terms.OUTCOMES,
        terms.CALLS,
        terms.STEPS,
    )
    said = [text["zh"] for group in groups for text in group.values()]
    chinese = " ".join([*(texts[0] for texts in WORDS.values()), *said])
    for wrong in ("老人", "失联", "隔离", "痴呆", "病人", "报警人"):
        assert wrong not in chinese
    for right in ("接警", "办结", "核实结果", "属实", "误报", "无法核实", "上报", "长者", "120"):
        assert right in chinese


def test_say_fills_the_placeholders_in_every_language() -> None:
    assert say("problem.taken_accepted", name="李敏", time="14:05") == {
        "zh": "李敏 已在 14:05 接警",
        "en": "李敏 accepted it at 14:05",
    }


def test_nothing_is_loaded_from_another_host_and_nothing_runs_inline() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("templates/*.html"))
    static = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("static/*"))
    assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", pages) == []
    assert re.findall(r"""https?://(?!www\.w3\.org/)""", pages + static) == []
    assert re.findall(r"""\s(?:style|on\w+)=["']""", pages) == []
