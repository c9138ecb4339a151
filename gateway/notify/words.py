"""What a chat channel writes: the sentence, what to do, the English, cut at a line where the provider has a limit."""

from __future__ import annotations

from gateway.alerts.message import AlertMessage

CUT = "（以下略，请看值班台 / cut here, see the duty desk）"

_WAKING = frozenset({"alert", "recontact"})  # of message.ABOUTS: somebody has to get up
_AFTERWARDS = frozenset({"outcome", "step", "digest", "test", "report"})


def text_of(message: AlertMessage, bytes_max: int) -> str:
    """Sentence, steps and English, whole lines as far as ``bytes_max`` of UTF-8 reach; what is left out is said.

    Nothing in it is taken for a tag (``<at …>`` mentions in Feishu, ``<a href=…>`` links in WeCom).
    """
    plain = (part.replace("<", "＜").replace(">", "＞") for part in _parts(message))
    lines = [line for part in plain for line in part.splitlines() if line.strip()]
    whole = "\n".join(lines)
    if len(whole.encode()) <= bytes_max:
        return whole
    left = bytes_max - len(CUT.encode())
    text = ""
    for line in lines:
        longer = f"{text}{line}\n"
        if len(longer.encode()) > left:
            break
        text = longer
    return (text or f"{lines[0].encode()[: left - 1].decode(errors='ignore')}\n") + CUT


def wakes(message: AlertMessage) -> bool:
    """Whether a group's members are mentioned: somebody may be in danger and nobody has settled it."""
    return message.kind == "life_safety" and message.about in _WAKING


def urgent(message: AlertMessage) -> bool:
    """Whether it may take what a budget keeps for life safety; how it ended may wait."""
    return message.kind == "life_safety" and message.about not in _AFTERWARDS


def _parts(message: AlertMessage) -> list[str]:
    parts = []
    for language in ("zh", "en"):
        parts.append(message.text.get(language, ""))
        if language == "zh":
            parts.append(message.link)  # before what may be cut
        parts += [f"{number}. {step}" for number, step in enumerate(message.todo.get(language, []), 1)]
    return parts
