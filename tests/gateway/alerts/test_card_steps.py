"""Which steps a card shows: what is written nearest to the home, as it was written last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.card_steps import STEP_CHARS_MAX, STEPS_MAX, Written, cleaned, in_force, steps_for

PARTS = ["", "福田区", "福田区/莲花街道", "福田区/莲花街道/莲花社区", "福田区/香蜜湖街道"]
written = st.lists(
    st.builds(
        Written,
        st.sampled_from(["fall", "sos"]),
        st.sampled_from(PARTS),
        st.sampled_from([{}, {"zh": ["先打电话"]}, {"zh": ["先敲门"], "en": ["Knock"]}, {"zh": []}]),
    ),
    max_size=12,
)


@given(
    written,
    st.sampled_from(["fall", "sos", "leak"]),
    st.sampled_from([*PARTS, "福田区/莲花街道/莲花社区/莲花二村"]),
)
def test_the_nearest_part_counts_as_it_was_written_last(found: list[Written], rule: str, path: str) -> None:
    expected = None
    for part in sorted((p for p in PARTS if p in {"", path} or path.startswith(p + "/")), key=len):
        mine = [one.steps for one in found if (one.rule, one.path) == (rule, part)]
        if mine and any(mine[-1].values()):
            expected = mine[-1]
    assert steps_for(in_force(found), rule, path) == expected


def test_a_part_is_no_beginning_of_a_name() -> None:
    known = in_force([Written("fall", "福田区/莲花", {"zh": ["x"]})])
    assert steps_for(known, "fall", "福田区/莲花街道") is None
    assert steps_for(known, "fall", "福田区/莲花/一村") == {"zh": ["x"]}


def test_lines_are_trimmed_and_few() -> None:
    assert cleaned([" 先打电话 ", "", "  "]) == ["先打电话"]
    for wrong in (["x"] * (STEPS_MAX + 1), ["x" * (STEP_CHARS_MAX + 1)], ["a\x00b"]):
        with pytest.raises(ValueError, match="at most"):
            cleaned(wrong)
