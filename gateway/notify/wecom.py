"""WeCom group robot (企业微信群机器人): a text message, taken only when the answer's body says errcode 0."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import msgspec

from gateway.alerts.message import AlertMessage
from gateway.notify.budget import Budget
from gateway.notify.channel import GROUP, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError, Poster, checked_url

ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
TEXT_BYTES_MAX = 2048  # of a robot's text message, UTF-8
MESSAGES_A_MINUTE = 20  # a robot's limit; beyond it the answer is 45009
KEPT_FOR_LIFE_SAFETY = 5
LIMIT_WAIT_S = 60.0
TIMEOUT_S = 4.0

_TOO_MANY = 45009  # api freq out of limit
_PASSING = frozenset({-1, 45033})  # busy; too many at once


class _Answer(msgspec.Struct):
    errcode: int


class WeComRobot:
    """Sends the alert's sentence, what to do, and the English; a life-safety alert mentions everybody in the group.

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
        timeout_s: float = TIMEOUT_S,
        clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._poster = Poster(_address(name, url, secret), timeout_s=timeout_s)
        self._budget = Budget(most=MESSAGES_A_MINUTE, window_ms=60_000, reserve=KEPT_FOR_LIFE_SAFETY)
        self._clock_ms = clock_ms

    async def send(
        self,
        message_id: str,  # noqa: ARG002 a robot knows no ids
        message: AlertMessage,
        to: Recipient = GROUP,  # noqa: ARG002 it speaks to its group
    ) -> Receipt:
        """Post once, within the robot's budget; over it the message is given back at once with the time to wait."""
        life_safety = message.kind == "life_safety"
        wait_ms = self._budget.take(self._clock_ms(), urgent=life_safety)
        if wait_ms:
            raise Recoverable(f"over the robot's {MESSAGES_A_MINUTE} messages a minute", wait_ms / 1000)
        content: dict[str, object] = {"content": text_of(message)}
        if life_safety:
            content["mentioned_list"] = ["@all"]
        answer = await self._poster.post(msgspec.json.encode({"msgtype": "text", "text": content}), {})
        try:
            errcode = msgspec.json.decode(answer.body, type=_Answer).errcode
        except msgspec.DecodeError:
            # A portal or proxy in between answers 200 with a page of its own: that may pass.
            raise Recoverable("the answer is not WeCom's (no errcode)") from None
        _refuse(errcode)
        return Receipt("errcode 0")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def text_of(message: AlertMessage) -> str:
    """Sentence, steps and English, whole lines as far as 2048 bytes of UTF-8 reach."""
    steps = [f"{number}. {step}" for number, step in enumerate(message.todo.get("zh", []), 1)]
    lines = [message.text.get("zh", ""), *steps, message.text.get("en", "")]
    english = message.todo.get("en", [])
    lines += [f"{number}. {step}" for number, step in enumerate(english, 1)]
    text = ""
    for line in filter(None, lines):
        longer = f"{text}\n{line}" if text else line
        if len(longer.encode()) > TEXT_BYTES_MAX:
            break
        text = longer
    return text or lines[0].encode()[:TEXT_BYTES_MAX].decode(errors="ignore")


def _refuse(errcode: int) -> None:
    if errcode == 0:
        return
    if errcode == _TOO_MANY:
        raise Recoverable(f"errcode {errcode}: too many messages", LIMIT_WAIT_S)
    if errcode in _PASSING:
        raise Recoverable(f"errcode {errcode}")
    raise Unrecoverable(f"errcode {errcode}: check the robot's key and that it is still in the group")


def _address(name: str, url: str, secret: str) -> str:
    parsed = checked_url(f"channel {name!r}", url or ADDRESS)
    key = secret or parsed.params.get("key", "")
    if not key:
        raise ChannelError(f"channel {name!r}: the robot's key is missing; put it into 'secret'")
    return str(httpx.URL(parsed, params={"key": key}))
