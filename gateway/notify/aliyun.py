"""Alibaba Cloud as telephone provider: short messages (dysmsapi) and calls (dyvmsapi), signed by ourselves.

Signature ACS3-HMAC-SHA256: 阿里云 SDK, V3版本请求体&签名机制 (help.aliyun.com/zh/sdk/product-overview/, page
v3-request-structure-and-signature), whose worked example the tests hold. Both services are of the RPC kind: parameters in the
query, path ``/``, version 2017-05-25; ``Code`` in the body decides, whatever the HTTP status.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, urlsplit

import msgspec

from gateway.notify.channel import NotForChannel, OverBudget, Recoverable, Unrecoverable
from gateway.notify.http import Poster, checked_url

VERSION = "2017-05-25"
TIMEOUT_S = 4.0
MINUTE_WAIT_S = 60.0
LONG_WAIT_S = 300.0  # hourly and daily limits, an empty account: the sender asks again at most this seldom
BEIJING = timezone(timedelta(hours=8))  # days are counted there, and there is no summer time

_ANY_STATUS = frozenset(range(300, 600))  # the reason stands in the body
_CODE_SHOWN = re.compile(r"[\w.]{1,64}", re.ASCII)
_LIMITED = "isv.BUSINESS_LIMIT_CONTROL"

# help.aliyun.com/document_detail/101346 (short messages), /178344 (calls).
_WAIT = {
    "isv.DAY_LIMIT_CONTROL": "the day's limit set in the console is reached; raise it there",
    "isv.MONTH_LIMIT_CONTROL": "the month's limit set in the console is reached; raise it there",
    "isv.AMOUNT_NOT_ENOUGH": "the account is empty; top it up",
    "isv.OUT_OF_SERVICE": "the account is suspended; top it up",
    "isv.ACCOUNT_ABNORMAL": "the account is in arrears or disturbed",
    "InvalidTimeStamp.Expired": "this machine's clock is wrong; set it",
    "IllegalTimestamp": "this machine's clock is wrong; set it",
}
_REMEDY = (
    (("TEMPLATE", "TTS", "PARAM", "JSON", "VOICE_FILE"), "check the template's code, its review and its variables"),
    (("SIGN_", "SMS_SIGN"), "check sign_name, its review and its real-name filing"),
    (("DISPLAY", "BILLID"), "check show_number"),
    (("BLACK", "CONTENT", "COMPLAINT"), "the provider does not let the words or this number through"),
    (("RAM", "Forbidden", "NoPermission"), "give the key's RAM user the right to this service"),
    (("AccessKey", "SignatureDoesNotMatch", "ACCOUNT"), "check access_key_id and secret"),
    (("SUBSC", "DENY_IP"), "open the service in the console, for this machine's address"),
)  # fmt: skip
_PASSING = ("isp.", "Throttling", "ServiceUnavailable", "InternalError", "SignatureNonceUsed")


class Answered(msgspec.Struct, rename="pascal"):
    """What every answer holds."""

    code: str = ""
    message: str = ""


class Aliyun:
    """One service of Alibaba Cloud under one access key; ``url`` is its endpoint."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        access_key_id: str,
        secret: str,
        timeout_s: float = TIMEOUT_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        checked = checked_url(f"channel {name!r}", url)
        self._host = urlsplit(str(checked)).netloc
        self._poster = Poster(
            str(checked.copy_with(path="/", query=None)), timeout_s=timeout_s, reads=_ANY_STATUS
        )
        self._access_key_id, self._secret = access_key_id, secret.encode()
        self._now = now

    def today(self) -> str:
        """The day in Beijing, yyyymmdd."""
        return datetime.fromtimestamp(self._now(), BEIJING).strftime("%Y%m%d")

    async def call(self, action: str, parameters: Mapping[str, str]) -> bytes:
        """The body of an answer that says ``OK``; raises ``Recoverable`` or ``Unrecoverable``, never with what was sent."""
        query = canonical_query(parameters)
        headers = signed_headers(
            query,
            {
                "content-type": "application/x-www-form-urlencoded",
                "host": self._host,
                "x-acs-action": action,
                "x-acs-date": datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "x-acs-signature-nonce": secrets.token_hex(16),
                "x-acs-version": VERSION,
            },
            access_key_id=self._access_key_id,
            secret=self._secret,
        )
        answer = await self._poster.ask(query, headers)
        try:
            answered = msgspec.json.decode(answer.body, type=Answered)
        except msgspec.DecodeError:
            answered = Answered()
        if not answered.code:
            # A portal or proxy in between answers with a page of its own: that may pass.
            raise Recoverable(f"HTTP {answer.status}: the answer is not Alibaba Cloud's (no Code)")
        _refuse(answered, answer.status)
        return answer.body

    async def aclose(self) -> None:
        """Close the connections."""
        await self._poster.aclose()


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Parameters by name, each percent-encoded as RFC 3986 has it."""
    return "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))


def signed_headers(
    query: str, headers: Mapping[str, str], *, access_key_id: str, secret: bytes
) -> dict[str, str]:
    """The headers of a POST to ``/`` without a body, with the body's hash and ``Authorization``; names in lower case."""
    given = {**headers, "x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}
    names = ";".join(sorted(given))
    lines = "".join(f"{name}:{given[name].strip()}\n" for name in sorted(given))
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{given['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={access_key_id},SignedHeaders={names},Signature={signature}"
    return {**given, "Authorization": f"ACS3-HMAC-SHA256 {credential}"}


def shown(code: str) -> str:
    """A code fit for a log: its message is not, for it may quote a number."""
    return code if _CODE_SHOWN.fullmatch(code) else "an unreadable code"


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _refuse(answered: Answered, status: int) -> None:
    code = answered.code
    if code == "OK":
        return
    told = shown(code)
    if code == _LIMITED:
        # 触发分钟级流控Permits:1, 触发小时级流控Permits:5, 触发天级流控Permits:10
        wait_s = MINUTE_WAIT_S if "分钟" in answered.message else LONG_WAIT_S
        raise OverBudget(f"{told}: over the provider's limit for one number", wait_s)
    if code in _WAIT:
        raise Recoverable(f"{told}: {_WAIT[code]}", LONG_WAIT_S)
    if code.startswith(_PASSING) and "RAM" not in code:
        raise Recoverable(told)
    if "MOBILE" in code or "PHONE" in code:
        raise NotForChannel(f"{told}: the person's number is not accepted")
    for marks, remedy in _REMEDY:
        if any(mark in code for mark in marks):
            raise Unrecoverable(f"{told}: {remedy}")
    if status >= 500:  # noqa: PLR2004 a fault of theirs
        raise Recoverable(told)
    raise Unrecoverable(f"{told}: see the provider's list of error codes")
