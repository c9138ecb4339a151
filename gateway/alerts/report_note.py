"""The note that a report was made and waits to be checked: which one and where to look, and nothing of what is in it."""

from __future__ import annotations

from typing import Final

from gateway.alerts.message import AlertMessage, Words
from gateway.alerts.own import HUB_NAME

KINDS: Final[dict[str, Words]] = {
    "station": {"zh": "服务站报表", "en": "station report"},
    "facility": {"zh": "场所使用报表", "en": "facility report"},
    "area": {"zh": "片区报表", "en": "area report"},
}
SUBJECT_CHARS_MAX: Final = 16


def compose_report_note(
    report_id: str, *, kind: str, period: str, subject: str, at_ms: int, link: str
) -> AlertMessage:
    """Say it; the Chinese sentence fits a short message."""
    words = KINDS[kind]
    of = subject if len(subject) <= SUBJECT_CHARS_MAX else subject[: SUBJECT_CHARS_MAX - 1] + "…"
    zh, en = (
        f"{of} {period} {words['zh']}已生成，请审核",
        f"The {words['en']} of {of} for {period} is made: please check it",
    )
    return AlertMessage(
        id=report_id,
        number=0,
        rule="",
        kind="device",
        severity="notice",
        title={"zh": "报表待审核", "en": "A report to be checked"},
        why={"zh": zh, "en": en},
        todo={"zh": ["在报表页审核、上报"], "en": ["Check it on the reports page, then hand it in"]},
        who=HUB_NAME,
        where=HUB_NAME,
        text={"zh": f"{zh}。", "en": f"{en}."},
        raised_at=at_ms,
        active_at=at_ms,
        rung=0,
        recorded=True,
        late_ms=0,
        about="report",
        link=link,
    )
