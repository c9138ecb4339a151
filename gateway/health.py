"""How a running hub is: why it is not ready, and what wants somebody's attention all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.hub import Hub

FAR_BEHIND = 100_000  # events not yet stored: then the store is not ready
MAD_FOR_MS = 600_000  # so long after its last excess a device is still warned of
NAMED_MAX = 5
COMMIT_WITHIN_S = 10.0  # a commit that takes longer: the disk hangs, and nobody is told of anything


def reasons(hub: Hub) -> list[str]:
    """Why the hub does not do its whole work right now; empty when it does."""
    line, reader, found = hub.line, hub.line.reader, []
    if hub.stopping:
        found.append("the hub is stopping")
    found += [f"{task.get_name()}: it has ended; see the log" for task in hub.tasks if task.done()]
    if not reader.feed.whole:
        why = f": {reader.unheard}" if reader.unheard else ""
        found.append(f"the broker {hub.address!r} cannot be heard{why}")
    if line.trouble:
        found.append(line.trouble)
    elif (waiting_s := line.commits.waiting_s()) > COMMIT_WITHIN_S:
        found.append(f"cannot write: a commit of the journal has taken {waiting_s:.0f} s; see to the disk")
    if hub.writer.trouble:
        found.append(f"store: {hub.writer.trouble}")
    elif hub.writer.started and not hub.writer.alive:
        found.append("store: its writer has ended; see the log")
    if hub.journal.position - hub.writer.position > FAR_BEHIND:
        found.append(f"store: {hub.journal.position - hub.writer.position} events behind")
    if reader.dropped_first is not None and reader.dropped > reader.dropped_first:
        found.append(
            f"the broker dropped {reader.dropped - reader.dropped_first} messages; "
            "set max_queued_messages 0 and a larger max_queued_bytes"
        )
    return found


def warnings(hub: Hub) -> list[str]:
    """What does not keep the hub from its work and yet wants somebody's attention."""
    world, now = hub.engine.world, hub.clock.now()
    found = hub.rules.warnings(world.places, hub.settings.hub.calendar, now)
    found += hub.console_rules.warnings()
    if waiting := hub.kept.dead.waiting:
        found.append(f"the store has refused {waiting} rows; see: carehub refused list")
    if hub.kept.keeper.trouble:
        found.append(f"summaries and retention of the store: {hub.kept.keeper.trouble}")
    if hub.figures_keeper.trouble:
        found.append(f"kept figures: {hub.figures_keeper.trouble}")
    if hub.eraser.trouble:
        found.append(f"an erasure of a resident's record cannot go on: {hub.eraser.trouble}")
    limit = hub.line.reader.ingest.limit
    if mad := limit.mad(since=now - MAD_FOR_MS):
        names = ", ".join(mad[:NAMED_MAX]) + (", …" if len(mad) > NAMED_MAX else "")
        found.append(
            f"高频上报: {len(mad)} devices send more than {limit.per_s:g} messages a second: {names}; "
            "what is too much is put aside, see: carehub devices list"
        )
    found += [f"duty: {said}" for said in hub.duty_keeper.warnings]
    found += [said for said in (hub.disk.warning, hub.clock_watch.warning) if said]
    if hub.not_stored is not None:
        first, last = hub.not_stored
        found.append(f"store: events {first} to {last} were thinned out before this store had them")
    return found
