"""How soon the built-in rules notice that somebody at home is silent, and how often they cry wolf, on recordings of real homes.

``python bench/real_homes.py`` reads the two homes in ``../shared/data``; others are given with ``--kasteren FOLDER --house B``
or ``--ordonez FOLDER --home B``. Every recorded event runs through the production core with the default rules; then, every
twenty minutes that the resident is annotated at home and awake, and the front door has not moved for a quarter of an hour,
the home is made to fall silent, in three ways (``gateway/bench/silences.py``). Exit: 0 the floors hold, 1 they do not, 2 a
recording or a rule cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from gateway.bench.homes import report, try_home
from gateway.bench.homes_table import table
from gateway.bench.recordings import Recording, RecordingError, kasteren, ordonez
from gateway.bench.silences import Home
from gateway.mistakes import FileMistakes
from gateway.rulebook.load import load_rules

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TABLE = Path(__file__).with_suffix(".md")


def main() -> int:
    """Read the homes, try them, print the table; ``--json`` prints one object instead."""
    options = _options()
    err = Console(stderr=True, soft_wrap=True)
    try:
        rules = load_rules(options.rules)
        homes = [Home(recording, rules) for recording in _recordings(options)]
    except (RecordingError, FileMistakes) as error:
        err.print(str(error), markup=False)
        return 2
    for home in homes:
        for line in home.recording.skipped:
            err.print(f"left out: {line}", markup=False)
        if not home.recording.doors:
            err.print(
                f"{home.recording.name}: no front door among its sensors; outings will look like silence"
            )
    told = report([try_home(home, options.every * 60_000, err) for home in homes])
    print(json.dumps(told) if options.json else table(homes, told))
    if options.write:
        TABLE.write_text(table(homes, told) + "\n", encoding="utf-8")
    return 0 if told["floors_hold"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kasteren", type=Path, metavar="FOLDER", help="folder of house<X>.sensors and its companions"
    )
    parser.add_argument("--house", default="A", help="which house of that folder (default A)")
    parser.add_argument(
        "--ordonez", type=Path, metavar="FOLDER", help="folder of Ordonez<X>_Sensors.txt and _ADLs.txt"
    )
    parser.add_argument("--home", default="A", help="which home of that folder (default A)")
    parser.add_argument(
        "--rules", type=Path, metavar="DIR", help="a folder of rules (default: the built-in library)"
    )
    parser.add_argument(
        "--every", type=int, default=20, metavar="MINUTES", help="between artificial silences (default 20)"
    )
    parser.add_argument("--write", action="store_true", help=f"write the table to bench/{TABLE.name} too")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser.parse_args()


def _recordings(options: argparse.Namespace) -> list[Recording]:
    """The homes that are named; both of ``../shared/data`` if none is."""
    named = options.kasteren or options.ordonez
    found = []
    if options.kasteren or not named:
        found.append(kasteren(options.kasteren or DATA / "kasteren_a", options.house))
    if options.ordonez or not named:
        found.append(ordonez(options.ordonez or DATA / "ordonez_a", options.home))
    return found


if __name__ == "__main__":
    sys.exit(main())
