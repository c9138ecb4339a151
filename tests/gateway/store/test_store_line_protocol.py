"""The encoder against InfluxData's own corpus, and the fast path against the plain one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_rows import columns, row

from gateway.store.line_protocol import FieldValue, encode, line

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "line_protocol" / "encode.json"
FLOAT = re.compile(r"(?<==)-?[0-9.]+(e[+-][0-9]+)?(?=[, ])")


def same_floats(text: str) -> str:
    """Write every float one way: Go says 1 and 6.632243e+06 where Python says 1.0 and 6632243.0."""
    return FLOAT.sub(lambda found: repr(float(found[0])), text)


def test_it_writes_the_corpus_of_influxdata():
    if not CORPUS.exists():
        pytest.skip(
            "the corpus of influxdata/line-protocol is not here: shared/data/line_protocol/encode.json"
        )
    cases = json.loads(CORPUS.read_text())["encode"].values()
    assert len(cases) == 115
    for case in cases:
        point, output = case["input"]["point"], case["output"]
        tags = {tag["key"]: tag["value"] for tag in point["tags"]}
        fields = {field["key"]: value_of(field["value"]) for field in point["fields"]}
        if "error" in output:
            with pytest.raises(ValueError, match="tag something of cpu is empty"):
                line(point["name"], tags, fields, point["time"])
            continue
        # that encoder turns a newline into the two characters \n, which nobody turns back; InfluxDB keeps a
        # real newline inside quotes, and so do we
        wanted = output["result"].replace(r"foo\nbar", "foo\nbar")
        assert same_floats(line(point["name"], tags, fields, point["time"])) == same_floats(wanted)


def value_of(tagged: dict[str, Any]) -> FieldValue:
    """Read the corpus's {"float": 1}."""
    ((kind, value),) = tagged.items()
    known: FieldValue = float(value) if kind == "float" else value
    return known


def test_a_reading_is_a_point():
    rows = columns(
        [
            row(metric="event.fall", value=0.93, text='他说 "疼"', device="p 1", place="H=1"),
            row(seq=None, boot=None),
        ]
    )
    fall, contact = encode(rows)
    assert fall == (
        r'event.fall,device=p\ 1,place=H\=1 value=0.93,quality="good",received_at=1763900000040i,'
        r'seq=7i,boot="7f3a",text="他说 \"疼\"" 1763900000000000007'
    )
    assert contact == (
        "contact,device=door-1,place=H0001 value=1.0,"
        'quality="good",received_at=1763900000040i 1763900000000000000'
    )


words = st.text(min_size=1)


@given(
    words, words, words, st.none() | st.text(), st.none() | st.text(), st.none() | st.integers(0, 2**63 - 1)
)
def test_the_fast_way_and_the_plain_way_agree(
    metric: str, device: str, place: str, text: str | None, boot: str | None, seq: int | None
):
    reading = row(seq=seq, metric=metric, device=device, place=place, text=text, boot=boot)
    fields: dict[str, FieldValue] = {"value": 1.0, "quality": "good", "received_at": reading.received_at}
    fields |= {
        name: value for name in ("seq", "boot", "text") if (value := getattr(reading, name)) is not None
    }
    plain = line(metric, {"device": device, "place": place}, fields, reading.time_ns)
    assert encode(columns([reading, reading])) == [plain, plain]
