"""Deadlines come, conditions come true and end, alerts begin: what every kind of event has in common."""

from __future__ import annotations

from rules import agenda
from rules.agenda import earliest, stand
from rules.conditions.condition import Ended, Fired
from rules.conditions.silent import silent_from
from rules.effects import Effect, End, Evidence, Hold, ModeChanged, Raise, alert_id
from rules.modes import Mode
from rules.plan import Plan, Watch
from rules.state import NEVER, Fact, KeyState, Slot, slot_of

SOON_MS = (
    3_600_000  # silences are worked out this long before they can come, while their home is at hand anyway
)
MODE = "mode"  # stands among the names of slots where a mode's end is the deadline


def settle(plan: Plan, state: KeyState, until: int, now: int, effects: list[Effect]) -> None:
    """Settle every deadline up to ``until``, in order of time, then of slot."""
    while True:
        due, name = _first(plan, state, until)
        if due > until:
            state.wake = due
            return
        if name == MODE:
            end_mode(plan, state, due, now, "time", effects)
            continue
        watch, slot = plan.watches[name], slot_of(state, name)
        tell(plan, watch, state, slot, watch.condition.settle(watch, state, slot, due), now, effects)


def next_due(plan: Plan, state: KeyState) -> int:
    """A lower bound of when the key must be settled next, in ms; ``NEVER``: not by itself."""
    return min(_look_through(plan, state, NEVER)[0], state.mode.until if state.mode is not None else NEVER)


def _first(plan: Plan, state: KeyState, until: int) -> tuple[int, str]:
    """The earliest bound and whose it is ('' for one that is too late to matter)."""
    many = len(plan.devices) > agenda.MANY
    first = earliest(plan, state, until) if many else _look_through(plan, state, until)
    mode = state.mode
    return first if mode is None or mode.until >= first[0] else (mode.until, MODE)


def _look_through(plan: Plan, state: KeyState, until: int) -> tuple[int, str]:
    first = _first_slot(plan, state)
    if state.lost_at or not plan.silences:
        return first
    if state.silence_due > until + SOON_MS:
        return min(first, (state.silence_due, ""))
    state.silence_due, silent = min(
        (silent_from(watch, state, state.slots.get(watch.slot)), watch.slot) for watch in plan.silences
    )
    return min(first, (state.silence_due, silent))


def _first_slot(plan: Plan, state: KeyState) -> tuple[int, str]:
    lost = state.lost_at
    due, name = NEVER, ""
    for found, slot in state.slots.items():
        at = slot.due
        if at and (at < due or (at == due and found < name)):
            if lost and plan.watches[found].condition.rests_on_silence:
                continue
            due, name = at, found
    return due, name


def tell(
    plan: Plan,
    watch: Watch,
    state: KeyState,
    slot: Slot,
    news: Fired | Ended | None,
    now: int,
    effects: list[Effect],
) -> None:
    """What a condition has to tell goes to the condition it is a part of, or becomes an effect, decided at ``now``."""
    if news is not None:
        _tell(plan, watch, state, slot, news, now, effects)
    due = slot.due
    if due and due < state.wake:
        state.wake = due
    if due and state.agenda is not None:
        stand(state, watch, due)
    if watch.listens:
        _listen(watch, state, slot)


def _tell(
    plan: Plan,
    watch: Watch,
    state: KeyState,
    slot: Slot,
    news: Fired | Ended,
    now: int,
    effects: list[Effect],
) -> None:
    if watch.condition.lasting:
        slot.held = news.active_at if isinstance(news, Fired) else 0
    if watch.whole:
        whole = plan.watches[watch.whole]
        above = slot_of(state, whole.slot)
        tell(
            plan, whole, state, above, whole.condition.on_part(whole, state, above, watch, news), now, effects
        )
    elif isinstance(news, Ended):
        end_alert(slot, news.at, effects)
    else:
        _raise(watch, state, slot, news, now, effects)


