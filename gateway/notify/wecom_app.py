"""WeCom self-built app (企业微信自建应用): a text message to one member, taken only with errcode 0 and nobody invalid.

Sources, developer.work.weixin.qq.com: message/send with its limits and the check for repeats /document/path/90236, gettoken
/document/path/91039, limits /document/path/90454, codes /document/path/90455. Not tried against the real service; a station's
own app has to be tried with the test button.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import msgspec

from gateway.alerts.message import AlertMessage
from gateway.notify.budget import Budget, Window
from gateway.notify.channel import GROUP, OverBudget, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError, Poster, checked_url, decoded
from gateway.notify.wecom import refuse
from gateway.notify.words import text_of, urgent

ADDRESS = "https://qyapi.weixin.qq.com"
TEXT_BYTES_MAX = 2048  # UTF-8; what is longer is cut off by WeCom
# To one member. WeCom drops what is more and still answers errcode 0, so nothing more may ever be tried.
MEMBER_MESSAGES_A_MINUTE = 30
MEMBER_MESSAGES_AN_HOUR = 1_000
KEPT_A_MINUTE = 10  # for life safety
KEPT_AN_HOUR = 200
REPEATS_HELD_S = 1_800  # WeCom's default; 4 h is its most
TIMEOUT_S = 4.0

_SLACK_MS = 5_000  # what was sent at most a timeout apart from a minute may arrive within one
MEMBER_WINDOWS = (
    Window(MEMBER_MESSAGES_A_MINUTE, 60_000 + _SLACK_MS, KEPT_A_MINUTE),
    Window(MEMBER_MESSAGES_AN_HOUR, 3_600_000 + _SLACK_MS, KEPT_AN_HOUR),
)
_TOKEN_ENDS_EARLY_S = 60
_TOKEN_OVER = frozenset({40014, 42001})  # invalid, which may be "withdrawn early"; expired
# 1 to 64 bytes, the first a letter or digit: never "@all", never "one|two".
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_REMEDIES = {
    40056: "check the option agentid",
    60020: "this hub's public address is not among the app's trusted IPs (企业可信IP); add it in the admin console",
    81013: "no such member, or not in the app's visible range (可见范围)",
    301002: "check that agentid and secret are of the same app",  # not found in any table that could be read
}


class _TokenAnswer(msgspec.Struct):
    errcode: int
    access_token: str = ""
    expires_in: int = 7_200


class _Sent(msgspec.Struct):
    errcode: int
    invaliduser: str | None = None
    unlicenseduser: str | None = None


class WeComApp:
    """Sends to the member whose userid is the recipient's address, without links.

    WeCom holds back a repeat of the same request within 30 minutes (``enable_duplicate_check``): a message sent again because
    its answer was lost or the hub was killed arrives once. The text ends with the message's id, so that another message in
    the same words, such as the next rung's to the same person, is no repeat.
    """

    proves = Proof.TAKEN
    personal = True
    gathers = True

    def __init__(
        self,
        name: str,
        *,
        corpid: str,
        agentid: str,
        secret: str,
        url: str = "",
        timeout_s: float = TIMEOUT_S,
        clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        if not secret:
            raise ChannelError(f"channel {name!r}: the app's secret is missing; put it into 'secret'")
        if not (agentid.isascii() and agentid.isdigit()):
            raise ChannelError(f"channel {name!r}: options: agentid is a number, such as '1000002'")
        base = checked_url(f"channel {name!r}", url or ADDRESS)
        at = base.path.rstrip("/") + "/cgi-bin"
        self._poster = Poster(str(base.copy_with(path=f"{at}/message/send", query=None)), timeout_s=timeout_s)
        self._token = AccessToken(
            Poster(str(base.copy_with(path=f"{at}/gettoken", query=None)), timeout_s=timeout_s),
            {"corpid": corpid, "corpsecret": secret},
            clock_ms,
        )
        self._agentid = int(agentid)
        self._timeout_s = timeout_s
        self._clock_ms = clock_ms
        self._members = Budget(*MEMBER_WINDOWS)

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        """Post once within the member's budget, and once more if the token had ended; all of it within the timeout."""
        if not _USERID.fullmatch(to.address):
            raise Unrecoverable(
                "the person's address is no WeCom userid (账号, as the admin console shows it)"
            )
        body = self._body(message_id, message, to.address)
        try:
            async with asyncio.timeout(self._timeout_s):
                token = await self._token.valid()
                self._spend(to.address, urgent=urgent(message))
                sent = await self._post(body, token)
                if sent.errcode in _TOKEN_OVER:
                    self._token.forget(token)
                    sent = await self._post(body, await self._token.valid())
        except TimeoutError:
            raise Recoverable(f"no answer within {self._timeout_s:g} s") from None
        return _receipt(sent)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()
        await self._token.aclose()

    def _body(self, message_id: str, message: AlertMessage, userid: str) -> bytes:
        tag = f"\n消息 {message_id[:8]}"
        text = text_of(message, TEXT_BYTES_MAX - len(tag.encode()))
        return msgspec.json.encode(
            {
                "touser": userid,
                "msgtype": "text",
                "agentid": self._agentid,
                "text": {"content": text + tag},
                "enable_duplicate_check": 1,
                "duplicate_check_interval": REPEATS_HELD_S,
            }
        )

    def _spend(self, userid: str, *, urgent: bool) -> None:
        member = userid.lower()  # WeCom does not tell its case apart
        wait_ms = self._members.take(self._clock_ms(), urgent=urgent, whom=member)
        if wait_ms:
            raise OverBudget(
                f"over the {MEMBER_MESSAGES_A_MINUTE} messages a minute or {MEMBER_MESSAGES_AN_HOUR} an hour to one member",
                wait_ms / 1000,
            )

    async def _post(self, body: bytes, token: str) -> _Sent:
        return decoded(await self._poster.post(body, {}, {"access_token": token}), _Sent, "WeCom")


