"""What every store keeps, shown on each of them."""

from __future__ import annotations

import itertools
import math
import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import EVERYTHING, NOW, PLAIN, columns, row

from gateway.store.readings import Query, Reading, Readings, Store, StoreRefused

SHUFFLING = random.Random(7)  # noqa: S311 nobody's secret
AWKWARD = [
    '中文 "引号" \\反斜杠\\ , 逗号 = 等号',
    "line one\nline two\r\n\ttab",
    "'); DROP TABLE reading; --",
    "ends with a backslash\\",
    '"',
    "\\",
    " ",
    "😀",
    "None",
    "nan",
]


def test_a_new_store_is_empty_at_cursor_0(store: Store):
    assert store.cursor() == 0
    assert store.read(EVERYTHING) == []


def test_every_field_comes_back(store: Store):
    rows = [
        row(seq=1),
        row(seq=2, metric="event.fall", value=0.93, text="e-1", quality="late"),
        row(seq=3, device="counter-1", place="F01", home=False, metric="in", value=12345678.0),
        row(seq=None, metric="temperature", value=-1e-7, boot=None, quality="clock"),
        row(seq=2**62, metric="rssi", value=-61.0, quality="retained", received_at=0),
    ]
    store.write(columns(rows), cursor=5)
    assert sorted(store.read(EVERYTHING), key=lambda r: r.metric) == sorted(rows, key=lambda r: r.metric)


def test_booleans_are_kept_as_0_and_1(store: Store):
    store.write(columns([row(seq=1, value=False), row(seq=2, value=True)]), cursor=1)
    values = [reading.value for reading in store.read(EVERYTHING)]
    assert values == [0.0, 1.0]
    assert all(type(value) is float for value in values)


def test_floats_come_back_exactly(store: Store):
    values = [0.1, 1e300, 5e-324, -1.7976931348623157e308, 2.0**53 + 2, 1 / 3]
    store.write(columns(row(seq=seq, value=value) for seq, value in enumerate(values)), cursor=1)
    assert [reading.value for reading in store.read(EVERYTHING)] == values


def test_no_text_and_empty_text_differ(store: Store):
    rows = [row(seq=1, text=None, boot=None), row(seq=2, text="", boot="")]
    store.write(columns(rows), cursor=1)
    assert store.read(EVERYTHING) == rows


def test_the_only_text_of_a_long_batch_is_kept(store: Store):
    rows = [row(seq=number, text="此处" if number == 4_999 else None) for number in range(5_000)]
    store.write(columns(rows), cursor=1)
    assert store.read(EVERYTHING)[-1] == rows[-1]


def test_awkward_words_come_back_and_can_be_asked_for(store: Store):
    texts = [row(seq=number, text=text, boot=text) for number, text in enumerate(AWKWARD)]
    names = [
        row(NOW + 1, device="左 边,门=1", place='"H1"', metric="it's, a = metric"),
        row(NOW + 1, device="d-2", place="O'Neill", metric='温度 "室内"'),
    ]
    store.write(columns(texts + names), cursor=1)
    assert store.read(Query(NOW, NOW + 1)) == texts
    for name in names:
        asked = Query(0, NOW * 2, device=name.device, place=name.place, metric=name.metric)
        assert store.read(asked) == [name]
    assert store.read(Query(0, NOW * 2, device="x' OR '1'='1")) == []


def test_what_the_check_admits_comes_back_and_nothing_else_is_taken(store: Store):
    numbers = itertools.count(1)
    word = st.text(st.characters(), max_size=8) | st.sampled_from(AWKWARD)

    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(st.lists(st.tuples(word, word, word, word), min_size=1, max_size=20))
    def holds(words: list[tuple[str, str, str, str]]) -> None:
        at = NOW + 1000 * next(numbers)
        rows = columns(
            row(at, seq, text=text, device=device, place=place, metric=metric)
            for seq, (text, device, place, metric) in enumerate(words)
        )
        try:
            store.write(rows, cursor=at)
        except StoreRefused as refused:
            rows = rows.without(refused.rows)
            store.write(rows, cursor=at)
        assert store.read(Query(at, at + 1000)) == sorted(rows, key=lambda r: r.time_ns)

    holds()


def test_two_falls_in_one_millisecond_are_two_rows(store: Store):
    falls = [row(seq=seq, metric="event.fall") for seq in (41, 42)]
    store.write(columns(falls), cursor=1)
    assert store.read(EVERYTHING) == falls
    assert {fall.observed_at for fall in falls} == {NOW}


def test_a_batch_written_again_changes_nothing(store: Store):
    rows = columns([row(seq=1), row(seq=2)])
    store.write(rows, cursor=10)
    store.write(rows, cursor=10)
    store.write(columns([row(seq=3)]), cursor=9)
    assert store.cursor() == 10
    assert store.read(EVERYTHING) == list(rows)