def _raise(watch: Watch, state: KeyState, slot: Slot, news: Fired, now: int, effects: list[Effect]) -> None:
    cause = news.event or str(news.active_at)
    alert = alert_id(watch.rule.id, state.key, watch.subject, cause)
    condition, rule = watch.condition, watch.rule
    evidence = Evidence(condition.name, news.facts, condition.numbers(watch) | news.numbers)
    about = (alert, rule.id, state.key, watch.subject, news.active_at, now, evidence)
    if condition.lasting:
        slot.alert, slot.held_back = alert, False
    if state.mode is not None and state.mode.kind in rule.modes:
        slot.held_back = condition.lasting
        effects.append(Hold(*about, f"mode:{state.mode.kind}"))
    else:
        effects.append(Raise(*about))


def end_alert(slot: Slot, at: int, effects: list[Effect]) -> None:
    """The alert of that slot, if one stands, is over."""
    if slot.alert:
        effects.append(End(slot.alert, at))
        slot.alert, slot.held_back = "", False


def begin_mode(plan: Plan, state: KeyState, mode: Mode, now: int, effects: list[Effect]) -> None:
    """The home is in that mode from now on; the one it was in is over."""
    if state.mode is not None:
        end_mode(plan, state, now, now, "command", effects, said_by=mode.by)
    state.mode = mode
    state.wake = min(state.wake, mode.until)
    _look_where(plan, state, now)
    state.agenda = None
    effects.append(ModeChanged(state.key, now, mode.kind, mode.until, mode.by, "command"))


def end_mode(
    plan: Plan, state: KeyState, at: int, now: int, because: str, effects: list[Effect], *, said_by: str = ""
) -> None:
    """The home's mode is over at ``at``: what it held back and still stands is told, what rests on silence begins anew."""
    mode = state.mode
    if mode is None:
        return
    state.mode = None
    state.presence.doubt = True  # nobody learns from what was quiet while visitors or nobody were there
    effects.append(ModeChanged(state.key, at, "", 0, said_by, because))
    for name, watch in plan.watches.items():
        if watch.whole or mode.kind not in watch.rule.modes:
            continue
        slot = state.slots.get(name)
        if watch.condition.rests_on_silence:
            begin_anew(watch, state, at, effects)
        elif slot is not None and slot.held_back:
            facts = (slot.cause,) if slot.cause is not None else ()
            _raise(watch, state, slot, Fired(slot.held, facts, slot.event), now, effects)
    _look_where(plan, state, at)
    state.silence_due = state.wake = 0
    state.agenda = None


def _look_where(plan: Plan, state: KeyState, now: int) -> None:
    """A mode says where the person is: whoever asks that looks again."""
    for watch in plan.on_presence:
        slot_of(state, watch.slot).due = now
        state.wake = min(state.wake, now)


def begin_anew(watch: Watch, state: KeyState, at: int, effects: list[Effect]) -> None:
    """The condition and its parts forget what they waited for; an alert that a mode held back is over, others stay."""
    slot = slot_of(state, watch.slot)
    if slot.held_back:
        end_alert(slot, at, effects)
    if slot.alert:
        return  # with its parts: they end it
    for part in watch.parts:
        begin_anew(part, state, at, effects)
    state.slots[watch.slot] = fresh = Slot()
    begin(watch, state, fresh, at)


def begin(watch: Watch, state: KeyState, slot: Slot, now: int) -> None:
    """Watch from ``now`` on; what is watched already goes on, with what has changed about it."""
    watch.condition.start(watch, state, slot, now)
    if watch.listens:
        _listen(watch, state, slot)


def be_active(plan: Plan, state: KeyState, fact: Fact, now: int, effects: list[Effect]) -> None:
    """Somebody did something: whoever asked for it is told."""
    for name in tuple(state.waiting):
        watch = plan.watches[name]
        if fact.device in watch.heartbeats:
            slot = slot_of(state, name)
            tell(
                plan,
                watch,
                state,
                slot,
                watch.condition.on_activity(watch, state, slot, fact, now),
                now,
                effects,
            )


def _listen(watch: Watch, state: KeyState, slot: Slot) -> None:
    """Put the watch among those that wait for activity, or take it away."""
    wants, waits = watch.condition.wants_activity(slot), watch.slot in state.waiting
    if wants and not waits:
        state.waiting.append(watch.slot)
        state.waiting.sort()
    elif waits and not wants:
        state.waiting.remove(watch.slot)
