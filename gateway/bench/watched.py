"""``carehub run`` whose collector is watched: ``python -m gateway.bench.watched SETTINGS FIGURES``.

The same hub with two additions: SIGUSR1 makes it collect all garbage at once (a whole collection that would come at some time
comes while it is measured), and at its end it writes how long it stood still for the collector, by generation.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import sys
import time
from pathlib import Path

from gateway.hub import Hub
from gateway.settings import load_settings

STANDS_MS = 5.0  # shorter stops are counted only


class Pauses:
    """How long the collector held everything up."""

    def __init__(self) -> None:
        self._began = 0.0
        self.counts = [0, 0, 0]
        self.longest_ms = [0.0, 0.0, 0.0]

    def note(self, phase: str, info: dict[str, int]) -> None:
        """As ``gc.callbacks`` calls it."""
        if phase == "start":
            self._began = time.monotonic()
            return
        took, generation = (time.monotonic() - self._began) * 1000, info["generation"]
        self.counts[generation] += 1
        self.longest_ms[generation] = max(self.longest_ms[generation], round(took, 1))
        if took > STANDS_MS:
            logging.warning("collecting generation %d took %.1f ms", generation, took)


async def _run(settings: Path, figures: Path) -> None:
    hub, pauses = Hub(load_settings(settings)), Pauses()
    gc.callbacks.append(pauses.note)
    signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
    await hub.run()
    gc.callbacks.remove(pauses.note)
    figures.write_text(
        json.dumps({"counts": pauses.counts, "longest_ms": pauses.longest_ms}), encoding="ascii"
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2])))
