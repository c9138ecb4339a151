"""Signed webhook: the alert as JSON to an address of the user's; see docs/webhook.md for the receiving side."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from gateway.alerts.message import AlertMessage
from gateway.notify.channel import GROUP, Proof, Receipt, Recipient
from gateway.notify.http import ChannelError, Poster, checked_url

SECRET_CHARACTERS_MIN = 16
TIMEOUT_S = 4.0


class Webhook:
    """Posts each message with its id, a timestamp (epoch ms) and an HMAC-SHA256 signature; 2xx means delivered."""

    proves = Proof.REACHED  # the system it was meant for says so itself
    personal = False
    gathers = False

    def __init__(
        self,
        name: str,
        *,
        url: str,
        secret: str,
        timeout_s: float = TIMEOUT_S,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        if len(secret) < SECRET_CHARACTERS_MIN:
            raise ChannelError(
                f"channel {name!r}: secret needs at least {SECRET_CHARACTERS_MIN} characters, for every message is signed; "
                "make one with: openssl rand -hex 32"
            )
        self._poster = Poster(str(checked_url(f"channel {name!r}", url)), timeout_s=timeout_s)
        self._secret = secret.encode()
        self._now_ms = now_ms

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:  # noqa: ARG002 one system
        """Post once; however often it is sent, a message keeps its id."""
        body = body_of(message_id, message)
        timestamp = str(self._now_ms())
        answer = await self._poster.post(
            body,
            {
                "X-Carehub-Id": message_id,
                "X-Carehub-Timestamp": timestamp,
                "X-Carehub-Signature": signature(self._secret, timestamp, body),
            },
        )
        return Receipt(f"HTTP {answer.status}")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def body_of(message_id: str, message: AlertMessage) -> bytes:
    """The JSON body: the message's own fields under ``alert``, beside ``type`` and ``message_id``."""
    kind = f"alert.{message.about}"
    if message.step is not None:
        kind = f"alert.{message.step.kind}"
    elif message.about == "alert":
        kind = "alert.escalated" if message.rung else "alert.raised"
    return msgspec.json.encode({"type": kind, "message_id": message_id, "alert": message})


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """``v1=`` and the hex HMAC-SHA256 of ``timestamp.body``."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
