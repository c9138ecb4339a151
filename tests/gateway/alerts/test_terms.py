"""The terms are those of docs/术语.md, whole on both sides, and what people read keeps to them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from gateway.accounts.roles import ROLES
from gateway.alerts import lifecycle, terms
from gateway.alerts.message import ABOUTS, AlertMessage, Audience, Words
from gateway.duty.plan import CLASSES
from gateway.notify.outbox import OVER
from gateway.occupancy.fullness import Fullness
from gateway.operations.attending import _STEP
from gateway.web.rooms import ROOMS
from gateway.web.words import WORDS
from rules.modes import KINDS
from rules.rule import SEVERITIES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "术语.md").read_text(encoding="utf-8")
SECTIONS: dict[str, dict[str, Words]] = {
    "程度": terms.SEVERITIES, "类别": terms.CLASSES, "状态": terms.STATES,
    "核实结果": terms.VERDICTS, "处理结果": terms.OUTCOMES,
    "误报原因": terms.REASONS, "电话结果": terms.CALLS, "打给谁": terms.WHOM, "物业回复": terms.DOORS,
    "为什么跳过一级": terms.PASSED, "按钮": terms.ACTS, "经过": terms.STEPS,
}  # fmt: skip


def said(key: str) -> Words:
    """A word of the pages, as a term has it."""
    return {"zh": WORDS[key][0], "en": WORDS[key][1]}


FIELD = """
长者 称呼 警情 疑似跌倒 确认跌倒 久未活动 未归 认知障碍 接警 已出发 已到达 办结 核实结果 上报 转交 交接班 暂缓提醒 次日回访
探访记录 电话问候清单 待认领设备 无法识别的数据 高频误报设备 逐点触发测试 在场人数 核定容量
"""
READ = sorted(
    [
        *(ROOT / "gateway" / "web" / "templates").glob("*.html"),
        *(ROOT / "gateway" / "web" / "static").glob("*.js"),
        *(ROOT / "gateway" / "web" / "words").glob("*.py"),
        *(
            path
            for path in (ROOT / "gateway" / "alerts").glob("*.py")
            if path.name not in {"terms.py", "discretion.py"}
        ),
        *(ROOT / "rules" / "library").glob("*.yaml"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("README*.md"),
    ]
)


# Of the pages: the roles, how full a place is, how a home stands.
OF_PAGES: dict[str, dict[str, Words]] = {
    "角色": {name: {"zh": role.zh, "en": role.en} for name, role in ROLES.items()},
    "空满程度": {key: said(f"facility.full_{key}") for key in get_args(Fullness)},
    "住户状态": {kind: said(f"mode_{kind}") for kind in KINDS},
}


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/术语.md has no section {title}"
    return found[1]


@pytest.mark.parametrize("title", SECTIONS | OF_PAGES)
def test_the_page_has_every_term_and_no_other(title: str) -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| `(\w+)` \|", section(title), re.MULTILINE)
    assert {key: {"zh": zh, "en": en} for zh, en, key in rows} == (SECTIONS | OF_PAGES)[title]
    assert len(rows) == len((SECTIONS | OF_PAGES)[title])


def test_the_rooms_and_the_forms_are_called_as_they_are_here() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| `([\w.]+)` \|", section("页面和表单"), re.MULTILINE)
    assert {key for _, _, key in rows} >= {room.word for room in ROOMS}, "a new room has its line"
    for zh, en, key in rows:
        assert tuple(text.rstrip(":：") for text in WORDS[key]) == (zh, en), key


def test_every_word_of_the_lifecycle_has_a_term() -> None:
    assert tuple(terms.STATES) == lifecycle.STATES
    assert set(terms.VERDICTS) == {*lifecycle.VERDICTS, "cleared", "merged"}
    assert tuple(terms.OUTCOMES) == lifecycle.OUTCOMES
    assert set(terms.REASONS) == {reason for reasons in lifecycle.REASONS.values() for reason in reasons}
    assert tuple(terms.CALLS) == lifecycle.CALLED
    assert tuple(terms.WHOM) == lifecycle.WHOM
    assert set(terms.ACTS) == set(lifecycle.ACTS)
    assert set(terms.CLASSES) == set(CLASSES)
    assert tuple(terms.SEVERITIES) == SEVERITIES[::-1]


def test_every_step_of_an_alerts_history_has_a_term() -> None:
    written = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "gateway" / "operations").glob("*.py")
    )
    kinds = {*_STEP.values(), *re.findall(r'_step\(session, alert, "(\w+)"', written)}
    kinds |= set(re.findall(r'AlertStep\([^)]*kind="(\w+)"', written)) | {"raised", "escalated", "recontact"}
    kinds |= set(re.findall(r'"(no_answer_up|unconfirmed_up|merged_in)"', written))
    kinds |= OVER  # what a channel makes of a message is a step
    assert {"passed", "again", "changed", "ended", "closed"} <= kinds, (
        "the places that write steps are called otherwise"
    )
    assert kinds - set(terms.STEPS) == set()


def test_the_page_has_the_words_of_the_field() -> None:
    for word in FIELD.split():
        assert re.search(rf"^\| {word} \|", PAGE, re.MULTILINE), word


def test_the_console_takes_its_terms_from_here() -> None:
    mine = {*terms.SEVERITIES, *terms.CLASSES, *terms.ACTS, *(f"verdict_{key}" for key in terms.VERDICTS)}
    assert mine & set(WORDS) == set()


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_nothing_people_read_says_what_is_not_said(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "术语.md":
        text = text.replace(section("不这样说"), "")
    assert not [word for word in (*terms.FORBIDDEN, "未落盘") if word in text]


def test_the_page_says_what_is_not_said() -> None:
    rows = dict(re.findall(r"^\| (\S+) \| (\S+) \|", section("不这样说"), re.MULTILINE))
    assert {word: rows.get(word) for word in terms.FORBIDDEN} == terms.FORBIDDEN


def test_the_webhook_page_names_every_field_of_a_message_and_all_it_may_be_about() -> None:
    page = (ROOT / "docs" / "webhook.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(AlertMessage) if f'"{field.name}":' not in page] == []
    assert [about for about in ABOUTS if f"`{about}`" not in page] == []
    assert [audience for audience in get_args(Audience) if f"`{audience}`" not in page] == []
