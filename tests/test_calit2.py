"""The bench on a real entrance: its files are read as they come, and what is wanted holds on the recording that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.bench.entrance import SLOT_MS, Entrance, Listed, Passed, entrance, moment_of
from gateway.bench.entrance_count import residuals, summary
from gateway.bench.entrance_flags import WAYS, Span, at_thresholds, hourly, plain, rule_threshold, verdict
from gateway.bench.recordings import RecordingError
from gateway.occupancy.unusual import UNUSUAL_AT, Run, scores

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "bench" / "calit2.py"
DATA = ROOT.parent / "shared" / "data" / "calit2"
needs_recording = pytest.mark.skipif(
    not (DATA / "CalIt2.data").is_file(),
    reason="the recording of a real entrance is not on this machine (../shared/data/calit2)",
)
FIT = Span("fit", moment_of("07/24/05"), moment_of("09/11/05"))
HELD_OUT = Span("held out", moment_of("09/11/05"), moment_of("10/02/05"))
ALL = Span("all", FIT.begin, HELD_OUT.end)


def days(many: int, begin: str = "07/25/05") -> list[str]:
    """Lines of so many days: thirty come at nine and leave at five."""
    first, lines = datetime.strptime(begin, "%m/%d/%y").replace(tzinfo=UTC), []
    for half in range(48 * many):
        at = first + timedelta(minutes=30 * half)
        came, went = 30 * (at.hour == 9), 30 * (at.hour == 17)
        lines += [f"7,{at:%m/%d/%y,%H:%M:%S},{went}", f"9,{at:%m/%d/%y,%H:%M:%S},{came}"]
    return lines


def folder(path: Path, lines: list[str], events: list[str] | None, end: str = "\n") -> Path:
    (path / "CalIt2.data").write_text(end.join(lines), newline="")
    if events is not None:
        (path / "CalIt2.events").write_text(end.join(events), newline="")
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r\n\r\n"])
def test_the_files_are_read_whatever_ends_their_lines(tmp_path: Path, end: str) -> None:
    read = entrance(folder(tmp_path, days(2), ["07/25/05,09:00:00,10:30:00,10; event", ""], end))
    assert (len(read.slots), read.skipped) == (96, ())
    assert read.slots[18] == Passed(moment_of("2005-07-25") + 18 * SLOT_MS, 30.0, 0.0)
    nine = read.slots[18].begin
    assert read.events == (Listed(nine, nine + 3 * SLOT_MS, "10; event"),)


def test_what_is_missing_is_a_gap_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    lines = days(2)
    lines[10] = lines[11] = ""
    lines[20] = "9,nonsense"
    lines[30] = lines[28]
    lines[41] = lines[41].replace(",0", ",-1")
    read = entrance(folder(tmp_path, lines, ["07/25/05,23:30:00,00:30:00", "yesterday,a,b,c"]))
    assert read.slots[5] == Passed(read.slots[5].begin, None, None)
    assert read.slots[10].went is None
    assert read.slots[10].came == 0.0
    assert read.slots[15].went is None
    assert read.slots[20].came is None
    assert [line.split(":")[:2] for line in read.skipped] == [
        ["CalIt2.data", "21"], ["CalIt2.data", "31"], ["CalIt2.data", "42"], ["CalIt2.events", "2"],
    ]  # fmt: skip
    assert read.events[0].end - read.events[0].begin == 2 * SLOT_MS


def test_a_folder_without_events_has_none_listed_and_one_without_counts_is_refused(tmp_path: Path) -> None:
    read = entrance(folder(tmp_path, days(1), None))
    assert (read.events, len(read.skipped)) == ((), 1)
    with pytest.raises(RecordingError, match=r"no counts as CalIt2 has them.*CalIt2.data:1"):
        entrance(folder(tmp_path, ["what", "is", "this"], None))
    (tmp_path / "CalIt2.data").unlink()
    with pytest.raises(RecordingError, match=r"no \*\.data"):
        entrance(tmp_path)


def test_an_event_counts_where_a_run_overlaps_it_and_more_strictly_where_it_is_strongest() -> None:
    hour = 2 * SLOT_MS
    events = [
        Listed(10 * hour, 12 * hour, ""),
        Listed(20 * hour, 21 * hour, ""),
        Listed(30 * hour, 31 * hour, ""),
    ]
    several = [
        (Run(9 * hour, 11 * hour, "more", 5.0, 0.0, 0.0), 9 * hour),
        (Run(20 * hour, 21 * hour, "more", 5.0, 0.0, 0.0), 20 * hour),
        (Run(29 * hour, 30 * hour, "more", 5.0, 0.0, 0.0), 29 * hour),
        (Run(40 * hour, 41 * hour, "fewer", 5.0, 0.0, 0.0), 40 * hour),
        (Run(-2 * hour, -1 * hour, "more", 5.0, 0.0, 0.0), -2 * hour),
    ]
    told = verdict(several, events, Span("week", 0, 168 * hour))
    assert (told["events"], told["flagged"], told["strongest"], told["near"]) == (3, 2, 1, 3)
    assert (told["outside"], told["outside_fewer"], told["outside_per_week"]) == (2, 1, 2.0)


def test_half_hours_make_hours_and_half_of_one_makes_none() -> None:
    halves = [Passed(0, 1.0, 2.0), Passed(SLOT_MS, 3.0, 4.0), Passed(2 * SLOT_MS, 5.0, 6.0)]
    assert hourly(halves) == [Passed(0, 4.0, 6.0), Passed(2 * SLOT_MS, None, None)]


def script(*options: str) -> tuple[int, dict[str, object], str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--json", "--quick", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_the_script_judges_other_weeks_with_those_before_as_history(tmp_path: Path) -> None:
    lines = days(28, "10/03/05")
    crowd = "9,10/27/05,14:00:00,"
    lines = [f"{crowd}40" if line.startswith(crowd) else line for line in lines]
    data = folder(tmp_path, lines, ["10/04/05,09:00:00,10:00:00,x", "10/27/05,14:00:00,15:00:00,10; event"])
    code, told, _ = script("--data", str(data), "--from", "10/24/05", "--to", "10/28/05")
    (span,) = told["spans"]  # type: ignore[misc]
    assert code == 0
    assert (span["from"], span["events"], span["flagged"], span["outside"]) == ("2005-10-24", 1, 1, 0)
    assert told["rule_threshold"] is None


def test_the_script_says_that_there_is_no_recording(tmp_path: Path) -> None:
    code, told, said = script("--data", str(tmp_path / "nothing"))
    assert (code, told) == (0, {"skipped": str(tmp_path / "nothing")})
    assert said.startswith("skipped: no recording at")
    assert script("--data", str(tmp_path))[0] == 2


@pytest.fixture(scope="module")
def recording() -> Entrance:
    return entrance(DATA)


@needs_recording
def test_the_events_of_a_real_entrance_are_found(recording: Entrance) -> None:
    at = at_thresholds(scores(recording.slots, WAYS))
    for span, events, flagged, outside in ((FIT, 17, 16, 9), (HELD_OUT, 3, 3, 3), (ALL, 20, 19, 12)):
        told = verdict(at(UNUSUAL_AT), recording.events, span)
        assert told["events"] == events
        assert told["share"] >= 0.8
        assert told["outside_per_week"] <= 2.5
        assert (told["flagged"], told["outside"]) == (flagged, outside), "bench/unusual.md says so"
    assert rule_threshold(at, recording.events, [FIT]) == UNUSUAL_AT


@needs_recording
def test_the_plain_baseline_finds_fewer_in_sample(recording: Entrance) -> None:
    at = plain(recording.slots)
    ours = verdict(at_thresholds(scores(recording.slots, WAYS))(UNUSUAL_AT), recording.events, ALL)
    rivals = [verdict(at(float(people)), recording.events, ALL) for people in range(5, 61)]
    no_worse = [one["flagged"] for one in rivals if one["outside"] <= ours["outside"]]
    assert ours["flagged"] > max(no_worse)


@needs_recording
@pytest.mark.parametrize("reset", [True, False])
def test_the_head_count_of_a_real_entrance_is_never_negative(recording: Entrance, *, reset: bool) -> None:
    told = summary(residuals(recording, reset=reset))
    assert (told["days"], told["lowest"]) == (69, 0)
    assert told["net"]["p0"] < 0, "the counters themselves are"
    assert told["within"] >= (0.85 if reset else 0.8)
