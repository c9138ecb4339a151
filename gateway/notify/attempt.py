"""One try of one message on one channel, and what it comes to."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from gateway.notify.channel import Channel, NotForChannel, OverBudget, Proof, Recoverable, Unrecoverable
from gateway.notify.outbox import Outcome, Waiting
from gateway.notify.retry import not_taken

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """The outcome, and whether it shows that the channel works (None: it was not put to the test)."""

    outcome: Outcome
    works: bool | None


async def attempt(name: str, channel: Channel, waiting: Waiting, *, now_ms: Callable[[], int]) -> Tried:
    """Send it once; never raises."""
    if waiting.withdrawn:
        said = Outcome(state="withdrawn", at_ms=now_ms(), error="accepted before it was sent")
        return Tried(said, works=None)
    if channel.personal and not waiting.to.address:
        said = Outcome(state="failed", at_ms=now_ms(), error="no address on this channel")
        return Tried(said, works=None)
    works: bool | None = False
    try:
        receipt = await channel.send(waiting.id, waiting.message, waiting.to)
    except Recoverable as refusal:
        outcome = not_taken(waiting, refusal, now_ms=now_ms())
        works = None if isinstance(refusal, OverBudget) else False
    except Unrecoverable as refusal:
        outcome = Outcome(state="failed", at_ms=now_ms(), error=refusal.reason)
        works = None if isinstance(refusal, NotForChannel) else False
    except Exception as bug:  # noqa: BLE001 one channel's bug must not silence the others; it is logged and tried again
        # The kind and the spot only: an exception's own text may quote an address or a key.
        spot = traceback.extract_tb(bug.__traceback__)[-1]
        log.error("channel %s: %s at %s:%s", name, type(bug).__name__, spot.filename, spot.lineno)  # noqa: TRY400
        broken = Recoverable(f"error in the channel ({type(bug).__name__})")
        outcome = not_taken(waiting, broken, now_ms=now_ms())
    else:
        proof = receipt.proves or channel.proves
        state = "sent" if proof is Proof.TAKEN else "delivered"
        outcome = Outcome(state=state, at_ms=now_ms(), receipt=receipt.text, proof=proof)
        return Tried(outcome, works=True)
    level = logging.ERROR if outcome.state == "failed" else logging.WARNING
    log.log(
        level, "channel %s: message %s %s: %s", name, waiting.id, outcome.state, outcome.error,
        extra={"channel": name, "alert": waiting.alert_id},
    )  # fmt: skip
    return Tried(outcome, works=works)
