"""What is due next in a place of many devices, found without looking through all that waits.

Theory of operation
-------------------
A home has few devices: to look through what waits costs less than to keep it in order. Where there are more than ``MANY``,
two heaps hold a lower bound of each deadline: ``seen`` of what rests on what was seen, ``quiet`` of what rests on silence,
which is left alone while the feed is lost. ``standing`` has the bound that counts of each; what else the heaps hold of it is
passed over. A deadline that moves earlier is noted at once, one that moves later is found so when its bound comes.

An agenda is made of the state and thrown away with whatever moves all deadlines (``state.agenda = None``); it is never stored.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING

from rules.conditions.silent import REJOIN_MS, Silent, silent_from
from rules.state import NEVER, Agenda, KeyState, Link

if TYPE_CHECKING:
    from rules.plan import Plan, Watch

MANY = 16  # devices of a place; with no more, there is no agenda


def earliest(plan: Plan, state: KeyState, until: int) -> tuple[int, str]:
    """The earliest deadline up to ``until`` and its slot; else a lower bound of the first one after it."""
    agenda = state.agenda
    if agenda is None:
        agenda = state.agenda = _made(plan, state, until)
    first = _first(plan, state, agenda, agenda.seen, until)
    return first if state.lost_at else min(first, _first(plan, state, agenda, agenda.quiet, until))


def stand(state: KeyState, watch: Watch, due: int) -> None:
    """That watch has something due then, in ms; if this is earlier than was known, it is noted."""
    agenda = state.agenda
    if agenda is None or due >= agenda.standing.get(watch.slot, NEVER):
        return
    agenda.standing[watch.slot] = due
    heap = agenda.quiet if watch.condition.rests_on_silence else agenda.seen
    heappush(heap, (due, watch.slot))
    if (
        len(heap) > 2 * len(agenda.standing) + 32
    ):  # devices that come and go leave bounds behind that do not count
        heap[:] = {bound for bound in heap if agenda.standing.get(bound[1]) == bound[0]}
        heapify(heap)


def look_again(plan: Plan, state: KeyState, device: str, now: int) -> None:
    """The silence of that device may be due earlier than was known."""
    if state.agenda is None:
        state.silence_due = state.wake = 0
        return
    for watch in plan.silent.get(device, ()):
        due = _due(watch, state, now)
        stand(state, watch, due)
        state.wake = min(state.wake, due)


def gateway_changed(state: KeyState) -> None:
    """A radio gateway has gone off, or is back: an agenda has bounds that hold for both."""
    if state.agenda is None:
        state.silence_due = state.wake = 0


def change_gateway(state: KeyState, device: str, via: str) -> None:
    """The device is behind that radio gateway now; one that none is behind any more is no longer followed."""
    known, agenda = state.devices[device], state.agenda
    before, known.via = known.via, via
    state.gateways.setdefault(via, Link(online=True, at=0))
    if agenda is None:
        forget_unused_links(state)
        return
    agenda.behind[via] = agenda.behind.get(via, 0) + 1
    if before:
        agenda.behind[before] -= 1
        if not agenda.behind[before]:
            del agenda.behind[before], state.gateways[before]


def forget_unused_links(state: KeyState) -> None:
    """Radio gateways that no device of the key uses any more are no longer followed."""
    used = {device.via for device in state.devices.values()}
    for name in [name for name in state.gateways if name not in used]:
        del state.gateways[name]


def _first(
    plan: Plan, state: KeyState, agenda: Agenda, heap: list[tuple[int, str]], until: int
) -> tuple[int, str]:
    standing = agenda.standing
    while heap:
        due, name = first = heap[0]
        if standing.get(name) != due:
            heappop(heap)
            continue
        if due > until:
            return first
        really = _due(plan.watches[name], state, until)
        if really == due:
            return first
        if really == NEVER:
            heappop(heap)
            del standing[name]
        else:
            standing[name] = really
            heapreplace(heap, (really, name))
    return NEVER, ""


def _due(watch: Watch, state: KeyState, now: int) -> int:
    """When that watch has something due, or a moment before which it has not, whatever comes; ``NEVER``: nothing waits."""
    slot = state.slots.get(watch.slot)
    if not isinstance(watch.condition, Silent):
        return (slot.due or NEVER) if slot is not None else NEVER
    due = silent_from(watch, state, slot)
    if due == NEVER and not (slot is not None and slot.held):
        return now + REJOIN_MS  # its radio gateway is off, and gives it so long from when it is back
    return due


def _made(plan: Plan, state: KeyState, until: int) -> Agenda:
    agenda = Agenda()
    waiting = [plan.watches[name] for name, slot in state.slots.items() if slot.due]
    for watch in (*waiting, *plan.silences):
        due = _due(watch, state, until)
        if due < NEVER:
            agenda.standing[watch.slot] = due
            (agenda.quiet if watch.condition.rests_on_silence else agenda.seen).append((due, watch.slot))
    heapify(agenda.seen)
    heapify(agenda.quiet)
    for device in state.devices.values():
        if device.via:
            agenda.behind[device.via] = agenda.behind.get(device.via, 0) + 1
    return agenda
