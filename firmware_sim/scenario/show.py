"""A play for people: the timeline line by line, how far it has got, and what should come of it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from firmware_sim.daytime import shown
from firmware_sim.faults import Cut, Mend
from firmware_sim.progress import ShareDone
from firmware_sim.scenario.format import Scenario
from firmware_sim.scenario.heard import births, heard
from firmware_sim.scenario.play import Note, Play
from firmware_sim.scenario.spans import shown_span, span_ms
from firmware_sim.scenario.truth import place_of
from firmware_sim.wire import ROOT, Message

TEXT_MAX = 120


class Telling(ShareDone):
    """Progress of a play; call it with the town's time (epoch ms)."""

    def __init__(self, console: Console, play: Play) -> None:
        super().__init__(console, play.scenario.name.zh)
        self._begins, self._ends = play.now_ms, play.end_ms

    def __call__(self, at_ms: int) -> None:
        """It is ``at_ms`` now."""
        self.show((at_ms - self._begins) / (self._ends - self._begins), shown(at_ms))


def head_lines(scenario: Scenario) -> list[str]:
    """What it is, what it shows, and what is expected of a hub."""
    lines = [f"{scenario.name.zh} · {scenario.name.en}", scenario.shows.zh, scenario.shows.en]
    for each in scenario.expect:
        lowered = f", lowered by {each.lowered_by}" if each.lowered_by else ""
        lines.append(f"应报警 expected: {' or '.join(each.words)} ({each.alert_class}) by {each.by}{lowered}")
    return lines if scenario.expect else [*lines, "不应报警 nothing of life safety is expected"]


def note_line(note: Note, play: Play) -> str:
    """A note with its time in the story."""
    return (
        f"{shown_span(note.at_ms - play.story_ms)}  {shown(note.at_ms)}  —— {note.told.zh} · {note.told.en}"
    )


def timeline(play: Play, events: list[Message]) -> Iterator[str]:
    """The story as it would be published, a line for each message; of the usual life before it only how much it says.

    What is an event is kept in ``events`` as well.
    """
    born = births(play)
    yield f"{shown_span(play.now_ms - play.story_ms)}  {shown(play.now_ms)}  {len(born)} births"
    if play.now_ms < play.story_ms:
        before = list(heard(play, play.advance(play.story_ms)))
        yield f"平时 usual life before: {len(before)} messages until {shown(play.story_ms)}"
    now_ms = play.now_ms
    for each in heard(play, play.advance(play.end_ms)):
        now_ms = max(now_ms, each.at_ms)  # what is late comes among what is later
        if each.kind == "event":
            events.append(each)
        head = f"{shown_span(now_ms - play.story_ms)}  {shown(now_ms)}"
        match each:
            case Note():
                yield note_line(each, play)
            case Mend():
                yield f"{head}  {each.link}  恢复连接 connects again"
            case Cut():
                yield f"{head}  {each.link}  断开 is cut off"
            case _:
                yield f"{head}  {_topic(each)}  {_text(each.payload)}{'  (retained)' if each.retain else ''}"


def outcome(play: Play) -> dict[str, object]:
    """What was played and what should be raised, for the summary; times in epoch ms."""
    scenario = play.scenario
    expected = [
        {
            "says": list(each.words),
            "class": each.alert_class,
            "kind": each.kind,
            "place": place_of(play, each),
            "by_ms": play.story_ms + span_ms(each.by),
            **({"lowered_by_ms": play.story_ms + span_ms(each.lowered_by)} if each.lowered_by else {}),
        }
        for each in scenario.expect
    ]
    return {
        "scenario": scenario.name.en,
        "name": scenario.name.zh,
        "seed": play.seed,
        "from_ms": play.story_ms,
        "to_ms": play.end_ms,
        "expect": expected,
    }


def _topic(said: Message) -> str:
    native = said.topic.startswith(f"{ROOT}/") and said.device
    return f"{said.device}  {said.kind}" if native else said.topic


def _text(payload: bytes) -> str:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return f"0x{payload[: TEXT_MAX // 2].hex()}"
    return text if len(text) <= TEXT_MAX and text.isprintable() else repr(text[:TEXT_MAX])
