"""What is typed at a device: words of both languages are read, and whatever is not says what to type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.devices import KINDS, UnknownWordError
from firmware_sim.typed import ALIASES, ASKED, COMMON, MEANINGS, Typed, typed, word_lines

WORDS = KINDS["contact"].words


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("open", Typed("feel", "open")),
        ("  OPEN ", Typed("feel", "open")),
        ("开门", Typed("feel", "open")),
        ("battery 5", Typed("feel", "battery", 5.0)),
        ("电量 62.5", Typed("feel", "battery", 62.5)),
        ("换电池", Typed("feel", "swap")),
        ("set contact=false battery=5 fw=1.2", Typed("set", readings={"contact": False, "battery": 5, "fw": 1.2})),
        ("set mode=eco", Typed("set", readings={"mode": "eco"})),
        ("?", Typed("help")),
        ("退出", Typed("quit")),
        ("heartbeat", Typed("beat")),
    ],
)  # fmt: skip
def test_words_of_both_languages_are_read(line: str, asked: Typed) -> None:
    assert typed(line, "contact", WORDS) == asked


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("opn", "did you mean open?"),
        ("sos", "it knows open, close, battery 5"),
        ("battery", "how many percent? type for example: battery 5"),
        ("battery 5 6", "type for example: battery 5"),
        ("battery full", "'full' is not a number; type for example: battery 5"),
        ("battery 120", "0 to 100 percent"),
        ("open wide", "type just open"),
        ("set", "type for example: set temperature=21.5"),
        ("set contact", "METRIC=VALUE"),
    ],
)
def test_what_is_no_word_says_what_to_type(line: str, said: str) -> None:
    with pytest.raises(UnknownWordError) as told:
        typed(line, "contact", WORDS)
    assert said in str(told.value)


@given(st.text(min_size=1).filter(str.strip))
def test_any_line_is_read_or_refused_in_words(line: str) -> None:
    try:
        asked = typed(line, "contact", WORDS)
    except UnknownWordError as told:
        refused = str(told)
    else:
        refused = ""
        assert asked.act != "feel" or asked.word in {*WORDS, *COMMON}
    assert refused == "" or len(refused) > 10


def test_every_word_of_every_kind_has_a_meaning_in_both_languages() -> None:
    for kind in KINDS.values():
        assert set(kind.words) <= set(MEANINGS), kind.kind
        assert len(word_lines(kind.words)) == len(kind.words) + len(COMMON) + len(ASKED)
    for zh, en in {**MEANINGS, **COMMON, **ASKED}.values():
        assert not zh.isascii()
        assert en.isascii()


def test_what_may_be_typed_instead_stands_for_a_word_there_is() -> None:
    assert set(ALIASES.values()) <= {*MEANINGS, *COMMON, *ASKED}
