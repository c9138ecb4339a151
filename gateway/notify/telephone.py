"""A person's telephone, by short message or by call: approved templates, a budget for each number, proof asked for later."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace

from gateway.alerts.message import AlertMessage
from gateway.notify.budget import Budget, Window
from gateway.notify.channel import GROUP, NotForChannel, OverBudget, Proof, Proven, Receipt, Recipient
from gateway.notify.http import ChannelError
from gateway.notify.provider import Sent, TelephoneProvider
from gateway.notify.template import HELD, VARIABLES, purpose_of, spoken, variables_of, written
from gateway.notify.words import urgent

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

LIMITS = {"per_minute": MINUTE_MS, "per_hour": HOUR_MS, "per_day": DAY_MS}

_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{9,11}")
_RECEIPT = re.compile(r"(\w+) (\S+) (\d{8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one kind of telephone channel differs from the other.

    ``windows`` are the provider's limits for one number, or for one number and template (``by_template``).
    """

    windows: tuple[Window, ...]
    by_template: bool
    landlines: bool
    write: Callable[[str], str]
    proof_after_s: float


def _window(most: int, length_ms: int) -> Window:
    return Window(most, length_ms, reserve=most * 2 // 5)  # two fifths for life safety


# Alibaba Cloud, notices: 50 in 24 h for one signature, template and number; what is submitted counts (document_detail/2881383).
# The 1 a minute, 5 an hour, 10 a day that are often told of are those of verification codes.
SMS = Way(
    windows=(_window(50, DAY_MS),), by_template=True, landlines=False, write=written, proof_after_s=15.0
)
# Alibaba Cloud, calls: 1 a minute, 5 an hour, 20 in 24 h for one called number (document_detail/178344). The record of a call
# is there 3 to 5 minutes after its end (document_detail/393529).
VOICE = Way(
    windows=(_window(1, MINUTE_MS), _window(5, HOUR_MS), _window(20, DAY_MS)),
    by_template=False,
    landlines=True,
    write=spoken,
    proof_after_s=60.0,
)


class Telephone:
    """Tells a person at their number; the provider's OK means taken, its later report may prove more."""

    proves = Proof.TAKEN
    personal = True

    def __init__(
        self,
        name: str,
        provider: TelephoneProvider,
        way: Way,
        *,
        templates: Mapping[str, str],
        held: Mapping[str, tuple[str, ...]] = HELD,
        clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        if not templates.get("alert"):
            raise ChannelError(
                f"channel {name!r}: options: template_alert is missing; give the code of the approved template"
            )
        self._provider, self._way = provider, way
        self._templates, self._held = templates, {**HELD, **held}
        self.gathers = bool(templates.get("digest"))  # without that template each alert comes by itself
        self._budget = Budget(*way.windows)
        self._clock_ms = clock_ms

    @property
    def proof_after_s(self) -> float:
        """From how long after sending on it is worth asking."""
        return self._way.proof_after_s

    async def send(self, message_id: str, message: AlertMessage, to: Recipient = GROUP) -> Receipt:
        """Hand over once, within the number's budget; over it the message is given back at once with the time to wait."""
        purpose = purpose_of(message)
        template = self._templates.get(purpose, "")
        if not template:
            raise NotForChannel(
                f"no approved template for {purpose!r}; apply for one and set template_{purpose}"
            )
        number = self._number(to)
        telephone: Hashable = (number, template) if self._way.by_template else number
        now_ms = self._clock_ms()
        wait_ms = self._budget.take(now_ms, urgent=urgent(message), whom=telephone)
        if wait_ms:
            raise OverBudget("over what one number may be sent", wait_ms / 1000)
        variables = variables_of(message, self._held.get(purpose, ()), self._way.write)
        try:
            sent = await self._provider.tell(message_id, number, template, variables, purpose=purpose)
        except BaseException:
            self._budget.give_back(now_ms, whom=telephone)
            raise
        return Receipt(f"OK, {sent.how} {sent.id} {sent.day}")

    async def proof(self, message_id: str, receipt: str, to: Recipient) -> Proven | None:  # noqa: ARG002 the provider has its own id
        """What the provider reports of a message by now."""
        found = _RECEIPT.search(receipt)
        if found is None:
            return None
        return await self._provider.report(Sent(*found.groups()), self._number(to))

    async def aclose(self) -> None:
        """Let go of the provider."""
        await self._provider.aclose()

    def _number(self, to: Recipient) -> str:
        digits = re.sub(r"[ \-()]", "", to.address)
        mobile = _MOBILE.fullmatch(digits)
        if mobile:
            return mobile[1]
        if self._way.landlines and _LANDLINE.fullmatch(digits):
            return digits
        # Neither the number nor a part of it is told.
        what = "a mainland telephone number" if self._way.landlines else "a mainland mobile number"
        raise NotForChannel(f"the person's address is not {what}; correct it where people are kept")


def held_of(name: str, options: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Which variables the templates hold, from options such as ``variables_alert = "kind,place"``; raises ``ChannelError``."""
    held = {}
    for purpose in HELD:
        given = options.get(f"variables_{purpose}")
        if given is None:
            continue
        names = tuple(filter(None, (word.strip() for word in given.split(","))))
        for word in names:
            if word not in VARIABLES:
                raise ChannelError(
                    f"channel {name!r}: options: variables_{purpose}: unknown {word!r}; use {', '.join(VARIABLES)}"
                )
        held[purpose] = names
    return held


def limited(name: str, way: Way, options: Mapping[str, str]) -> Way:
    """The way with other limits where options such as ``per_day = "100"`` give them; raises ``ChannelError``."""
    most = {window.length_ms: window.most for window in way.windows}
    for option, length_ms in LIMITS.items():
        given = options.get(option)
        if given is None:
            continue
        if not (given.isascii() and given.isdigit() and 0 < int(given[:9]) <= 10_000):  # noqa: PLR2004 beyond any provider's
            raise ChannelError(f"channel {name!r}: options: {option} must be a number from 1 to 10000")
        most[length_ms] = int(given)
    return replace(way, windows=tuple(_window(count, length_ms) for length_ms, count in most.items()))
