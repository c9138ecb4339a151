"""The duty plan, its desks and the channels as the web sees them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from gateway.alerts.words import compose_test
from gateway.duty_keeper import DutyGapsError
from gateway.mistakes import FileMistakes
from gateway.notify.channel import GROUP, Recipient
from gateway.operations.tables import DeskState
from gateway.web.port import (
    ChannelList,
    ChannelNow,
    ChannelTested,
    DeskList,
    DeskNow,
    Imported,
    UnavailableError,
    UnknownAddressError,
)

RELOAD_WITHIN_S = 15.0

if TYPE_CHECKING:
    from gateway.hearing import DeskHearing
    from gateway.hub import Hub


def desks(hub: Hub) -> DeskList:
    """Every desk of the plan in force."""
    if not hub.duty.plan.heeds_hearing:
        return DeskList(())  # the ladder of the settings: its rungs are no desks anybody sits at
    names = {person.id: person.name for person in hub.duty.plan.people}
    with Session(hub.database) as session:
        states = {state.desk: state for state in session.query(DeskState)}
        return DeskList(tuple(_desk(one, names, states.get(one.desk.id)) for one in hub.hearing.desks()))


def _desk(one: DeskHearing, names: dict[str, str], state: DeskState | None) -> DeskNow:
    desk = one.desk
    return DeskNow(
        id=desk.id,
        name=desk.name,
        serves=desk.serves,
        at=desk.at,
        console=desk.console,
        staffed=one.on_duty is not None,
        on_duty=tuple(names.get(person, person) for person in one.on_duty or ()),
        hears_by=one.hears_by,
        deaf_since=one.deaf_since,
        taken_over_by=state.handed_over_by if state else "",
        taken_over_at=state.handed_over_at if state else None,
        note=state.note if state else "",
    )


def channels(hub: Hub) -> ChannelList:
    """Every channel of the settings."""
    return ChannelList(tuple(_channel(hub, one.name, one.kind) for one in hub.settings.channels))


def _channel(hub: Hub, name: str, kind: str) -> ChannelNow:
    channel, state = hub.channels[name], hub.delivery.states.of(name)
    return ChannelNow(
        name=name,
        kind=kind,
        proves=channel.proves,
        personal=channel.personal,
        works=state.ok if state else None,
        tried_at=state.at_ms if state else None,
        tested_at=state.tested_ms if state else None,
        words=state.words if state else "",
    )


async def reload_duty(hub: Hub) -> Imported:
    """Read the duty plan again."""
    try:
        async with asyncio.timeout(RELOAD_WITHIN_S):
            done = await hub.duty_keeper.reload()
    except FileMistakes as errors:
        return Imported(ok=False, report={"errors": [str(mistake) for mistake in errors.mistakes]})
    except DutyGapsError as error:
        return Imported(ok=False, report={"errors": list(error.lines)})
    except TimeoutError:
        raise UnavailableError(hub.line.trouble or "the hub is busy; try again") from None
    return Imported(ok=True, report=asdict(done))


async def test_channel(hub: Hub, name: str, *, to: str, by: str) -> ChannelTested:
    """Send a test message on a channel, to a person of the plan where it reaches persons."""
    channel = hub.channels[name]
    recipient = _recipient(hub, name, to) if channel.personal else GROUP
    message = compose_test(secrets.token_hex(16), by=by, at_ms=hub.clock.now(), zone=hub.zone)
    outcome = await hub.delivery.test(name, message, recipient)
    state = "failed" if outcome.state == "waiting" else outcome.state
    return ChannelTested(state=state, proof=outcome.proof, words=outcome.receipt or outcome.error)


def _recipient(hub: Hub, name: str, to: str) -> Recipient:
    address = hub.duty.address_of(to, name) if to else ""
    if not address:
        who = f"{to!r} has no address on it" if to else "it reaches one person at a time"
        raise UnknownAddressError(f"channel {name!r}: {who}; name a person of the duty plan who has one")
    return Recipient(to, address)
