"""What is unusual, and the head count, at a real entrance (UCI CalIt2): in and out each half hour, and the events of the house.

``python bench/calit2.py`` reads ``../shared/data/calit2``; ``--data DIR`` another folder with ``*.data`` and ``*.events``, of
the same weeks, of more, or of others. ``--from 10/02/05 --to 11/05/05`` judges those days only, the days before as history.
The threshold is a constant of ``gateway/occupancy/unusual.py``, set by the first seven weeks; what counts as found is said in
``gateway/bench/entrance_flags.py``. Exit: 0 what is wanted holds (or there is no recording: it says so), 1 it does not, 2 the
recording cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gateway.bench import entrance_count as count
from gateway.bench.entrance import WEEK_MS, Entrance, entrance, moment_of
from gateway.bench.entrance_flags import (
    OUTSIDE_MAX,
    PLAIN,
    SHARE_MIN,
    THRESHOLDS,
    WAYS,
    Span,
    at_thresholds,
    curve,
    in_hindsight,
    left_out,
    onward,
    other_ways,
    plain,
    rule_threshold,
    verdict,
)
from gateway.bench.entrance_table import document, spans
from gateway.bench.recordings import RecordingError
from gateway.occupancy.unusual import UNUSUAL_AT, scores

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "calit2"
TABLE = Path(__file__).parent / "unusual.md"
DAY_MS = 86_400_000
FIRST, HELD_OUT, UNSEEN = moment_of("07/24/05"), moment_of("09/11/05"), moment_of("10/02/05")
UNUSUAL, CUSTOM, CHANCE = (f"gateway.occupancy.{name}" for name in ("unusual", "custom", "chance"))
HOUR_MS = 3_600_000
CHANGED = {
    "as it is": {},
    "memory of 3 weeks": {f"{CUSTOM}.WEEKS": 3},
    "memory of 6 weeks": {f"{CUSTOM}.WEEKS": 6},
    "half hours stand for themselves": {f"{CUSTOM}.SPREAD_MS": 0},
    "smoothed over an hour either side": {f"{CUSTOM}.SPREAD_MS": HOUR_MS},
    "no quiet-hour minimum": {f"{UNUSUAL}.PER_HOUR_MIN": 1.0},
    "quiet hours: 6 taken to be usual": {f"{UNUSUAL}.PER_HOUR_MIN": 6.0},
    "busy days not told": {f"{UNUSUAL}.BUSY_MAX": 1.0},
    "busy days believed twice as soon": {f"{UNUSUAL}.DAY_WEIGHT": 50.0},
    "dispersion 1.6": {f"{CHANCE}.DISPERSION": 1.6, f"{CUSTOM}.DISPERSION": 1.6},
    "dispersion 2.5": {f"{CHANCE}.DISPERSION": 2.5, f"{CUSTOM}.DISPERSION": 2.5},
    "who leaves together does not count": {f"{UNUSUAL}.LEAVE_SHARE": 0.0},
    "who leaves together counts 0.3": {f"{UNUSUAL}.LEAVE_SHARE": 0.3},
    "they leave within two hours": {f"{UNUSUAL}.LEAVE_MS": 2 * HOUR_MS},
    "they leave within five hours": {f"{UNUSUAL}.LEAVE_MS": 5 * HOUR_MS},
    "gaps are not filled": {f"{UNUSUAL}.FILL_MS": 0},
}


def main() -> int:
    """Read, judge, print; ``--json`` prints one object instead."""
    options = _options()
    if not options.data.is_dir():
        print(f"skipped: no recording at {options.data} (see --data)", file=sys.stderr)
        if options.json:
            print(json.dumps({"skipped": str(options.data)}))
        return 0
    try:
        recording = entrance(options.data)
        several = _spans(recording, options)
    except (RecordingError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in recording.skipped:
        print(f"left out: {line}", file=sys.stderr)
    told = judged(recording, several, quick=options.quick)
    if options.json:
        print(json.dumps(told))
    else:
        print(document(told))
        print(f"\n{spans([*told['spans'], told['hindsight']])}", file=sys.stderr)
    if options.write:
        TABLE.write_text(document(told) + "\n", encoding="utf-8")
    return 0 if told["holds"] else 1


def judged(recording: Entrance, several: Sequence[Span], *, quick: bool = False) -> dict[str, Any]:
    """All figures of the spans; the last of them is the whole."""
    events, slots = recording.events, recording.slots
    at = at_thresholds(scores(slots, WAYS))
    verdicts = [verdict(at(UNUSUAL_AT), events, span) for span in several]
    counted = {reset: count.residuals(recording, reset=reset) for reset in (True, False)}
    names = {
        True: "Set to nobody at 04:00 each day",
        False: "Emptied only by the hub's own rule (nobody from 02:00 to 05:00)",
    }
    weeks = _weeks(several[-1])
    fit = _fit(recording)
    return {
        "threshold": UNUSUAL_AT,
        "rule_threshold": rule_threshold(at, events, [fit]) if fit else None,
        "holds": all(_holds(one) for one in verdicts) and not any(one.lowest for one in counted.values()),
        "wanted": {"share": SHARE_MIN, "outside_per_week": OUTSIDE_MAX},
        "spans": verdicts,
        "hindsight": in_hindsight(recording, several[-1]),
        "ways": other_ways(recording, several[-1]),
        "onward": onward(at, events, weeks),
        "left_out": left_out(at, events, weeks),
        "variations": [] if quick else list(_variations(recording, several[-1], fit)),
        "curve": curve(at, THRESHOLDS, events, several),
        "plain": curve(plain(slots), PLAIN, events, several),
        "count": [
            {"name": names[reset], **count.summary(one), "rows": count.as_rows(one)}
            for reset, one in counted.items()
        ],
    }


def _holds(one: dict[str, Any]) -> bool:
    """Where no event is listed nothing can be asked."""
    return one["share"] is None or (one["share"] >= SHARE_MIN and one["outside_per_week"] <= OUTSIDE_MAX)


def _variations(recording: Entrance, span: Span, fit: Span | None) -> Iterator[dict[str, Any]]:
    """One constant changed: at the threshold as it is, and at that which the rule would have set."""
    for name, constants in CHANGED.items():
        with _constants(constants):
            at = at_thresholds(scores(recording.slots, WAYS))
            again = rule_threshold(at, recording.events, [fit or span])
            yield {
                "name": name,
                **verdict(at(UNUSUAL_AT), recording.events, span),
                "rule_threshold": again,
                "by_rule": verdict(at(again), recording.events, span),
            }


@contextmanager
def _constants(constants: dict[str, Any]) -> Iterator[None]:
    patches = [patch(name, value) for name, value in constants.items()]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _fit(recording: Entrance) -> Span | None:
    """The weeks by which the threshold was set, where the recording has them."""
    whole = recording.slots[0].begin <= FIRST and recording.end >= HELD_OUT
    return Span("fit", FIRST, HELD_OUT) if whole else None


def _weeks(span: Span) -> list[Span]:
    starts = range(span.begin, span.end - WEEK_MS + 1, WEEK_MS)
    return [Span(f"week {number}", at, at + WEEK_MS) for number, at in enumerate(starts, 1)]


def _spans(recording: Entrance, options: argparse.Namespace) -> list[Span]:
    begin, end = recording.slots[0].begin, recording.end
    if options.begin or options.end:
        begin = max(moment_of(options.begin), begin) if options.begin else begin
        end = min(moment_of(options.end) + DAY_MS, end) if options.end else end
        if begin >= end:
            raise RecordingError("nothing is recorded between --from and --to")
        return [Span("asked for", begin, end)]
    parts = [
        Span("those the threshold was set by", begin, min(HELD_OUT, end)),
        Span("held out", max(HELD_OUT, begin), min(UNSEEN, end)),
        Span("never seen", max(UNSEEN, begin), end),
    ]
    return [*(one for one in parts if one.begin < one.end), Span("all", begin, end)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="DIR", help="folder of *.data and *.events"
    )
    parser.add_argument(
        "--from", dest="begin", metavar="DATE", help="first day judged, MM/DD/YY or YYYY-MM-DD"
    )
    parser.add_argument("--to", dest="end", metavar="DATE", help="last day judged")
    parser.add_argument("--quick", action="store_true", help="without the table of changed constants")
    parser.add_argument("--write", action="store_true", help=f"write the tables to bench/{TABLE.name} too")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
