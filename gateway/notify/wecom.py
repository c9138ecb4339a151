"""WeCom group robot (企业微信群机器人): a text message, taken only when the answer's body says errcode 0.

Wire format and limits: developer.work.weixin.qq.com/document/path/91770 and /99398 (消息推送, formerly 群机器人), as users
quote them; codes: /document/path/90455, the table for apps of third parties. Not tried against the real service.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import msgspec

from gateway.alerts.message import AlertMessage
from gateway.notify.budget import Budget, Window
from gateway.notify.channel import GROUP, OverBudget, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError, Poster, checked_url, decoded
from gateway.notify.mention import ALL, EVERYBODY, Mention
from gateway.notify.words import text_of, urgent, wakes

ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
TEXT_BYTES_MAX = 2048  # of a robot's text message, UTF-8
MESSAGES_A_MINUTE = 20  # a robot's limit; beyond it the answer is 45009
KEPT_FOR_LIFE_SAFETY = 5
LIMIT_WAIT_S = 60.0  # blocked for a minute when over a limit a minute (/document/path/90454)
TIMEOUT_S = 4.0

_TOO_MANY = 45009  # api freq out of limit
_PASSING = frozenset({-1, 6000, 45033})  # busy; two at once changed the same; too many at once


class _Answer(msgspec.Struct):
    errcode: int


class WeComRobot:
    """Sends the alert's sentence, what to do, and the English; where somebody may be in danger the group is mentioned.

    ``url`` may hold the key (``…/send?key=…``), or ``secret`` is the key and ``url`` may be left empty.
    """

    proves = Proof.TAKEN
    personal = False
    gathers = True

    def __init__(
        self,
        name: str,
        *,
        url: str = "",
        secret: str = "",
        mention: Mention = EVERYBODY,
        timeout_s: float = TIMEOUT_S,
        clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._poster = Poster(_address(name, url, secret), timeout_s=timeout_s)
        self._mention = mention
        self._budget = Budget(Window(MESSAGES_A_MINUTE, 60_000, KEPT_FOR_LIFE_SAFETY))
        self._clock_ms = clock_ms

    async def send(
        self,
        message_id: str,  # noqa: ARG002 a robot knows no ids
        message: AlertMessage,
        to: Recipient = GROUP,  # noqa: ARG002 it speaks to its group
    ) -> Receipt:
        """Post once, within the robot's budget; over it the message is given back at once with the time to wait."""
        wait_ms = self._budget.take(self._clock_ms(), urgent=urgent(message))
        if wait_ms:
            raise OverBudget(f"over the robot's {MESSAGES_A_MINUTE} messages a minute", wait_ms / 1000)
        content: dict[str, object] = {"content": text_of(message, TEXT_BYTES_MAX)}
        if wakes(message):
            content |= _mentioned(self._mention)
        answer = await self._poster.post(msgspec.json.encode({"msgtype": "text", "text": content}), {})
        errcode = decoded(answer, _Answer, "WeCom").errcode
        if errcode != 0:
            refuse(errcode, "check the robot's key and that it is still in the group")
        return Receipt("errcode 0")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def refuse(errcode: int, remedy: str) -> None:
    """Raise what WeCom's errcode other than 0 means; ``remedy`` where it would be refused again."""
    if errcode == _TOO_MANY:
        raise Recoverable(f"errcode {errcode}: too many messages", LIMIT_WAIT_S)
    if errcode in _PASSING:
        raise Recoverable(f"errcode {errcode}")
    raise Unrecoverable(f"errcode {errcode}: {remedy}")


def _mentioned(mention: Mention) -> dict[str, list[str]]:
    lists = {
        "mentioned_list": [ALL] if mention.everybody else list(mention.ids),
        "mentioned_mobile_list": list(mention.mobiles),
    }
    return {name: entries for name, entries in lists.items() if entries}


def _address(name: str, url: str, secret: str) -> str:
    parsed = checked_url(f"channel {name!r}", url or ADDRESS)
    key = secret or parsed.params.get("key", "")
    if not key:
        raise ChannelError(f"channel {name!r}: the robot's key is missing; put it into 'secret'")
    return str(httpx.URL(parsed, params={"key": key}))
