"""DingTalk custom robot (钉钉自定义机器人), signed: a text message, taken only when the answer's body says errcode 0.

open.dingtalk.com/document/orgapp/custom-robot-access and …/customize-robot-security-settings, read in copies: the pages
themselves could not be read, and nothing was tried against the real service with a robot.
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
from gateway.notify.http import ChannelError, Poster, checked_url, decoded
from gateway.notify.mention import EVERYBODY, Mention
from gateway.notify.words import text_of, urgent, wakes

TEXT_BYTES_MAX = (
    15_000  # the answer to more is 460101 "message too long, exceed 20000 bytes"; JSON needs some of it
)
MESSAGES_A_MINUTE = 20  # a robot's limit
BLOCKED_S = 600.0  # then it is blocked for ten minutes
KEPT_FOR_LIFE_SAFETY = 5
TIMEOUT_S = 4.0

_OUR_MOST = MESSAGES_A_MINUTE - 1  # one is left to somebody who tries the robot by hand
_OUR_WINDOW_MS = 65_000  # what was sent at most a timeout apart from a minute may arrive within one
# 130101 "send too fast, exceed 20 times per minute" in the wild; 410100 in copies of the newer table of codes; 90030 "webhook
# over limit" by report only.
_TOO_FAST = frozenset({130101, 410100, 90030})
_BUSY = -1
_REFUSED_BY_SETTING = (
    310000  # keywords not in content, sign not match, invalid timestamp, ip not in whitelist
)


class _Answer(msgspec.Struct):
    errcode: int


class DingTalkRobot:
    """Sends the alert's sentence, what to do, and the English; where somebody may be in danger the group is mentioned.

    ``url`` is the robot's address with its access_token, ``secret`` what its page shows under 加签.
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
        if not parsed.params.get("access_token"):
            raise ChannelError(
                f"channel {name!r}: url holds no access_token; copy the robot's whole address (Webhook) from its page"
            )
        if not secret:
            raise ChannelError(
                f"channel {name!r}: secret is missing; choose 加签 in the robot's security settings and copy the secret shown"
            )
        self._poster = Poster(str(parsed), timeout_s=timeout_s)
        self._secret = secret
        self._mention = mention
        self._budget = Budget(Window(_OUR_MOST, _OUR_WINDOW_MS, KEPT_FOR_LIFE_SAFETY))
        self._blocked_until_ms = 0
        self._clock_ms, self._now_ms = clock_ms, now_ms

    async def send(
        self,
        message_id: str,  # noqa: ARG002 a robot knows no ids
        message: AlertMessage,
        to: Recipient = GROUP,  # noqa: ARG002 it speaks to its group
    ) -> Receipt:
        """Post once, within the robot's budget; while DingTalk blocks the robot only what is urgent is tried."""
        self._spend(urgent=urgent(message))
        timestamp = str(self._now_ms())
        answer = await self._poster.post(
            msgspec.json.encode(_body(message, self._mention)),
            {},
            {"timestamp": timestamp, "sign": _signature(self._secret, timestamp)},
        )
        errcode = decoded(answer, _Answer, "DingTalk").errcode
        if errcode in _TOO_FAST:
            self._blocked_until_ms = self._clock_ms() + int(BLOCKED_S * 1000)
        _refuse(errcode)
        self._blocked_until_ms = 0
        return Receipt("errcode 0")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()

    def _spend(self, *, urgent: bool) -> None:
        now_ms = self._clock_ms()
        if now_ms < self._blocked_until_ms and not urgent:
            raise Recoverable(
                "DingTalk blocks the robot after too many messages", (self._blocked_until_ms - now_ms) / 1000
            )
        wait_ms = self._budget.take(now_ms, urgent=urgent)
        if wait_ms:
            raise OverBudget(f"over the robot's {MESSAGES_A_MINUTE} messages a minute", wait_ms / 1000)


def _body(message: AlertMessage, mention: Mention) -> dict[str, object]:
    text = text_of(message, TEXT_BYTES_MAX)
    if not wakes(message):
        return {"msgtype": "text", "text": {"content": text}}
    if not mention.everybody:
        # Only who stands in the text as well is mentioned; members read a name there, not the number.
        text += "\n" + " ".join(f"@{one}" for one in (*mention.mobiles, *mention.ids))
    at = {
        "isAtAll": mention.everybody,
        "atMobiles": list(mention.mobiles),
        "atUserIds": list(mention.ids),
    }
    return {"msgtype": "text", "text": {"content": text}, "at": at}


def _signature(secret: str, timestamp: str) -> str:
    """Base64 of the HMAC-SHA256 of ``timestamp``, a newline and the secret, under the secret; percent-encoded later."""
    signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def _refuse(errcode: int) -> None:
    if errcode == 0:
        return
    if errcode in _TOO_FAST:
        raise Recoverable(f"errcode {errcode}: too many messages, blocked for ten minutes", BLOCKED_S)
    if errcode == _BUSY:
        raise Recoverable(f"errcode {errcode}")
    if errcode == _REFUSED_BY_SETTING:
        raise Unrecoverable(
            f"errcode {errcode}: the robot's security settings refuse it; check the secret (加签), this machine's clock, "
            "and that neither keywords nor an IP list are set that do not fit"
        )
    raise Unrecoverable(f"errcode {errcode}: check the robot's address and that it is still in the group")
