"""What is a repeat and what is news: by boot and seq, by event id, and for the nameless by the packet after a reconnect."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.ingest import SESSION_BEGAN, Batch, Ingest
from gateway.ingest.source import Message
from rules.events import FromDevice, Occurrence, Telemetry
from rules.world import Device

NOW = 1_772_413_200_000
DEVICES = {name: Device(name, "s", "H1", "pendant", "", 60) for name in ("d", "e")}
PLAIN: dict[str, object] = {"type": "fall"}


class Remembered:
    """Stands for the engine: what was applied before."""

    def __init__(self) -> None:
        self.seen: set[object] = set()

    def has_seen(self, event: Telemetry | Occurrence) -> bool:
        return self.name(event) in self.seen

    def highest(self, device: str, boot: str) -> int | None:
        counted = (name for name in self.seen if isinstance(name, tuple) and name[:2] == (device, boot))
        return max((name[2] for name in counted if len(name) == 3), default=None)

    def apply(self, events: list[FromDevice]) -> None:
        self.seen |= {self.name(e) for e in events if isinstance(e, Telemetry | Occurrence)}

    @staticmethod
    def name(event: Telemetry | Occurrence) -> object:
        if isinstance(event, Occurrence) and event.id:
            return (event.device, event.id)
        return (event.device, event.boot, event.seq)


class Driven:
    """A clock whose town has said that time may come up to ``until``."""

    def __init__(self, until: int = 0, ahead: int = 0) -> None:
        self.until, self.behind, self.advanced = until, ahead, 0

    def latest(self) -> int:
        return self.until

    def ahead(self) -> int:
        return self.behind

    def ahead_of_wall(self) -> int:
        return self.behind

    def advance(self, to: int) -> None:
        self.advanced = to


class Reader:
    def __init__(self, clock: Driven | None = None, nameless: list[tuple[int, int]] | None = None) -> None:
        self.memory = Remembered()
        self.ingest = Ingest(memory=self.memory, clock=clock or Driven(), nameless=nameless or [])

    def read(self, *messages: Message) -> Batch:
        batch = self.ingest.read(messages, DEVICES)
        self.memory.apply(batch.events)
        self.ingest.applied()
        return batch


def message(
    wire: dict[str, object],
    packet: int = 1,
    *,
    device: str = "d",
    connection: int = 1,
    dup: bool = False,
    at: int = NOW,
    retain: bool = False,
) -> Message:
    channel = "event" if "type" in wire else "telemetry" if "m" in wire else "status"
    packet_id = connection << 16 | packet if packet else 0
    return Message(f"care/v1/s/{device}/{channel}", json.dumps(wire).encode(), packet_id, retain, dup, at)


def numbered(seq: int, boot: str = "b") -> dict[str, object]:
    return {"boot": boot, "seq": seq, "m": {"motion": 1}}


def test_a_numbered_message_is_taken_once_and_every_delivery_acknowledged() -> None:
    reader = Reader()
    first = reader.read(message(numbered(1), 1), message(numbered(1), 2), message(numbered(2), 3))
    again = reader.read(message(numbered(1), 9, dup=True), message(numbered(3), 10))
    assert [getattr(e, "seq", None) for e in first.events + again.events] == [1, 2, 3]
    assert [packet & 0xFFFF for packet in first.packet_ids + again.packet_ids] == [1, 2, 3, 9, 10]
    assert reader.ingest.counts["repeated"] == 2


def test_the_same_number_of_another_device_or_power_up_is_news() -> None:
    batch = Reader().read(
        message(numbered(1)), message(numbered(1), device="e"), message(numbered(1, boot="c"))
    )
    assert len(batch.events) == 3


def test_an_event_is_known_by_its_id() -> None:
    reader = Reader()
    one = {"type": "fall", "id": "e1", "boot": "b", "seq": 1}
    assert len(reader.read(message(one), message(one | {"seq": 2})).events) == 1
    assert len(reader.read(message(one | {"boot": "c", "seq": 9})).events) == 0
    assert len(reader.read(message(one | {"id": "e2"})).events) == 1


def test_within_what_is_read_before_it_is_applied_a_repeat_is_known() -> None:
    reader = Reader()
    first = reader.ingest.read([message(numbered(1))], DEVICES)
    reader.ingest.reconnected(kept=True)
    again = reader.ingest.read([message(numbered(1), connection=2, dup=True)], DEVICES)
    assert (len(first.events), len(again.events)) == (1, 0)


def test_dup_alone_says_nothing() -> None:
    """Mosquitto sets it on what the hub never stored."""
    reader = Reader()
    assert len(reader.read(message(PLAIN, 1, dup=True), message(PLAIN, 2, dup=True)).events) == 2
    assert len(reader.read(message(numbered(1), 3, dup=True)).events) == 1


def test_a_nameless_message_is_a_repeat_only_as_a_redelivery_of_the_same_packet() -> None:
    reader = Reader()
    assert len(reader.read(message(PLAIN, 7)).events) == 1
    assert len(reader.read(message(PLAIN, 7, dup=True)).events) == 1, "no reconnect: not a redelivery"
    reader.ingest.reconnected(kept=True)
    batch = reader.read(
        message(PLAIN, 7, connection=2),
        message(PLAIN, 8, connection=2, dup=True),
        message({"type": "sos"}, 9, connection=2, dup=True),
    )
    assert len(batch.events) == 3, "new packet, other packet, other payload"
    reader = Reader()
    reader.read(message(PLAIN, 7))
    reader.ingest.reconnected(kept=True)
    assert reader.read(message(PLAIN, 7, connection=2, dup=True)).events == []
    assert len(reader.read(message(PLAIN, 7, connection=2, dup=True)).events) == 1, "once"
    reader.ingest.reconnected(kept=True)
    assert reader.read(message(PLAIN, 7, connection=3, dup=True)).events == [], "lost the same way again"


def test_a_packet_id_used_again_forgets_what_it_stood_for() -> None:
    reader = Reader()
    reader.read(message(PLAIN, 7), message(numbered(1), 7))
    reader.ingest.reconnected(kept=True)
    assert len(reader.read(message(PLAIN, 7, connection=2, dup=True)).events) == 1


def test_a_new_session_redelivers_nothing() -> None:
    """Its packet ids begin anew: the same id and payload, even with DUP, is another fall."""
    reader = Reader()
    before = reader.read(message(PLAIN, 1)).nameless
    reader.ingest.reconnected(kept=False)
    batch = reader.read(message(PLAIN, 1, connection=2, dup=True))
    assert len(batch.events) == 1
    assert batch.nameless[0] == SESSION_BEGAN
    restarted = Reader(nameless=before + batch.nameless)
    assert restarted.read(message(PLAIN, 1, connection=3, dup=True)).events == []
    assert len(Reader(nameless=[*before, SESSION_BEGAN]).read(message(PLAIN, 1, dup=True)).events) == 1


def test_a_restart_knows_the_nameless_from_the_journal() -> None:
    nameless = Reader().read(message(PLAIN, 7), message(PLAIN, 8)).nameless
    reader = Reader(nameless=nameless)
    reader.ingest.reconnected(kept=True)
    batch = reader.read(*(message(PLAIN, n, connection=2, dup=True) for n in (7, 8, 9)))
    assert len(batch.events) == 1


def test_without_acknowledgement_and_retained_every_message_counts() -> None:
    reader = Reader()
    assert len(reader.read(message(PLAIN, 0), message(PLAIN, 0)).events) == 2
    assert len(reader.read(message(numbered(1), retain=True), message(numbered(1))).events) == 2
    assert reader.read(message(PLAIN, 0)).packet_ids == []


def test_what_cannot_be_read_is_set_aside_acknowledged_and_counted() -> None:
    reader = Reader()
    batch = reader.read(
        Message("care/v1/s/d/event", b"{", 1 << 16 | 5, False, False, NOW),
        message(numbered(1), device="nobody"),
        message(numbered(1)),
    )
    assert [found.reason for found in batch.unreadable] == ["bad_json", "unknown_device"]
    assert len(batch.events) == 1
    assert len(batch.packet_ids) == 3
    assert reader.ingest.counts == {"bad_json": 1, "unknown_device": 1, "read": 1}


def test_a_wrong_clock_is_noted_once_an_hour_and_device() -> None:
    reader = Reader()
    wrong = {"ts": 1_000, "m": {"motion": 1}}
    batch = reader.read(*(message(wrong, n, at=NOW + n * 600_000) for n in range(1, 13)))
    assert len(batch.events) == 12
    assert [found.message.received_at - NOW for found in batch.unreadable] == [600_000, 7 * 600_000]
    assert all(found.repaired and found.reason == "clock" for found in batch.unreadable)


def test_nothing_is_stamped_before_what_was_stamped_already() -> None:
    reader = Reader()
    batch = reader.ingest.read(
        [message(numbered(1), at=NOW), message(numbered(2), at=NOW - 50)], DEVICES, not_before=NOW + 7
    )
    assert [event.at for event in batch.events] == [NOW + 7, NOW + 7]


STREAM = st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 3)), min_size=1, max_size=12)


@given(stream=STREAM, cuts=st.sets(st.integers(1, 11)), ahead=st.sampled_from([0, 3_600_000]))
def test_how_messages_are_cut_into_batches_changes_nothing(
    stream: list[tuple[int, int]], cuts: set[int], ahead: int
) -> None:
    """Time stands while it is driven, so that the first message of a batch comes at the time of the last one before it."""
    messages = [
        message({"ts": NOW + offset - ahead, "boot": "b", "seq": n + 1, "m": {"motion": 1}}, at=NOW + later)
        for n, (offset, later) in enumerate(stream)
    ]
    whole = Reader(Driven(NOW + 60_000, ahead)).read(*messages).events
    reader, parts, begin = Reader(Driven(NOW + 60_000, ahead)), [], 0
    for end in [*sorted(cut for cut in cuts if cut < len(messages)), len(messages)]:
        parts += reader.read(*messages[begin:end]).events
        begin = end
    assert parts == whole
    assert [event.at for event in whole] == sorted(event.at for event in whole)


def test_a_status_that_is_taken_back_is_no_news_and_no_mistake() -> None:
    reader = Reader()
    batch = reader.read(Message("care/v1/s/d/status", b"", 1 << 16 | 5, False, False, NOW))
    assert (batch.events, batch.unreadable, len(batch.packet_ids)) == ([], [], 1)
    assert reader.ingest.counts["cleared"] == 1


def test_what_was_given_again_is_not_taken_from_the_device_once_more() -> None:
    reader = Reader()
    reader.read(message(numbered(1)))
    assert not reader.ingest.is_repeat(Telemetry(NOW, "d", NOW, 1, "b", 2, {"motion": 1.0}))
    assert [e.seq for e in reader.read(message(numbered(2)), message(numbered(3))).events] == [3]  # type: ignore[union-attr]


COUNTED = st.tuples(st.sampled_from(["d", "e"]), st.sampled_from(["a", "b", "c"]), st.integers(1, 6))


@given(stream=st.lists(COUNTED, max_size=40), cuts=st.sets(st.integers(1, 39)))
def test_however_devices_count_each_message_is_taken_once(
    stream: list[tuple[str, str, int]], cuts: set[int]
) -> None:
    reader, taken, begin = Reader(), list[object](), 0
    for end in [*sorted(cut for cut in cuts if cut < len(stream)), len(stream)]:
        part = [
            message({"boot": boot, "seq": seq, "m": {"motion": 1}}, device=device)
            for device, boot, seq in stream[begin:end]
        ]
        taken += [(e.device, e.boot, e.seq) for e in reader.read(*part).events if isinstance(e, Telemetry)]
        begin = end
    assert taken == list(dict.fromkeys(stream))
