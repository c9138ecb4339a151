"""The shaping stage: what the rules decided becomes what people are told. The same shape as the core, keyed by site.

    shape(world, state, event, now) -> (state, effects)        next_deadline(state)

Theory of operation
-------------------
The stage reads the core's effects at their own journal positions, what people do, and the time. It never answers to the core.
Every ``Raise`` goes down one line of steps; the first that has something to say about it decides. What is held back and
stands is kept, and goes down the line again when what held it back is over. Everything that happens by time alone (a
severity rises, a silence or a shelf is over, something has been calm for long enough) is settled in order of time before
anything else is read, so it makes no difference who asks, or when.

Two things hold whatever a rule or a person says: each ``Raise`` of the core comes out once, as a ``Raise``, ``Again``,
``Hold`` or a ``Change`` by a rule that lowers; and life safety and what is critical is never held back.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from rules.effects import Effect, End, Raise
from rules.events import ClockStepped, Command, Tick, WorldChanged
from rules.identity import remember_id
from rules.shaping.attend import accept, close, merge
from rules.shaping.deduplicate import deduplicate, end
from rules.shaping.flap import calm, count_change, flap
from rules.shaping.group import group
from rules.shaping.hold import free
from rules.shaping.inhibit import inhibit
from rules.shaping.interruptions import change_world, step_clock
from rules.shaping.lower import lower
from rules.shaping.matter import Matter, rule_of
from rules.shaping.rise import rise
from rules.shaping.shelve import put_off, shelve, take_back
from rules.shaping.silence import begin_silence, silence
from rules.shaping.site import SiteState, decode, encode, subject_name
from rules.state import NEVER, TEXT_MAX
from rules.world import World

# The first step that has something to say about an alert decides; the last one lets it out.
LINE = (lower, flap, shelve, inhibit, silence, deduplicate, group)

Heard: TypeAlias = Effect | Command | Tick | ClockStepped | WorldChanged


def shape(world: World, state: SiteState, event: Heard, now: int) -> tuple[SiteState, list[Effect]]:
    """The site's state after the event, and what people are to be told. Changes neither argument."""
    after = decode(encode(state))
    return after, shape_in_place(world, after, event, now)


def shape_in_place(world: World, state: SiteState, event: Heard, now: int) -> list[Effect]:
    """``shape`` for a caller that gives its state away: changes it in place."""
    effects: list[Effect] = []
    stepped = max(event.by, 0) if isinstance(event, ClockStepped) else 0
    _settle(world, state, now - stepped, now, effects)
    match event:
        case Raise():
            _begin(world, state, event, effects)
        case End():
            _end(world, state, event, now, effects)
        case Command():
            _obey(world, state, event, effects)
        case ClockStepped():
            if stepped:
                step_clock(state, event)
        case WorldChanged():
            effects += change_world(world, state, event)
            _release(world, state, now, now, effects)
        case Tick():
            pass
        case _:
            effects.append(event)  # what the core itself holds back, and the modes of homes
    return effects


def next_deadline(state: SiteState) -> int | None:
    """When this site must be told the time next even if nothing happens, in ms; None: not by itself."""
    due = _next_due(state)
    return None if due == NEVER else due


def _take(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    return next(effects for step in LINE if (effects := step(site, matter)))


def _begin(world: World, site: SiteState, raised: Raise, effects: list[Effect]) -> None:
    rule = rule_of(world, raised.key, raised.rule)
    if rule is None:
        effects.append(raised)  # its rule has just gone: nothing says how to shape it
        return
    matter = Matter(world, raised, rule, raised.at)
    if matter.lasting:
        count_change(site, rule, matter.name, raised.active_at)
    effects += _take(site, matter)


def _end(world: World, site: SiteState, ended: End, now: int, effects: list[Effect]) -> None:
    """What people have of it has ended, under the id they know it by; its consequences are free."""
    held = site.held.pop(ended.alert, None)
    found = site.standing_as(ended.alert) if held is None else None
    if held is not None:
        rule = rule_of(world, held.raised.key, held.raised.rule)
        count_change(site, rule, held.name, ended.at)
    if found is not None:
        alert, known = found
        rule = rule_of(world, known.key, known.rule)
        count_change(site, rule, subject_name(known.rule, known.key, known.subject), ended.at)
        end(known, rule, ended.at, told=True)
        site.wake = min(site.wake, known.until)
        ended = End(alert, ended.at)
    effects.append(ended)
    _release(world, site, now, now, effects)


def _release(world: World, site: SiteState, moment: int, now: int, effects: list[Effect]) -> None:
    """What nothing holds back any more goes down the line once more; something else may hold it back."""
    for name in free(site):
        raised = msgspec.structs.replace(site.held.pop(name).raised, at=now)
        rule = rule_of(world, raised.key, raised.rule)
        effects += _take(site, Matter(world, raised, rule, moment)) if rule is not None else (raised,)


def _obey(world: World, site: SiteState, command: Command, effects: list[Effect]) -> None:
    """What a person did, as far as it was allowed; whoever answers commands judges by the same words. A repeat does nothing."""
    known = site.alerts.get(command.alert)
    if known is None and command.kind not in {"silence", "silence_end"}:
        return
    if command.id and not remember_id(site.commands, command.id[:TEXT_MAX]):
        return
    match command.kind:
        case "silence":
            begin_silence(site, command)
        case "silence_end":
            site.silences.pop(command.data.get("id", ""), None)
        case "accept" if known is not None:
            accept(known)
        case "close" if known is not None:
            close(site, command.alert, known, command)
        case "merge" if known is not None:
            merge(site, command.alert, known, command)
        case "shelve" if known is not None:
            effects += put_off(site, command.alert, known, command)
        case "unshelve" if known is not None:
            effects += take_back(world, site, command.alert, command.at)
    _release(world, site, command.at, command.at, effects)


def _settle(world: World, site: SiteState, until: int, now: int, effects: list[Effect]) -> None:
    """Settle every deadline up to ``until``, in order of time; what is over is forgotten."""
    if until < site.wake:
        return
    while due := [deadline for deadline in site.deadlines() if deadline[0] <= until]:
        first = min(at for at, _, _ in due)
        for at, what, name in sorted(deadline for deadline in due if deadline[0] == first):
            effects += _settle_one(world, site, at, what, name)
            _release(world, site, at, now, effects)
    for alert in [alert for alert, known in site.alerts.items() if known.until <= until]:
        del site.alerts[alert]
    _release(world, site, now, now, effects)
    site.wake = _next_due(site)


def _settle_one(world: World, site: SiteState, at: int, what: str, name: str) -> tuple[Effect, ...]:
    match what:
        case "rise":
            return rise(world, site, name, at)
        case "shelf":
            return take_back(world, site, name, at)
        case "silence":
            del site.silences[name]
        case "flap":
            return calm(site, name)
    return ()


def _next_due(site: SiteState) -> int:
    moments = [at for at, _, _ in site.deadlines()] + [known.until for known in site.alerts.values()]
    return min(moments, default=NEVER)
