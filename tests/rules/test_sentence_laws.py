"""Whatever a condition can have seen, there is a sentence for it, and the Chinese one is in Chinese."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from story import MONDAY, Story, rule

from rules.effects import Evidence
from rules.events import Value
from rules.rooms import ROOM_KINDS
from rules.rule import Words
from rules.sentences import why
from rules.sentences.evidence import JOINS, SAY
from rules.sentences.words import EVENTS as EVENT_WORDS
from rules.sentences.words import METRICS as METRIC_WORDS
from rules.sentences.words import ROOMS, STATES, WHEREABOUTS
from rules.state import Fact
from rules.vocabulary import EVENTS, METRICS
from rules.when import When

ZONE = ZoneInfo("Asia/Shanghai")
NOON = Story(rule("event: {type: fall}"), day=MONDAY).clock("12:00")
LATIN = re.compile(r"[A-Za-z_]{2,}")
UNITS = {"dBm"}

# One of each kind, with what a rule file may say of it.
SIMPLE = (
    "event: {type: fall, min_confidence: 0.5}",
    "level: {metric: battery, below: 15, hysteresis: 5, for_s: 60}",
    "level: {metric: contact, equals: 0, for_s: 600}",
    "level: {metric: presence, equals: 1, anywhere: true}",
    "rate: {metric: temperature, below: -5, over_s: 3600}",
    "stuck: {metric: in, for_s: 600}",
    "count: {metric: contact, equals: 0, at_least: 6, within_s: 3600}",
    "absence: {of: [motion, contact], for_s: 3600, until_learned: true}",
    'absence: {of: [motion], for_s: 3600, from_time: "07:00", to_time: "21:00"}',
    "sequence: {first: {type: fall}, then_no: [motion], within_s: 120}",
    "sequence: {first: {type: fall}, then: [motion, contact], within_s: 300, elsewhere: true}",
    "silent: {heartbeats: 3, offline_for_s: 60}",
    "overdue: {of: [sos, test], for_s: 691200}",
    "stay: {rooms: [bathroom], for_s: 2400}",
    'during: {from_time: "22:00", to_time: "06:00", days: workdays}',
    "during: {days: [sat, sun]}",
    "learned: {}",
    "not_back: {}",
    "presence: {is: [out, presumed_out], for_s: 60}",
    "presence: {is: [in, unknown]}",
    "not: {level: {metric: contact, equals: 1}}",
)
LASTING = tuple(text for text in SIMPLE if not text.startswith(("event", "sequence")))
# What only a condition that fired knows (``Fired.numbers``).
FOUND: dict[str, list[dict[str, Value]]] = {
    "learned": [
        {"posture": posture, "limit_s": 9000.0, "usual_s": usual}
        for posture in ("up", "seat", "bed")
        for usual in (0.0, 4800.0)
    ],
    "not_back": [{"by_time": "22:00", "learned": 0.0}, {"by_time": "23:30", "learned": 1.0}],
}


@cache
def numbers_of(text: str) -> tuple[str, dict[str, Value]]:
    """The name and the figures of a condition as the core would write them."""
    story = Story(rule(text))
    watch = next(watch for watch in story.world.plan("H1").watches.values() if not watch.whole)
    return watch.condition.name, watch.condition.numbers(watch)


joined = st.recursive(
    st.sampled_from(LASTING),
    lambda parts: st.builds(
        "{}: {{of: [{{{}}}], for_s: {}}}".format,
        st.sampled_from(["all", "any"]),
        st.lists(parts, min_size=2, max_size=3).map("}, {".join),
        st.sampled_from([0, 600]),
    ),
    max_leaves=4,
)
facts = st.builds(
    Fact,
    st.sampled_from(["pir", "door", "unknown"]),
    st.sampled_from([*METRICS, *(f"event.{name}" for name in EVENTS), "online"]),
    st.sampled_from([0.0, 1.0, 0.5, -3.0, 14.0, 1234567.0, 1e9]),
    st.integers(NOON - 400 * 86_400_000, NOON),
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Any evidence that a condition can give, and some it cannot."""
    name, numbers = numbers_of(draw(st.one_of(st.sampled_from(SIMPLE), joined)))
    found = draw(st.sampled_from(FOUND.get(name, [{}])))
    return Evidence(name, tuple(draw(st.lists(facts, max_size=4))), numbers | found)


@given(evidences(), st.sampled_from(["", "客厅"]), st.sampled_from([0, NOON]))
def test_every_evidence_has_its_sentence(evidence: Evidence, room: str, told_at: int) -> None:
    told = why(
        evidence,
        room,
        ZONE,
        room_en="living room",
        rooms={"door": Words("入户门", "front door")},
        told_at=told_at,
    )
    assert told.zh
    assert told.en
    assert set(LATIN.findall(told.zh)) <= UNITS
    assert "_" not in told.en
    assert not re.search(r"[，。、]{2}|^，|，$", told.zh)
    assert not re.search(r"  |^,|, ?$|,,", told.en)


def test_every_kind_of_condition_is_known() -> None:
    kinds = {"event", *When.__struct_encode_fields__}
    assert kinds == set(SAY) | set(JOINS)
    assert {text.split(":")[0] for text in SIMPLE} | {"all", "any"} == kinds


def test_every_word_of_the_vocabulary_is_known() -> None:
    assert set(STATES) | set(METRIC_WORDS) == set(METRICS)
    assert not set(STATES) & set(METRIC_WORDS)
    assert set(EVENT_WORDS) == set(EVENTS)
    assert set(ROOMS) == set(ROOM_KINDS)
    assert set(WHEREABOUTS) == {"in", "out", "presumed_out", "unknown"}
