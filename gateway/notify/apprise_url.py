"""E-mail and the long tail, through the Apprise library: one URL of its kind says where to.

Apprise says yes or no, and for some services yes where the service said no in the body of its answer: what it sends is sent,
unconfirmed. The services it was seen to do so for have kinds of our own here, and are refused.
"""

from __future__ import annotations

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from urllib.parse import quote

import apprise

from gateway.alerts.message import AlertMessage
from gateway.alerts.terms import SEVERITIES
from gateway.notify.channel import GROUP, NotForChannel, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.http import ChannelError
from gateway.notify.words import text_of

TIMEOUT_S = 4.0
AT_ONCE_MAX = 4
TEXT_BYTES_MAX = 20_000  # our own limit; Apprise cuts where a service takes less
ADDRESS_MARK = "{address}"

_OWN_KINDS = {"wecombot": "wecom", "dingtalk": "dingtalk", "feishu": "feishu", "lark": "feishu"}
_SAMPLES = ("name@example.org", "13800138000", "sample")
# 5xx of an SMTP server, as smtplib tells it: (550, b'no such user').
_SMTP_REFUSED = re.compile(r"\(5\d\d, b?['\"]")


class AppriseUrl:
    """Sends title and text to an Apprise URL; with ``{address}`` in it, to each person's own address."""

    proves = Proof.TAKEN

    def __init__(self, name: str, *, url: str, personal: bool = False, timeout_s: float = TIMEOUT_S) -> None:
        _silence()
        if personal != (ADDRESS_MARK in url):
            raise ChannelError(
                f'channel {name!r}: {ADDRESS_MARK} in url and the option personal = "yes" go together'
            )
        _check(name, url)
        self._url = url
        self.personal = personal
        self.gathers = True
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE_MAX, thread_name_prefix="apprise")

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        """Send once, in a thread; one that hangs is left to itself after the time is up."""
        if self.personal and not to.address:
            raise NotForChannel("the person has no address for this channel; enter it where people are kept")
        url = self._url.replace(ADDRESS_MARK, quote(to.address, safe=""))
        title, body = title_of(message), body_of(message_id, message)
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.get_running_loop().run_in_executor(self._threads, self._send, url, title, body)
        except TimeoutError:
            raise Recoverable(f"not sent within {self._timeout_s:g} s") from None
        return Receipt("已发出，未证实 / sent, unconfirmed")

    async def aclose(self) -> None:
        """Wait for nothing: what still hangs ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, url: str, title: str, body: str) -> None:
        service = _instance(url)
        if service is None:
            raise NotForChannel("the URL cannot be used with this person's address; correct one of the two")
        # A server that does not answer must not hold its thread for Apprise's usual 15 s.
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout_s
        sender = apprise.Apprise(asset=service.asset)
        sender.add(service)
        refusals: list[str] = []
        _REFUSALS.set(refusals)
        if sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT.value):
            return
        if refusals:
            raise Unrecoverable("the mail server refused for good (5xx); check address, sender and account")
        raise Recoverable("Apprise could not send")


def title_of(message: AlertMessage) -> str:
    """Class, kind and number: 紧急 疑似跌倒 警情0417 / Critical: Possible fall."""
    severity = SEVERITIES.get(message.severity, {"zh": message.severity, "en": message.severity})
    number = f" 警情{message.number:04d}" if message.number else ""
    zh, en = message.title.get("zh", ""), message.title.get("en", "")
    return f"{severity['zh']} {zh}{number} / {severity['en']}: {en}"


def body_of(message_id: str, message: AlertMessage) -> str:
    """The sentence, the steps, the English, and the id under which a repeat is known."""
    return f"{text_of(message, TEXT_BYTES_MAX)}\n\nID {message_id}"


def _check(name: str, url: str) -> None:
    if not url:
        raise ChannelError(f"channel {name!r}: the Apprise URL is missing; put it into 'url' or 'secret'")
    services = [
        service
        for sample in _SAMPLES
        if (service := _instance(url.replace(ADDRESS_MARK, quote(sample, safe="")))) is not None
    ]
    schemas = {url.partition("://")[0].lower()}
    for service in services[:1]:
        for given in (service.protocol, service.secure_protocol):
            schemas |= {given} if isinstance(given, str) else set(given or ())
    for schema in schemas & set(_OWN_KINDS):
        raise ChannelError(
            f"channel {name!r}: Apprise reports success for this service where it refused; "
            f'use kind = "{_OWN_KINDS[schema]}" instead'
        )
    if not services:
        raise ChannelError(
            f"channel {name!r}: Apprise does not understand the URL; see its documentation for the service's form"
        )


def _instance(url: str) -> apprise.NotifyBase | None:
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, storage_mode="memory")
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    return service if isinstance(service, apprise.NotifyBase) else None


# What was refused for good in the sending under way; a list, for Apprise may hand its context on to threads of its own.
_REFUSALS: ContextVar[list[str] | None] = ContextVar("refusals", default=None)


class _Ear(logging.Filter):
    """Hears what is said, and lets none of it through."""

    def filter(self, record: logging.LogRecord) -> bool:
        refusals = _REFUSALS.get()
        found = _SMTP_REFUSED.search(record.getMessage()) if refusals is not None else None
        if refusals is not None and found is not None:
            refusals.append(found[0])
        return False


_EAR = _Ear()


def _silence() -> None:
    """Let no address or key reach the log: Apprise and the HTTP library under it write whole URLs and recipients.

    Apprise gives yes or no; why a mail server refused it says to its log only, at DEBUG.
    """
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_EAR)  # adding the same filter again does nothing
