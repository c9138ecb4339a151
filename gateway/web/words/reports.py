"""The words of the routes that give reports."""

from __future__ import annotations

from typing import Final

REPORT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "problem.busy_reports": (
        "另一份报表正在生成，请稍后再试",
        "Another report is being made; ask again later",
    ),
    "problem.unknown_part": (
        "没有这个区域，或不在您的权限范围内；社区站点写作 区/街道/社区",
        "There is no such part of the tree within your reach; a station is district/street/community",
    ),
}
