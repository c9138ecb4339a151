"""What people said of their mornings becomes the rules' hours in their homes, until the hub knows their habit itself."""

from __future__ import annotations

import csv
import io
import json

RULES = ("no_morning_activity", "no_activity")  # those that wait for a home's hour before anything is learned
REASON = "入户访谈 · interview"


def homes_yaml(interviews: str) -> str:
    """The file of single homes (``[hub] overrides``) for a CSV of ``home,usual_rise``."""
    entries = [
        {"home": line["home"], "rule": rule, "with": {"from_time": line["usual_rise"]}, "reason": REASON}
        for line in csv.DictReader(io.StringIO(interviews))
        for rule in RULES
    ]
    return "".join(f"- {json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)
