"""Deadlines come, alerts begin and end: what every kind of event has in common."""

from __future__ import annotations

from rules.conditions.condition import Ended, Fired
from rules.conditions.level import Level
from rules.effects import Effect, End, Evidence, Raise, alert_id
from rules.plan import Plan, Watch
from rules.state import NEVER, KeyState, Slot


def settle(plan: Plan, state: KeyState, until: int, now: int, effects: list[Effect]) -> None:
    """Settle every deadline up to ``until``, in order of time, then of slot."""
    while True:
        found = [
            (due, slot)
            for slot, watch in plan.watches.items()
            if (due := watch.condition.deadline(watch, state, state.slots[slot])) <= until
            and (not state.lost_at or isinstance(watch.condition, Level))
        ]
        if not found:
            break
        due, name = min(found)
        watch, slot = plan.watches[name], state.slots[name]
        news = watch.condition.settle(watch, state, slot, due)
        if news is not None:
            act(watch, state, slot, news, now, effects)
    state.wake = next_due(plan, state)


def next_due(plan: Plan, state: KeyState) -> int:
    """When the key must be settled next, in ms; ``NEVER``: not by itself."""
    return min(
        (
            watch.condition.deadline(watch, state, state.slots[slot])
            for slot, watch in plan.watches.items()
            if not state.lost_at or isinstance(watch.condition, Level)
        ),
        default=NEVER,
    )


def act(
    watch: Watch, state: KeyState, slot: Slot, news: Fired | Ended, now: int, effects: list[Effect]
) -> None:
    """What a condition has to tell becomes an effect, decided at ``now``."""
    if isinstance(news, Ended):
        end_alert(slot, news.at, effects)
        return
    cause = news.event or str(news.active_at)
    alert = alert_id(watch.rule.id, state.key, watch.subject, cause)
    if watch.condition.lasting:
        slot.alert = alert
    evidence = Evidence(watch.condition.name, news.facts, watch.condition.numbers(watch))
    effects.append(Raise(alert, watch.rule.id, state.key, watch.subject, news.active_at, now, evidence))


def end_alert(slot: Slot, at: int, effects: list[Effect]) -> None:
    """The alert of that slot, if one stands, is over."""
    if slot.alert:
        effects.append(End(slot.alert, at))
        slot.alert = ""
