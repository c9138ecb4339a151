"""The note that a report waits to be checked: which one, where to look, and not a figure of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.report_note import KINDS, compose_report_note
from gateway.notify.words import text_of, urgent, wakes

SMS_CHARS = 69


def note(**changed: Any) -> Any:  # noqa: ANN401 fields of a note, and the note
    given_ = {
        "kind": "station",
        "period": "2026-10",
        "subject": "莲花站",
        "at_ms": 0,
        "link": "https://care.example/reports/filed/r1",
    }
    return compose_report_note("r1", **(given_ | changed))


def test_it_says_which_report_and_nothing_of_what_is_in_it() -> None:
    message = note()
    assert message.text["zh"] == "莲花站 2026-10 服务站报表已生成，请审核。"
    assert message.text["en"] == "The station report of 莲花站 for 2026-10 is made: please check it."
    assert re.findall(r"\d+", message.text["zh"]) == ["2026", "10"]
    assert "https://care.example/reports/filed/r1" in text_of(message, 2_000)
    assert (message.about, message.number, urgent(message), wakes(message)) == ("report", 0, False, False)


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=200), st.sampled_from(["2026-10", "2026-10-21"]))
def test_it_fits_a_short_message_whatever_the_place_is_called(kind: str, subject: str, period: str) -> None:
    assert len(note(kind=kind, subject=subject, period=period).text["zh"]) <= SMS_CHARS


def test_of_an_unknown_kind_there_is_none() -> None:
    with pytest.raises(KeyError):
        note(kind="x")
