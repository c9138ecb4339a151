"""The words of the desk's keys, and of merging alerts."""

from __future__ import annotations

from typing import Final

KEY_WORDS: Final[dict[str, tuple[str, str]]] = {
    "keys.title": ("键盘", "Keys"),
    "keys.number": ("到第几张卡片", "To that card"),
    "keys.next": ("下一张 / 上一张", "Next / previous card"),
    "keys.accept": ("接警：选中的那张", "Accept the card you are on"),
    "keys.help": ("显示这些按键", "Show these keys"),
    "merge_into_which": ("并入哪一条", "Into which alert"),
    "merge_missing": ("请点一条警情", "Tap an alert"),
}
