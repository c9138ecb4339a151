"""Whom a group's robot mentions (@) when somebody may be in danger: everybody, or those the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.notify.http import ChannelError

ALL = "@all"

_MOBILE = re.compile(r"\+?[0-9][0-9-]{4,18}[0-9]")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")  # WeCom and DingTalk userid, Feishu open_id and user_id


@dataclass(frozen=True, slots=True)
class Mention:
    """Everybody, or some by the provider's user id and some by mobile number: personal data, never shown."""

    everybody: bool = True
    ids: tuple[str, ...] = field(default=(), repr=False)
    mobiles: tuple[str, ...] = field(default=(), repr=False)


EVERYBODY = Mention()


def read_mention(name: str, ids: str, mobiles: str = "") -> Mention:
    """The options ``mention`` (user ids, or @all) and ``mention_mobiles`` of channel ``name``, commas between.

    Both empty means everybody. Raises ``ChannelError``, which counts the entry and does not quote it.
    """
    if ids.strip() == ALL or not (ids.strip() or mobiles.strip()):
        if mobiles.strip():
            raise ChannelError(
                f"channel {name!r}: options: mention = {ALL!r} is everybody already; remove mention_mobiles, or mention"
            )
        return EVERYBODY
    return Mention(
        everybody=False,
        ids=_listed(name, "mention", ids, _ID, f"user id; write ids with commas between, or {ALL!r} alone"),
        mobiles=_listed(
            name, "mention_mobiles", mobiles, _MOBILE, "mobile number; write numbers with commas between"
        ),
    )


def _listed(name: str, option: str, value: str, form: re.Pattern[str], wanted: str) -> tuple[str, ...]:
    entries = [entry.strip() for entry in value.replace("，", ",").split(",")] if value.strip() else []
    for number, entry in enumerate(entries, 1):
        if not form.fullmatch(entry):
            raise ChannelError(f"channel {name!r}: options: {option}: entry {number} is no {wanted}")
    return tuple(entries)
