"""Channels from their settings: ``[[channels]] name, kind, url, secret``."""

from __future__ import annotations

from gateway.notify.channel import Channel
from gateway.notify.http import ChannelError
from gateway.notify.webhook import Webhook
from gateway.notify.wecom import WeComRobot

KINDS = ("webhook", "wecom")


def open_channel(*, name: str, kind: str, url: str, secret: str) -> Channel:
    """The channel these settings describe; raises ``ChannelError`` with what to do, without any secret."""
    if kind == "webhook":
        return Webhook(name, url=url, secret=secret)
    if kind == "wecom":
        return WeComRobot(name, url=url, secret=secret)
    raise ChannelError(f"channel {name!r}: kind {kind!r} is unknown; use one of {', '.join(KINDS)}")