class AccessToken:
    """The app's access token, fetched when there is none or its time is over, by one caller at a time."""

    def __init__(self, poster: Poster, credentials: dict[str, str], clock_ms: Callable[[], int]) -> None:
        self._poster = poster
        self._credentials = credentials
        self._clock_ms = clock_ms
        self._one_at_a_time = asyncio.Lock()
        self._value = ""
        self._until_ms = 0

    async def valid(self) -> str:
        """The token; raises ``Recoverable`` or ``Unrecoverable``."""
        async with self._one_at_a_time:
            if not self._value or self._clock_ms() >= self._until_ms:
                await self._fetch()
            return self._value

    def forget(self, value: str) -> None:
        """It was refused; a newer one that somebody has fetched meanwhile is kept."""
        if self._value == value:
            self._value = ""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()

    async def _fetch(self) -> None:
        answer = decoded(await self._poster.get(self._credentials), _TokenAnswer, "WeCom")
        if answer.errcode != 0:
            refuse(answer.errcode, _REMEDIES.get(answer.errcode, "no token; check corpid and secret"))
        if not answer.access_token:
            raise Recoverable("the answer is not WeCom's (no access_token)")
        self._value = answer.access_token
        self._until_ms = self._clock_ms() + max(0, answer.expires_in - _TOKEN_ENDS_EARLY_S) * 1000


def _receipt(sent: _Sent) -> Receipt:
    if sent.errcode in _TOKEN_OVER:
        raise Recoverable(f"errcode {sent.errcode}: a new token is refused as well")
    if sent.errcode != 0:
        refuse(sent.errcode, _REMEDIES.get(sent.errcode, "check the app in the admin console"))
    if sent.invaliduser:
        raise Unrecoverable(
            "errcode 0 with invaliduser: no such member, or not in the app's visible range (可见范围)"
        )
    if sent.unlicenseduser:
        raise Unrecoverable(
            "errcode 0 with unlicenseduser: the member has no licence for the interface (基础接口许可)"
        )
    return Receipt("errcode 0")
