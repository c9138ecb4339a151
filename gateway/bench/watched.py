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

log = logging.getLogger(__name__)
STANDS_MS = 2.0  # shorter stops are not told


class Pauses:
    """When the collector held everything up, and how long: monotonic seconds, generation, ms."""

    def __init__(self) -> None:
        self._began = 0.0
        self.found: list[tuple[float, int, float]] = []

    def note(self, phase: str, info: dict[str, int]) -> None:
        """As ``gc.callbacks`` calls it."""
        if phase == "start":
            self._began = time.monotonic()
            return
        took, generation = (time.monotonic() - self._began) * 1000, info["generation"]
        if took > STANDS_MS or generation > 1:
            self.found.append((round(self._began, 3), generation, round(took, 1)))
            log.info("collecting generation %d took %.1f ms", generation, took)


async def _run(settings: Path, figures: Path) -> None:
    hub, pauses = Hub(load_settings(settings)), Pauses()
    gc.callbacks.append(pauses.note)
    signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
    await hub.run()
    gc.callbacks.remove(pauses.note)
    await asyncio.to_thread(figures.write_text, json.dumps(pauses.found), encoding="ascii")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2])))
