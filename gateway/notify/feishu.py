"""Feishu custom robot (飞书自定义机器人), signed: a text message, taken only when the answer's body says code 0.

open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (limits, signature, 9499, 11232, 19021 to 19024). Not tried against
the real service.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from gateway.alerts.message import AlertMessage
from gateway.notify.budget import Budget, Window
from gateway.notify.channel import GROUP, OverBudget, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import Answer, ChannelError, Poster, checked_url, decoded
from gateway.notify.mention import EVERYBODY, Mention
from gateway.notify.words import text_of, urgent, wakes

TEXT_BYTES_MAX = 15_000  # the whole request may have 20 KB
MESSAGES_A_MINUTE = 100
MESSAGES_A_SECOND = 5
KEPT_A_MINUTE = 20  # for life safety
KEPT_A_SECOND = 1
TIMEOUT_S = 4.0

_SLACK_MS = 5_000  # what was sent at most a timeout apart from a minute may arrive within one
_READ = frozenset({400})  # its refusals may come with this status, and say in the body whether they pass
_OF_HOOK = "/open-apis/bot/v2/hook/"
# 11232: over the limit, or the service is under pressure (whole and half hours); 99991400: over a limit, in an answer with
# HTTP 400 or 429 (server-docs/api-call-guide/frequency-control); 2200: internal error, by report only.
_PASSING = frozenset({11232, 99991400, 2200})
_BAD_OR_TOO_MANY = 9499  # "Bad Request" as documented, "too many request" by report
_REMEDIES = {
    19021: "check the signing secret (签名校验) and this machine's clock, which may be an hour off at most",
    19022: "this hub's public address is not on the robot's IP list (IP 白名单)",
    19024: "the robot wants a keyword (自定义关键词) that the message has not; use 签名校验 instead",
}


class _Answer(msgspec.Struct):
    code: int | None = None
    msg: str | None = None
    status_code: int | None = msgspec.field(default=None, name="StatusCode")  # as robots answered formerly


class FeishuRobot:
    """Sends the alert's sentence, what to do, and the English; where somebody may be in danger the group is mentioned.

    ``url`` is the robot's whole address, ``secret`` what its page shows under 签名校验.
    """

    proves = Proof.TAKEN
    personal = False
    gathers = True

    def __init__(
        self,
        name: str,
        *,
        url: str,
        secret: str,
        mention: Mention = EVERYBODY,
        timeout_s: float = TIMEOUT_S,
        clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        parsed = checked_url(f"channel {name!r}", url)
        if not parsed.path.partition(_OF_HOOK)[2]:
            raise ChannelError(
                f"channel {name!r}: url is not a robot's; copy the whole address (Webhook 地址, with {_OF_HOOK}…) from its page"
            )
        if not secret:
            raise ChannelError(
                f"channel {name!r}: secret is missing; turn on 签名校验 in the robot's settings and copy the secret it shows"
            )
        self._poster = Poster(str(parsed), timeout_s=timeout_s, reads=_READ)
        self._secret = secret
        self._mention = mention
        self._budget = Budget(
            Window(MESSAGES_A_SECOND, 1_000, KEPT_A_SECOND),
            Window(MESSAGES_A_MINUTE, 60_000 + _SLACK_MS, KEPT_A_MINUTE),
        )
        self._clock_ms, self._now_ms = clock_ms, now_ms

    async def send(
        self,
        message_id: str,  # noqa: ARG002 a robot knows no ids
        message: AlertMessage,
        to: Recipient = GROUP,  # noqa: ARG002 it speaks to its group
    ) -> Receipt:
        """Post once, within the robot's budget; over it the message is given back at once with the time to wait."""
        wait_ms = self._budget.take(self._clock_ms(), urgent=urgent(message))
        if wait_ms:
            raise OverBudget(
                f"over the robot's {MESSAGES_A_SECOND} messages a second or {MESSAGES_A_MINUTE} a minute",
                wait_ms / 1000,
            )
        timestamp = str(self._now_ms() // 1000)
        body = {
            "timestamp": timestamp,
            "sign": _signature(self._secret, timestamp),
            "msg_type": "text",
            "content": {"text": _text(message, self._mention)},
        }
        _refuse(await self._poster.post(msgspec.json.encode(body), {}))
        return Receipt("code 0")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def _text(message: AlertMessage, mention: Mention) -> str:
    text = text_of(message, TEXT_BYTES_MAX)
    if not wakes(message):
        return text
    if mention.everybody:
        return f'<at user_id="all">所有人</at>\n{text}'
    return "".join(f'<at user_id="{one}"></at>' for one in mention.ids) + f"\n{text}"


def _signature(secret: str, timestamp: str) -> str:
    """Base64 of the HMAC-SHA256 of nothing, under ``timestamp`` (s), a newline and the secret."""
    signed = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def _refuse(answer: Answer) -> None:
    said = decoded(answer, _Answer, "Feishu")
    codes = [code for code in (said.code, said.status_code) if code is not None]
    code = next(filter(None, codes), 0)  # the one that is not 0
    if not codes or (code == 0 and answer.status in _READ):
        raise Recoverable(f"HTTP {answer.status}: the answer is not Feishu's (no code)")
    if code == 0:
        return
    if code in _PASSING or (code == _BAD_OR_TOO_MANY and "too many" in (said.msg or "").lower()):
        raise Recoverable(f"code {code}: too many messages, or the service is busy")
    remedy = _REMEDIES.get(code, "check the robot's address and that it is still in the group")
    raise Unrecoverable(f"code {code}: {remedy}")