def test_rows_and_cursor_outlive_the_store(open_store: Callable[[], Store]):
    first = open_store()
    first.write(columns([row(seq=1)]), cursor=3)
    first.write(Readings(), cursor=8)
    first.close()
    first.close()
    again = open_store()
    assert again.cursor() == 8
    again.write(columns([row(seq=1)]), cursor=8)
    again.write(columns([row(seq=2)]), cursor=9)
    assert again.read(EVERYTHING) == [row(seq=1), row(seq=2)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": math.nan}, "value is nan"),
        ({"value": math.inf}, "value is inf"),
        ({"device": ""}, "device '' is empty"),
        ({"place": "a\\b"}, "backslash"),
        ({"metric": "a\nb"}, "control character"),
        ({"metric": "#comment"}, "begins with #"),
        ({"device": "d" * 257}, "takes 257 bytes, 256 are allowed"),
        ({"text": "文" * 21_846}, "takes 65538 bytes, 65535 are allowed"),
        ({"text": "\ud800"}, "no valid Unicode"),
        ({"quality": "excellent"}, "quality 'excellent' is none of clock, good, late, retained"),
        ({"time_ns": 2**63 - 1}, "time_ns is 9223372036854775807, outside"),
        ({"received_at": 2**63}, "received_at is 9223372036854775808, outside"),
        ({"seq": -1}, "seq is -1, outside"),
    ],
)
def test_what_cannot_be_stored_is_refused_alike(store: Store, change: dict[str, object], why: str):
    rows = columns([row(seq=1), replace(row(seq=2), **change), row(seq=3)])  # type: ignore[arg-type]
    with pytest.raises(StoreRefused, match="row 1: ") as refused:
        store.write(rows, cursor=5)
    assert set(refused.value.rows) == {1}
    assert why in refused.value.rows[1]
    assert store.cursor() == 0
    store.write(rows.without(refused.value.rows), cursor=5)
    assert store.read(EVERYTHING) == [row(seq=1), row(seq=3)]


def test_columns_of_unequal_length_are_a_bug(store: Store):
    rows = columns([PLAIN])
    rows.seq.append(8)
    with pytest.raises(ValueError, match="equal length"):
        store.write(rows, cursor=1)


TOWN = [
    row(NOW + minute * 60_000, minute, device=device, place=place, home=home, metric=metric)
    for minute in range(4)
    for device, place, home, metric in (
        ("door-1", "H0001", True, "contact"),
        ("door-1", "H0001", True, "battery"),
        ("door-2", "H0002", True, "contact"),
        ("count-1", "F01", False, "in"),
        ("count-1", "F01", False, "battery"),
    )
]


def in_order(reading: Reading) -> tuple[object, ...]:
    return reading.time_ns, reading.device, reading.metric, reading.place


FILTERS: list[dict[str, object]] = [
    {},
    {"device": "door-1"},
    {"place": "H0002"},
    {"metric": "battery"},
    {"home": True},
    {"home": False},
    {"device": "door-1", "metric": "contact", "home": True},
    {"device": "door-1", "place": "F01"},
    {"metric": "nobody has measured this"},
]


def test_a_query_gives_what_it_asks_for_in_order(town: Store):
    for filters, limit, newest_first in itertools.product(FILTERS, (1, 2, 3, 4, 7, 1000), (False, True)):
        query = Query(0, NOW * 2, limit=limit, newest_first=newest_first, **filters)  # type: ignore[arg-type]
        wanted = [r for r in TOWN if all(getattr(r, name) == value for name, value in filters.items())]
        assert town.read(query) == sorted(wanted, key=in_order, reverse=newest_first)[:limit], query


@pytest.fixture
def town(store: Store) -> Store:
    shuffled = SHUFFLING.sample(TOWN, len(TOWN))
    store.write(columns(shuffled[:9]), cursor=1)
    store.write(columns(shuffled[9:]), cursor=2)
    return store


def test_a_query_covers_its_span_without_the_end(town: Store):
    found = town.read(Query(NOW, NOW + 60_000, device="door-2"))
    assert [reading.observed_at for reading in found] == [NOW]
    assert town.read(Query(NOW + 60_000, NOW)) == []
    assert len(town.read(Query(-(10**15), 10**15))) == len(TOWN)


def test_a_query_for_nothing_is_a_bug():
    with pytest.raises(ValueError, match="1 or more"):
        Query(0, 1, limit=0)


def test_a_limit_cuts_the_readings_of_one_instant_in_order(store: Store):
    names = [f"d-{number:02d}" for number in range(30)]
    rows = [row(seq=1, device=name) for name in SHUFFLING.sample(names, 30)]
    store.write(columns(rows), cursor=1)
    first = store.read(replace(EVERYTHING, limit=10))
    last = store.read(replace(EVERYTHING, limit=10, newest_first=True))
    assert [reading.device for reading in first] == names[:10]
    assert [reading.device for reading in last] == names[:19:-1]


def test_a_large_batch_is_one_batch(store: Store):
    rows = [row(NOW + number, number, value=number / 7) for number in range(20_000)]
    store.write(columns(rows), cursor=1)
    assert store.read(EVERYTHING) == rows


def test_reads_while_another_thread_writes(store: Store):
    batches = 30
    done = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(batches):
                at = NOW + number * 1000
                store.write(columns(row(at + step, step) for step in range(100)), cursor=number + 1)
        except BaseException as error:  # noqa: BLE001 the reading thread shall say so
            failed.append(error)
        finally:
            done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = [0]
    while not done.is_set():
        before = store.cursor()
        seen.append(len(store.read(EVERYTHING)))
        assert seen[-1] >= before * 100
        assert seen[-1] >= seen[-2]
    writer.join()
    assert not failed
    assert len(store.read(EVERYTHING)) == batches * 100
