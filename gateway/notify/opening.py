"""Channels from their settings: ``[[channels]] name, kind, url, secret, options``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.notify.channel import Channel
from gateway.notify.http import ChannelError
from gateway.notify.webhook import Webhook
from gateway.notify.wecom import WeComRobot


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A channel's settings. ``options`` are what only its kind needs; any of them may be a secret."""

    name: str
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def only(self, *known: str) -> None:
        """Refuse what the kind does not know; raises ``ChannelError``."""
        for name in self.options:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                remedy = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}"
                raise ChannelError(f"channel {self.name!r}: options: unknown {name!r}; {remedy}")

    def needed(self, name: str, what: str) -> str:
        """An option that must be there; ``what`` says what it is. Raises ``ChannelError``."""
        value = self.options.get(name, "")
        if not value:
            raise ChannelError(f"channel {self.name!r}: options: {name} is missing; give {what}")
        return value


def _webhook(given: Given) -> Channel:
    given.only()
    return Webhook(given.name, url=given.url, secret=given.secret)


def _wecom(given: Given) -> Channel:
    given.only()
    return WeComRobot(given.name, url=given.url, secret=given.secret)


KINDS: dict[str, Callable[[Given], Channel]] = {
    "webhook": _webhook,
    "wecom": _wecom,
}


def open_channel(kind: str, given: Given) -> Channel:
    """The channel these settings describe; raises ``ChannelError`` with what to do, without any secret."""
    if kind not in KINDS:
        raise ChannelError(
            f"channel {given.name!r}: kind {kind!r} is unknown; use one of {', '.join(sorted(KINDS))}"
        )
    return KINDS[kind](given)
