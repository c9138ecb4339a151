"""How a hub keeps house: what recovery has built stays for good, and the collector need not walk through it again."""

from __future__ import annotations

import gc


def settle_memory() -> None:
    """Call once everything stands; ``gc.unfreeze`` gives it back to the collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
