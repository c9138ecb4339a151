"""The words of what is handed in: visit records, denominators, the reports' pages, forms, schedules."""

from __future__ import annotations

from typing import Final

HANDING_WORDS: Final[dict[str, tuple[str, str]]] = {
    # visits
    "visits": ("探访记录", "Visit records"),
    "visits_none": ("还没有探访记录。", "No visits recorded yet."),
    "visit_tick": ("记为探访", "Record as a visit"),
    "visit_record": ("记一次上门探访", "Record a visit"),
    "visit_note": ("备注（可不填）", "Note (optional)"),
    "visit_of_close": ("随警情办结", "with the close of an alert"),
    "visit_of_home": ("上门探访", "visit to the home"),
    "visit_strike": ("划去", "Strike out"),
    "visit_strike_why": ("为什么划去", "Why it is struck out"),
    "visit_why_missing": ("请写一句原因", "Write a reason"),
    "visit_struck": ("{time} 由 {name} 划去，不计入报表", "Struck out by {name} at {time}: not counted"),
    "problem.unknown_visit": ("没有这条探访记录", "There is no such visit record"),
    "did_read_visits": ("查看探访记录", "read visit records"),
    "did_record_visit": ("记上门探访", "recorded a visit"),
    "did_strike_visit": ("划去探访记录", "struck a visit record out"),
}
