"""Silences: a rule, a device or a place is not told of for a time. Each has an owner, a reason and an end."""

from __future__ import annotations

from rules.effects import Effect
from rules.events import Command
from rules.shaping.hold import SILENCE, hold_back
from rules.shaping.matter import Matter
from rules.shaping.site import REASON_MAX, SILENCES_MAX, Silence, SiteState
from rules.state import TEXT_MAX

LASTS_MAX_MS = 30 * 86_400_000  # longer is a change of the rules


def silence_of(command: Command) -> Silence:
    """The silence as asked for; raises ``ValueError`` without something to silence, a reason, or an end that lies ahead."""
    data = command.data
    rule, device, reason, until = (
        data.get(name, "").strip() for name in ("rule", "device", "reason", "until")
    )
    if not data.get("id") or not (rule or device or command.key):
        raise ValueError("say what is to be silent: a rule, a device or a place")
    if max(map(len, (data["id"], rule, device, command.key))) > TEXT_MAX:
        raise ValueError(f"an id has at most {TEXT_MAX} characters")
    if not reason or len(reason) > REASON_MAX:
        raise ValueError(f"give a reason of at most {REASON_MAX} characters")
    if not (until.isascii() and until.isdigit() and command.at < int(until) <= command.at + LASTS_MAX_MS):
        raise ValueError("until must lie ahead, at most 30 days")
    return Silence(command.key, rule, device, int(until), command.by[:TEXT_MAX], reason)


def begin_silence(site: SiteState, command: Command) -> None:
    """A silence begins, unless there are too many: better told than not."""
    try:
        silence = silence_of(command)
    except ValueError:
        return  # whoever answers commands has said so
    name = command.data["id"]
    if name in site.silences or len(site.silences) >= SILENCES_MAX:
        return
    site.silences[name] = silence
    site.wake = min(site.wake, silence.until)


def silence(site: SiteState, matter: Matter) -> tuple[Effect, ...]:
    """Held back while a silence is about it; life safety and what is critical are told all the same."""
    if matter.protected:
        return ()
    name = next((name for name, found in site.silences.items() if _is_about(found, matter)), None)
    return hold_back(site, matter, SILENCE + name) if name is not None else ()


def _is_about(found: Silence, matter: Matter) -> bool:
    raised = matter.raised
    return (
        found.until > matter.moment
        and found.key in {"", raised.key}
        and found.rule in {"", raised.rule}
        and found.device in {"", raised.subject}
    )
