"""What the card says of an alert's way: read from its steps as they are written."""

from __future__ import annotations

from web_desk import NOW

from gateway.operations.answers import Step
from gateway.web.history import Called, lines_of, way_of

STEPS = [
    Step("raised", NOW, "", ""),
    Step("passed", NOW, "lianhua", "deaf"),
    Step("sent", NOW + 1, "短信", "receipt-7", "li-min"),
    Step("accepted", NOW + 2, "李敏", "", "link"),
    Step("called", NOW + 3, "李敏", "contact no_answer 响了一分钟", "console"),
    Step("on_way", NOW + 4, "李敏", "", "console"),
]
AFTER = [
    Step("handed_over", NOW + 5, "李敏", "王强 他就在楼下", "console"),
    Step("unconfirmed", NOW + 6, "王强", "unconfirmed", "console"),
    Step("merged_in", NOW + 7, "王强", "17", "console"),
    Step("on_site", NOW + 8, "王强", "", "console"),
    Step("closed", NOW + 9, "王强", "false sat_down", "console"),
]


def said(steps: list[Step]) -> dict[str, tuple[str, str, str, str]]:
    lines = zip(reversed(steps), lines_of(steps, lambda at: f"<{at}>", {"lianhua": "莲花站"}), strict=True)
    return {step.kind: (line.what["zh"], line.by, line.said["zh"], line.via) for step, line in lines}


def test_how_far_it_is_counts_for_whoever_has_it_now() -> None:
    way = way_of(STEPS)
    assert way.at == {"accepted": NOW + 2, "on_way": NOW + 4}
    assert way.call == Called("contact", "no_answer", NOW + 3)
    given = way_of(STEPS + AFTER)
    assert given.at == {"accepted": NOW + 5, "on_site": NOW + 8}
    assert (given.kept_open, given.merged) == (NOW + 6, ("0017",))


def test_what_was_before_it_was_opened_again_is_history_and_no_state() -> None:
    way = way_of([*STEPS, *AFTER, Step("reopened", NOW + 10, "李敏", "长者来电说又不舒服了")])
    assert (way.at, way.call, way.kept_open) == ({}, None, None)
    assert way.reopened == "长者来电说又不舒服了"


def test_the_history_says_codes_in_words_and_leaves_what_people_wrote() -> None:
    told = said(STEPS + AFTER)
    assert told["passed"] == ("已跳过这一级", "莲花站", "听不到警情", "")
    assert told["sent"] == ("已发出", "短信", "", "")  # no receipt, and no person's id
    assert told["accepted"] == ("接警", "李敏", "", "link")
    assert told["called"] == ("已打电话", "李敏", "联系人 · 无人接 · 响了一分钟", "")
    assert told["handed_over"] == ("已转交", "李敏", "王强 他就在楼下", "")
    assert told["closed"] == ("办结", "王强", "误报 · 坐下或躺下", "")


def test_the_newest_is_on_top_and_what_has_no_word_is_still_there() -> None:
    lines = lines_of([Step("raised", NOW, "", ""), Step("new_kind", NOW + 1, "", "x")], str)
    assert [(line.at, line.what["en"]) for line in lines] == [(NOW + 1, "new_kind"), (NOW, "raised")]


def test_a_change_of_severity_a_shelf_and_a_guards_answer_are_said_in_words() -> None:
    told = said(
        [
            Step("changed", NOW, "", "critical → urgent: seen"),
            Step("shelved", NOW, "李敏", f"{NOW} 家属在场"),
            Step("again", NOW, "", "3"),
            Step("slip", NOW, "lianhua", "answered", "link"),
        ]
    )
    assert told["changed"][2] == "紧急 → 重要"
    assert told["shelved"][2] == f"<{NOW}> 家属在场"
    assert told["again"][2] == "#3"
    assert told["slip"] == ("物业协助单", "莲花站", "有人应答", "link")
