"""One mad sensor does not drown a city, and an honest device never loses a reading to the limit."""

from __future__ import annotations

import json
import random
import time
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from test_ingest_repeats import DEVICES, NOW, Driven, Remembered

from gateway.ingest.ingest import Batch, Ingest
from gateway.ingest.rate import COUNT_AT, ROOM_S, WINDOW_S, RateLimit, device_of
from gateway.ingest.source import Message
from rules.conditions.condition import LATE_MS
from rules.events import Occurrence, Status, Telemetry

TOPIC = "care/v1/s/d/telemetry"
DAY_MS = 86_400_000


def put_aside(
    limit: RateLimit, messages: list[tuple[int, int]], *, deaf_since: int | None = None, size: int = 500
) -> int:
    """How many of these (read at, observed at) of one topic are over the limit, read in batches of ``size``."""
    over = 0
    for begin in range(0, len(messages), size):
        part = messages[begin : begin + size]
        suspects = limit.watch([TOPIC] * len(part), part[0][0], deaf_since=deaf_since)
        if TOPIC in suspects:
            over += sum(limit.is_over(TOPIC, seen, at, deaf_since=deaf_since) for at, seen in part)
    return over


def test_a_mad_sensor_is_cut_down_to_its_rate() -> None:
    for per_s, sends in ((20.0, 1_000), (5.0, 50), (100.0, 5_000)):
        seconds = 120
        flood = [(NOW + n * 1_000 // sends,) * 2 for n in range(seconds * sends)]
        passed = len(flood) - put_aside(RateLimit(per_s), flood, size=sends // 10)
        # what is not yet noticed, what the bucket holds, and then the rate
        bound = per_s * (WINDOW_S + ROOM_S + seconds) + COUNT_AT + sends
        assert per_s * seconds <= passed <= bound


def test_what_is_only_just_too_much_is_noticed_too() -> None:
    steady = [(NOW + n * 1_000 // 25,) * 2 for n in range(25 * 1_800)]
    over = put_aside(RateLimit(20.0), steady, size=25)
    assert over >= 5 * 1_800 - 20 * (WINDOW_S + ROOM_S)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    per_s=st.sampled_from([2.0, 20.0]),
    order=st.sampled_from(["as seen", "newest first", "in blocks", "live first"]),
    size=st.sampled_from([1, 37, 500]),
)
def test_an_honest_device_is_never_limited_however_its_backlog_comes(
    seed: int, per_s: float, order: str, size: int
) -> None:
    """Seen at most at the rate; then some of it kept back for up to a day, and sent all at once among what is live."""
    rng = random.Random(seed)  # noqa: S311 a seeded story
    gap, live, away = 1_000 / per_s, [], []
    began = rng.choice([60_000, 3_600_000, DAY_MS])
    at = NOW - began
    count = 3_000
    while at < NOW and len(away) < count:
        away.append(int(at))
        at += gap * rng.choice([1, 1, 1.2]) if rng.random() < 0.98 else rng.uniform(gap, began / 20)
    for n in range(2_000):
        seen = int(NOW + 1 + n * gap)
        live.append((seen + rng.choice([0, 0, 0, rng.randrange(LATE_MS - 1_000)]), seen))
    if order == "newest first":
        away.reverse()
    elif order == "in blocks":
        blocks = [away[i : i + 200] for i in range(0, len(away), 200)]
        away = [seen for block in reversed(blocks) for seen in block]
    backlog = [(NOW + 100, seen) for seen in away]
    messages = sorted(live + backlog, key=lambda message: message[0])
    if order == "live first":
        messages = sorted([*live, *((NOW + 60_000, seen) for seen in away)], key=lambda message: message[0])
    assert put_aside(RateLimit(per_s), messages, size=size) == 0


def test_what_the_broker_kept_while_the_hub_was_away_is_spared_though_it_says_no_time() -> None:
    """An hour at ten a second; a mad sensor may say in that hour what its rate is worth."""
    hour = NOW - 3_600_000
    honest = [(NOW + n // 50, NOW + n // 50) for n in range(36_000)]
    assert put_aside(RateLimit(20.0), honest, deaf_since=hour) == 0
    mad = [(NOW + n // 50, NOW + n // 50) for n in range(500_000)]
    passed = len(mad) - put_aside(RateLimit(20.0), mad, deaf_since=hour)
    assert passed <= 20 * 3_600 + 20 * (ROOM_S + WINDOW_S + 10) + COUNT_AT
    assert put_aside(RateLimit(20.0), honest) > 0, "and without the loss it would be a flood"


def test_a_backlog_that_claims_the_same_time_again_and_again_is_a_flood() -> None:
    stuck = [(NOW + n, NOW - 3_600_000) for n in range(100_000)]
    assert len(stuck) - put_aside(RateLimit(20.0), stuck) <= 20 * (ROOM_S + WINDOW_S) + COUNT_AT


def test_who_has_calmed_down_is_no_suspect_any_more() -> None:
    limit = RateLimit(20.0)
    assert put_aside(limit, [(NOW + n, NOW + n) for n in range(20_000)]) > 0
    later = NOW + 20_000
    calm = [(later + n * 1_000, later + n * 1_000) for n in range(300)]
    put_aside(limit, calm, size=1)
    assert not limit.watch([TOPIC], later + 301_000)


def test_no_limit_is_no_limit() -> None:
    assert put_aside(RateLimit(0), [(NOW, NOW)] * 100_000) == 0


def test_what_is_put_aside_is_told_once_a_minute_and_device() -> None:
    limit = RateLimit()
    told = [(second, limit.put_aside(TOPIC, NOW + second * 1_000)) for second in range(200)]
    assert [entry for entry in told if entry[1]] == [(0, 1), (60, 60), (120, 60), (180, 60)]
    assert limit.put_aside("care/v1/s/e/telemetry", NOW + 200_000) == 1, "another device has its own minute"
    assert limit.over == {"d": 200, "e": 1}
    assert limit.mad(NOW + 200_000) == ["e"]


def test_the_device_of_a_topic() -> None:
    assert device_of(TOPIC) == "d"
    assert device_of("$SYS/x") == "$SYS/x"
    assert device_of("care/v1/s/" + "x" * 999 + "/event") == "x" * 64


# the limit in the reading of messages


def flood(seconds: int, per_s: int) -> list[Message]:
    """A mad sensor, and among what it says every second a fall, a status and a reading of somebody else."""
    found: list[Message] = []
    numbers = iter(range(1, 1 << 30))

    def says(device: str, channel: str, at: int, **wire: object) -> None:
        wire |= {"boot": "b", "seq": next(numbers)}
        found.append(Message(f"care/v1/s/{device}/{channel}", json.dumps(wire).encode(), 0, False, False, at))

    for second in range(seconds):
        at = NOW + second * 1_000
        for n in range(per_s):
            says("d", "telemetry", at + n * 1_000 // per_s, m={"motion": n % 2})
        at += 999
        says("d", "event", at, type="fall", id=f"fall-{second}")
        says("d", "status", at, online=True)
        says("e", "telemetry", at, m={"motion": 1})
    return found


def read(ingest: Ingest, messages: list[Message], size: int = 700) -> Batch:
    whole = Batch()
    for begin in range(0, len(messages), size):
        batch = ingest.read(messages[begin : begin + size], DEVICES)
        ingest.applied()
        whole.events += batch.events
        whole.unreadable += batch.unreadable
    return whole


def test_under_a_flood_every_fall_status_and_other_device_passes_and_the_flood_is_told() -> None:
    ingest = Ingest(memory=Remembered(), clock=Driven())
    messages = flood(150, 300)
    batch = read(ingest, messages)
    assert sum(isinstance(event, Occurrence) for event in batch.events) == 150
    assert sum(isinstance(event, Status) for event in batch.events) == 150
    assert sum(event.device == "e" for event in batch.events) == 150
    passed = sum(isinstance(event, Telemetry) and event.device == "d" for event in batch.events)
    assert passed <= 20 * (150 + WINDOW_S + ROOM_S) + COUNT_AT
    assert ingest.counts["too_many"] == 150 * 300 - passed == ingest.limit.over["d"]
    notes = batch.unreadable
    assert {note.reason for note in notes} == {"too_many"}
    assert 2 <= len(notes) <= 3
    assert all(b.message.received_at - a.message.received_at >= 59_000 for a, b in pairwise(notes))
    assert "高频上报" in notes[-1].detail


def test_a_flood_of_garbage_does_not_fill_the_quarantine() -> None:
    ingest = Ingest(memory=Remembered(), clock=Driven())
    topic = "care/v1/s/nobody/telemetry"
    batch = read(ingest, [Message(topic, b"{", 0, False, False, NOW + n) for n in range(20_000)])
    assert len(batch.unreadable) <= 20 * (20 + WINDOW_S + ROOM_S) + COUNT_AT
    assert ingest.limit.over["nobody"] >= 10_000


def test_watching_costs_next_to_nothing() -> None:
    """Under a microsecond a message with a wide margin; it measures a tenth of that."""
    topics = [f"care/v1/s/device-{n % 5_000}/telemetry" for n in range(10_000)]
    limit = RateLimit()
    spent = []
    for turn in range(20):
        begin = time.process_time_ns()
        limit.watch(topics, NOW + turn * 2_000)
        spent.append((time.process_time_ns() - begin) / len(topics))
    assert sorted(spent)[10] < 1_000, spent
