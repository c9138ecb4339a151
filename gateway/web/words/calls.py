"""The words of the daily list of calls."""

from __future__ import annotations

from typing import Final

CALL_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_calls": ("电话问候", "Calls"),
    "calls.title": ("电话问候清单", "Calls to make"),
    "calls.hint": ("打个电话问一声，点一下结果。", "Ring and ask; then tap what came of it."),
    "calls.none": ("今天没有要打的电话", "Nobody to ring now"),
    "calls.follow_up": ("次日回访", "Follow-up"),
    "calls.since": ("{time} 起", "since {time}"),
    "calls.ok": ("已联系，平安", "Reached: well"),
    "calls.no_answer": ("未接", "No answer"),
    "calls.help": ("需要上门", "Needs a visit"),
    "calls.tried": ("{time} {name}：{said}", "{time} {name}: {said}"),
    "calls.note_ok": ("电话联系，平安", "Rang: all is well"),
    "calls.note_no_answer": ("次日回访：电话未接", "Follow-up: no answer"),
    "calls.note_help": ("次日回访：需要上门", "Follow-up: needs a visit"),
    "calls.sound": ("开启提示音", "Turn the chime on"),
    "calls.new": ("电话问候清单有新的一项", "Somebody was added to the list of calls"),
    "calls.done": ("已记下：{who}", "Noted: {who}"),
    "calls.n": ("电话问候 {n}", "Calls {n}"),
}
