"""How a hub keeps house, so that nobody who falls waits for it.

Theory of operation
-------------------
A city's states are millions of objects that stay: a collector that walks through them all holds everything up for a second and
more. So what stays is frozen, which takes it out of the collector's sight: at the end of recovery, and then each time the
middle generation has been collected, which happens only when very many new objects have come to stay (devices heard for the
first time). What is freed by counting, which is nearly everything, is freed all the same; only cyclic garbage of
things that were alive at such a moment is not found any more. Young objects are looked at often and in small numbers.
"""

from __future__ import annotations

import gc
import sys

YOUNG_MAX = 5_000  # new objects before the youngest are looked at: a millisecond's work
MIDDLE_MAX = 10  # times that, before those which stayed are looked at again
SWITCH_S = 0.0005  # how long a thread keeps the interpreter from one that waits; the usual 5 ms are felt at every commit


def begin_memory() -> None:
    """Call before anything is loaded: nothing of what recovery builds is garbage."""
    gc.disable()


def settle_memory() -> None:
    """Call once everything stands; ``release_memory`` gives it back to the collector."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, MIDDLE_MAX, 1_000)
    if _keep_what_stayed not in gc.callbacks:
        gc.callbacks.append(_keep_what_stayed)
    gc.enable()
    sys.setswitchinterval(SWITCH_S)


def release_memory() -> None:
    """Call at the end, so that what the libraries left behind is collected."""
    if _keep_what_stayed in gc.callbacks:
        gc.callbacks.remove(_keep_what_stayed)
    gc.unfreeze()


def _keep_what_stayed(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == 1:
        gc.freeze()
