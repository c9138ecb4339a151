"""Examples of what the API says of reports: October of one community's station."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gateway.reports.document import Column, Figure, Report, Section, Table

COMMUNITY: Final = "福田区/莲花街道/莲花社区"
BEGIN, END = 1_790_784_000_000, 1_793_462_400_000  # October 2026 in Shanghai
AT: Final = END + 28_800_000
_DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_ID: Final = "5d41402abc4b2a76b9719d911017c592"
_RAISED: Final = Figure(
    key="alerts.life_safety", label={"zh": "生命安全警情", "en": "Life-safety alerts"}, value=19, before=23,
    unit={"zh": "条", "en": ""}, definition={"zh": "本期发生的警情", "en": "Alerts raised in the period"},
)  # fmt: skip
_REPORT: Final = Report(
    kind="station", period="2026-10", begin=BEGIN, end=END, until=END, zone="Asia/Shanghai", at=COMMUNITY, place="",
    subject="莲花社区长者服务站", title={"zh": "服务站月报", "en": "Station, month"}, figures={_RAISED.key: _RAISED},
    sections=(
        Section(
            key="alerts", title={"zh": "警情", "en": "Alerts"}, figures=(_RAISED.key,),
            tables=(
                Table(
                    key="listed", title={"zh": "生命安全警情清单", "en": "Life-safety alerts"},
                    columns=(Column(label={"zh": "编号", "en": "Number"}),), rows=((417,),),
                ),
            ),
        ),
    ),
)  # fmt: skip
_SIGNED: Final = {
    "step": "made",
    "at": AT,
    "by": "李敏",
    "by_id": 1,
    "files": {"report.xlsx": _DIGEST},
    "note": "",
}
_FILED: Final = {
    "kind": "station", "at": COMMUNITY, "facility": "", "subject": "莲花社区长者服务站", "id": _ID, "period": "2026-10",
    "language": "zh", "until": END, "state": "made", "document": _DIGEST, "files": {"report.xlsx": _DIGEST},
    "signatures": [_SIGNED],
}  # fmt: skip
_SCHEDULE: Final = {
    "kind": "station", "at": COMMUNITY, "facility": "", "subject": "莲花社区长者服务站", "id": _ID, "every": "month", "day": 1,
    "hour": 6, "formats": ["xlsx", "pdf"], "language": "zh", "channel": "值班群", "person": "", "since": BEGIN,
    "by": "王芳", "runs": [],
}  # fmt: skip
_FORM: Final = {
    "kind": "station", "at": COMMUNITY, "facility": "", "subject": "莲花社区长者服务站", "id": _ID, "name": "街道月报",
    "daily": False, "file": _DIGEST, "mapping": {"月报!C5": _RAISED.key}, "version": 2, "made_at": BEGIN, "by": "王芳",
    "mapped_at": AT, "mapped_by": "王芳",
}  # fmt: skip
_DENOMINATOR: Final = {
    "indicator": "elders_60", "at": COMMUNITY, "value": 1240, "source": "2025年社区人口台账", "as_of": "2025-12-31",
    "by": "赵琳", "set_at": AT,
}  # fmt: skip
REPORTS: Final[dict[str, Any]] = {
    "Subjects": {
        "stations": [COMMUNITY],
        "facilities": [{"id": "F02", "name": "长者食堂", "path": f"{COMMUNITY}/莲花二村"}],
        "areas": ["福田区", "福田区/莲花街道", COMMUNITY],
    },
    "Report": msgspec.json.decode(msgspec.json.encode(_REPORT)),
    "FiledPage": {"reports": [_FILED], "next": f"{END}.{_ID}"},
    "FiledView": _FILED,
    "Comparison": {
        "same": False,
        "figures": [{"key": _RAISED.key, "label": _RAISED.label, "before": False, "then": 19, "now": 20}],
        "elsewhere": True,
    },
    "ScheduleList": {"schedules": [_SCHEDULE]},
    "ScheduleView": _SCHEDULE,
    "FormList": {"forms": [_FORM]},
    "FormView": _FORM,
    "FormSheets": {"form": _FORM, "sheets": [{"sheet": "月报", "columns": ["A"], "rows": [], "more": False}]},
    "FigureList": {
        "figures": [
            {
                "key": _RAISED.key, "label": _RAISED.label, "value": _RAISED.value, "unit": _RAISED.unit,
                "definition": _RAISED.definition,
            }
        ]
    },
    "DenominatorList": {"denominators": [_DENOMINATOR], "entries": [_DENOMINATOR | {"id": 7}]},
    "EntryView": _DENOMINATOR | {"id": 7},
}  # fmt: skip
