"""How a hub keeps house, so that nobody who falls waits for it.

Theory of operation
-------------------
A city's states are millions of objects that stay: a collector that walks through them all holds everything up for a second and
more. So what recovery has built is frozen, which takes it out of the collector's sight. What comes to stay later is looked
at in full often, and therefore in small numbers; once that takes long enough to be felt, what has just been found alive
is frozen too. Young objects are looked at in small numbers as well.
"""

from __future__ import annotations

import gc
import sys
import time

YOUNG_MAX = 5_000  # new objects before the youngest are looked at: a millisecond's work
MIDDLE_MAX = 10  # times that, before those which stayed are looked at again
OLD_MAX = 2  # times that, before all that is not frozen is
FELT_S = 0.01  # a whole collection that takes longer is the last to see what it found alive
SWITCH_S = 0.0005  # how long a thread keeps the interpreter from one that waits; the usual 5 ms are felt at every commit


def begin_memory() -> None:
    """Call before anything is loaded: nothing of what recovery builds is garbage."""
    gc.disable()


def settle_memory() -> None:
    """Call once everything stands; ``release_memory`` gives it back to the collector."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, MIDDLE_MAX, OLD_MAX)
    if _freeze_what_is_much not in gc.callbacks:
        gc.callbacks.append(_freeze_what_is_much)
    gc.enable()
    sys.setswitchinterval(SWITCH_S)


def release_memory() -> None:
    """Call at the end, so that what the libraries left behind is collected."""
    if _freeze_what_is_much in gc.callbacks:
        gc.callbacks.remove(_freeze_what_is_much)
    gc.unfreeze()


def _freeze_what_is_much(phase: str, info: dict[str, int]) -> None:
    global _began  # noqa: PLW0603 the collector knows no owner
    if info["generation"] != 2:  # noqa: PLR2004 the whole
        return
    if phase == "start":
        _began = time.perf_counter()
    elif time.perf_counter() - _began > FELT_S:
        gc.freeze()


_began = 0.0
