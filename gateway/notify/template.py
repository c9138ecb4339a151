"""The variables of approved message templates, filled from an alert's words.

Mainland carriers pass fixed, reviewed texts with short variables only: at most 35 characters each, no link, no mobile number
and no 【】 (Alibaba Cloud, 通知短信模板规范 help.aliyun.com/document_detail/463270 and, for the 35, /3041859; for calls
语音模板规范 /414170, which also forbids ``# / : - %``). What goes out is taken from the one sentence that is fit for outside
channels, so the policy of how closely a place may be named holds here as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gateway.alerts.discretion import without_numbers
from gateway.alerts.message import AlertMessage
from gateway.alerts.terms import SEVERITIES

VARIABLE_CHARACTERS_MAX = 35
VARIABLES = ("severity", "kind", "place", "seen", "number", "todo", "said", "rest")

# What templates are for, and the variables each holds unless the settings say otherwise: the count has to match.
HELD = {
    "alert": ("severity", "kind", "place", "seen", "number"),
    "family": ("severity", "kind", "place", "seen", "number"),
    "recontact": ("number", "kind", "place", "seen"),
    "outcome": ("number", "place", "seen"),
    "slip": ("place", "seen", "todo", "number"),
    "digest": ("said", "rest"),
    "test": (),
}

# The forms of the one sentence (gateway/alerts: words, handled, family, slip), the more particular first.
_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        r"办结：(?P<kind>[^。]+)。(?P<place>[^，。]+)，[^。]*办结：(?P<seen>[^。]+)(?:。.*)?",
        r"物业协助：(?P<place>[^，。]+)，(?P<seen>[^。]+)。(?P<todo>[^。]+)。.*",
        r"关于(?P<place>[^：。]+)：(?P<seen>[^。]+)(?:。.*)?",
        r"(?P<severity>[^：。]+)：(?P<kind>[^。]+)。(?P<seen>\d{1,2}:\d{2}，[^。]+)。.*",
        r"(?P<severity>[^：。]+)：(?P<kind>[^。]+)。(?P<place>[^，。]+)，(?P<seen>[^。]+)。.*",
    )
)
_LINK = re.compile(
    r"(?:https?|www\.)[^\s，。；]*|\b[\w-]+\.(?:com|cn|net|org|io)\b[^\s，。；]*", re.IGNORECASE
)
_UNFIT = re.compile(r"[【】〖〗『』「」\[\]{}<>$#\\^`|~★※→•①-⑳\n\r\t…]")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_BETWEEN = re.compile(r"(?<=\w)[-–/](?=\w)")
_UNSPOKEN = re.compile(r"[#/:%¥–-]")
_ENDS = "，、；（ "


def purpose_of(message: AlertMessage) -> str:
    """Which template it goes out in: one of ``HELD``, or a word that is none of them."""
    if message.about == "outcome":
        return "outcome"
    if message.audience == "guard":
        return "slip"
    if message.audience == "family" and message.about in {"alert", "recontact"}:
        return "family"
    return message.about


def variables_of(message: AlertMessage, names: Iterable[str], write: Callable[[str], str]) -> dict[str, str]:
    """The values of these variables, each made fit by ``write`` and at most 35 characters, never empty."""
    return {name: _fit(name, value, write) for name, value in _words(message).items() if name in set(names)}


def written(text: str) -> str:
    """A text as it may stand in a short message. What goes leaves a blank, so that nothing new is made of what is beside it."""
    clean = _LINK.sub(" ", _UNFIT.sub("", text))
    return re.sub(" {2,}", " ", without_numbers(clean).replace("…", " ")).strip()


def spoken(text: str) -> str:
    """A text as it may be read out: 14:03 becomes 14点03分, 93% 百分之93, 12-3-1201 12杠3杠1201."""
    said = _PERCENT.sub(r"百分之\1", _CLOCK.sub(r"\1点\2分", written(text)))
    return re.sub(" {2,}", " ", _UNSPOKEN.sub(" ", _BETWEEN.sub("杠", said))).strip()


def _words(message: AlertMessage) -> dict[str, str]:
    text = message.text.get("zh", "")
    steps = message.todo.get("zh", [])
    severity = SEVERITIES.get(message.severity, {"zh": message.severity})["zh"]
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    told = found.groupdict() if found else {}
    return {
        # With the marks of the sentence, such as 紧急（第1次上报） and 疑似跌倒（未存档）.
        "severity": told.get("severity", severity),
        "kind": told.get("kind", message.title.get("zh", "")),
        # Of a sentence of another form nothing is guessed: where it is may be said by policy only.
        "place": told.get("place", "见值班台"),
        "seen": told.get("seen", "详见值班台"),
        "number": f"{message.number:04d}" if message.number else "未编号",
        "todo": told.get("todo", steps[0] if steps else "请按预案处置"),
        "said": text,
        "rest": text,
    }


def _fit(name: str, value: str, write: Callable[[str], str]) -> str:
    fit = write(value)
    if name == "rest":
        fit = fit[len(_beginning_of(fit)) :].strip(_ENDS + "。")
    if len(fit) > VARIABLE_CHARACTERS_MAX:
        fit = _end_of(fit) if name == "place" else _beginning_of(fit)
    return fit or "无"


def _end_of(text: str) -> str:
    """Building, door and whose it is stand at the end of a place."""
    return text[-VARIABLE_CHARACTERS_MAX:].lstrip(_ENDS)


def _beginning_of(text: str) -> str:
    """As far as a clause ends, if that is not too early; otherwise 35 characters."""
    if len(text) <= VARIABLE_CHARACTERS_MAX:
        return text
    cut = text[:VARIABLE_CHARACTERS_MAX]
    end = max(cut.rfind(mark) for mark in "，。；")
    return cut[:end] if end >= VARIABLE_CHARACTERS_MAX // 2 else cut.rstrip(_ENDS)
