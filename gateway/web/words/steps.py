"""The words of the page on which a station writes the steps of its cards."""

from __future__ import annotations

from typing import Final

STEP_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_steps": ("处置步骤", "Steps on cards"),
    "steps.hint": (
        "接警后的卡片上“怎么做”写什么。规则自带一套，各站可以写自己的，最多五步。",
        "What “What to do” says on a card in hand. Each rule has its own; a station may write its own, five at most.",
    ),
    "steps.messages": (
        "短信和群消息仍用规则自带的步骤。",
        "Messages keep the steps of the rule.",
    ),
    "steps.own": ("已改", "changed"),
    "steps.of_rule": ("规则自带的步骤", "The rule's own steps"),
    "steps.write": ("写本站的步骤", "Write your own"),
    "steps.where": ("用在哪里", "Where they hold"),
    "steps.choose": ("换到这里", "Take this part"),
    "steps.everywhere": ("全部", "everywhere"),
    "steps.in_zh": ("中文，一行一步", "Chinese, a step a line"),
    "steps.in_en": ("英文（可不填），一行一步", "English (optional), a step a line"),
    "steps.save": ("保存", "Save"),
    "steps.saved": ("已保存，卡片上马上生效。", "Saved; cards show it at once."),
    "steps.reset": ("恢复规则自带的步骤", "Back to the rule's own"),
    "steps.wrong": (
        "至少写一步中文，最多 {steps} 步，每步不超过 {n} 个字。",
        "One step in Chinese at least, {steps} at most, of up to {n} characters.",
    ),
    "steps.not_there": ("请选一个您负责的范围", "Choose a part that is yours"),
    "steps.history": ("谁改过", "Who changed what"),
    "steps.changed_by": ("{name} {time} · {part}", "{name}, {time} · {part}"),
    "steps.back": ("全部规则", "All rules"),
}
