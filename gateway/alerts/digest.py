"""Several alerts in one message: how many of what, the most urgent places first, and one cause said once.

A short message says as much as fits in one; the steps of the message (``todo``) are the list for those who read it in a chat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeAlias

from gateway.alerts.fitting import SENTENCE_CHARACTERS_MAX, clock, cut, late_ms, moment, said
from gateway.alerts.message import AlertFacts, AlertMessage, PlaceFacts, Steps, Words
from gateway.alerts.spot import OutsidePlace, spot_en, spot_zh
from gateway.alerts.terms import SEVERITIES

LINES_MAX = 30  # of the list in a chat
MASS_PLACES_MIN = 5  # as many places with the same alert are one thing that has happened
MASS_WITHIN_MS = 600_000  # within ten minutes, as the library groups gateways that are lost
_SPOT_CHARACTERS_MAX = 24
_TITLE_CHARACTERS_MAX = 10
_PLACE_MATTERS = frozenset({"critical", "urgent"})  # somebody may have to go there

Told: TypeAlias = tuple[AlertFacts, PlaceFacts | None]


@dataclass(frozen=True, slots=True)
class _Group:
    """Alerts of one kind and severity; ``mass``: they came from many places at one time."""

    told: tuple[Told, ...]
    mass: bool

    @property
    def first(self) -> AlertFacts:
        return self.told[0][0]


def compose_digest(
    facts: Sequence[Told], *, digest_id: str, at_ms: int, zone: tzinfo, outside: OutsidePlace = "door"
) -> AlertMessage:
    """One message of several alerts, gathered at ``at_ms``; raises ``ValueError`` for none."""
    if not facts:
        raise ValueError("a digest needs at least one alert")
    groups = _groups(facts)
    first = groups[0].first
    numbers = tuple(alert.number for group in groups for alert, _ in group.told if alert.number)
    return AlertMessage(
        id=digest_id,
        number=0,
        rule="",
        kind=first.kind,
        severity=first.severity,
        title={"zh": f"警情汇总{len(facts)}条", "en": f"{len(facts)} alerts"},
        why={"zh": _counts(groups, "zh"), "en": _counts(groups, "en")},
        todo=_list(groups, zone, outside),
        who={"zh": "多处", "en": "several"},
        where={"zh": "多处", "en": "several places"},
        text={"zh": _chinese(groups, numbers, zone, outside), "en": _english(groups, numbers, zone)},
        raised_at=at_ms,
        active_at=min(alert.active_at for alert, _ in facts),
        rung=max(alert.rung for alert, _ in facts),
        recorded=all(alert.recorded for alert, _ in facts),
        late_ms=max(late_ms(alert) for alert, _ in facts),
        about="digest",
        numbers=numbers,
    )


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, runs of three and more closed up: 0401–0447、0450."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [
        [f"{run[0]:04d}–{run[-1]:04d}"] if len(run) > 2 else [f"{number:04d}" for number in run]  # noqa: PLR2004 three
        for run in runs
    ]
    return "、".join(part for parts in told for part in parts)


def _groups(facts: Sequence[Told]) -> list[_Group]:
    """The most urgent first, then the largest, then the oldest."""
    by_kind: dict[tuple[str, str, str], list[Told]] = {}
    for alert, place in sorted(facts, key=lambda fact: (fact[0].active_at, fact[0].number)):
        by_kind.setdefault((alert.severity, alert.rule, said(alert.title, "zh")), []).append((alert, place))
    groups: list[_Group] = []
    for told in by_kind.values():
        start, end = _densest(told)
        mass = len({alert.place_id for alert, _ in told[start:end]}) >= MASS_PLACES_MIN
        if mass:
            groups.append(_Group(tuple(told[start:end]), mass=True))
        rest = told[:start] + told[end:] if mass else told
        if rest:
            groups.append(_Group(tuple(rest), mass=False))
    order = list(SEVERITIES)
    return sorted(
        groups,
        key=lambda group: (
            order.index(group.first.severity) if group.first.severity in order else len(order),
            group.first.kind != "life_safety",
            -len(group.told),
            group.first.active_at,
        ),
    )


def _densest(told: list[Told]) -> tuple[int, int]:
    """The longest stretch of a list in order of time that lies within ``MASS_WITHIN_MS``."""
    best, start = (0, 0), 0
    for end, (alert, _) in enumerate(told, 1):
        while alert.active_at - told[start][0].active_at > MASS_WITHIN_MS:
            start += 1
        if end - start > best[1] - best[0]:
            best = (start, end)
    return best


def _counts(groups: list[_Group], language: str) -> str:
    """紧急1、重要2、提示47; critical 1, urgent 2, notice 47."""
    found = Counter(group.first.severity for group in groups for _ in group.told)
    names = {
        **{key: words[language] for key, words in SEVERITIES.items()},
        **{key: key for key in found if key not in SEVERITIES},
    }
    if language == "zh":
        return "、".join(f"{cut(name, 4)}{found[key]}" for key, name in names.items() if found[key])
    return ", ".join(f"{found[key]} {name.lower()}" for key, name in names.items() if found[key])


def _chinese(groups: list[_Group], numbers: tuple[int, ...], zone: tzinfo, outside: OutsidePlace) -> str:
    count = sum(len(group.told) for group in groups)
    head = f"汇总{count}条：{_counts(groups, 'zh')}。"
    tails = [f"。警情{ranges(numbers)}，请看值班台"] if numbers else []
    tails += [f"。警情{numbers[0]:04d}等，请看值班台"] if numbers else ["。请看值班台"]
    told = [_clause(group, zone, outside) for group in groups]
    best, most = f"{cut(head.removesuffix('。'), SENTENCE_CHARACTERS_MAX - len(tails[-1]))}{tails[-1]}", 0
    for tail in tails:  # the numbers in full, unless they leave less told
        body, shown = _body(told, SENTENCE_CHARACTERS_MAX - len(head + tail))
        if shown > most:
            best, most = head + body + tail, shown
    return best


def _body(told: list[list[str]], length: int) -> tuple[str, int]:
    """As many clauses as fit, in order, and how many; then each, the first before the others, as full as there is room."""
    for shown in range(len(told), 0, -1):
        more = "等" if shown < len(told) else ""
        chosen = [wordings[-1] for wordings in told[:shown]]
        if len("；".join(chosen) + more) > length:
            continue
        for number, wordings in enumerate(told[:shown]):
            for wording in wordings:
                tried = "；".join([*chosen[:number], wording, *chosen[number + 1 :]]) + more
                if len(tried) <= length:
                    chosen[number] = wording
                    break
        return "；".join(chosen) + more, shown
    return "", 0


def _clause(group: _Group, zone: tzinfo, outside: OutsidePlace) -> list[str]:
    """What one group says in a short message, the fullest wording first."""
    alert, place = group.told[0]
    title, time = cut(said(alert.title, "zh"), _TITLE_CHARACTERS_MAX), clock(alert, zone, "zh")
    if group.mass:
        return [f"{time}{_mass_zh(group)}", _mass_zh(group)]
    if len(group.told) > 1:
        return [f"{title}{len(group.told)}条"]
    spot = spot_zh(alert, place, outside, _SPOT_CHARACTERS_MAX)
    full = [f"{spot}{time}{title}", f"{spot}{title}"]
    return full if alert.severity in _PLACE_MATTERS else [*full, title]


def _mass_zh(group: _Group) -> str:
    """同一时间47户网关离线; 处 where not all are homes."""
    places = len({alert.place_id for alert, _ in group.told})
    homes = all(place is not None and place.kind == "home" for _, place in group.told)
    return f"同一时间{places}{'户' if homes else '处'}{cut(said(group.first.title, 'zh'), _TITLE_CHARACTERS_MAX)}"


def _mass_en(group: _Group) -> str:
    places = len({alert.place_id for alert, _ in group.told})
    homes = all(place is not None and place.kind == "home" for _, place in group.told)
    return f"{said(group.first.title, 'en')} in {places} {'homes' if homes else 'places'} at the same time"


def _english(groups: list[_Group], numbers: tuple[int, ...], zone: tzinfo) -> str:
    count = sum(len(group.told) for group in groups)
    told = [
        f"{clock(group.first, zone, 'en')} {_mass_en(group)}"
        if group.mass
        else f"{said(group.first.title, 'en')} ({len(group.told)})"
        for group in groups
    ]
    listed = f" Alerts {ranges(numbers).replace('、', ', ')}." if numbers else ""
    return f"{count} alerts: {_counts(groups, 'en')}. {'; '.join(told)}.{listed} See the duty desk."


def _list(groups: list[_Group], zone: tzinfo, outside: OutsidePlace) -> Steps:
    """A line for each alert, one for a mass of them; what is beyond the last line is counted."""
    lines: list[tuple[int, Words]] = []
    for group in groups:
        if group.mass:
            lines.append((len(group.told), _mass_line(group, zone)))
        else:
            lines += [(1, _line(alert, place, zone, outside)) for alert, place in group.told]
    shown = lines if len(lines) <= LINES_MAX else lines[: LINES_MAX - 1]
    left = sum(count for count, _ in lines[len(shown) :])
    words = [line for _, line in shown]
    if left:
        words.append({"zh": f"另有{left}条，请看值班台", "en": f"{left} more: see the duty desk"})
    return {language: [line[language] for line in words] for language in ("zh", "en")}


def _mass_line(group: _Group, zone: tzinfo) -> Words:
    severity, listed = _severity(group.first), ranges(alert.number for alert, _ in group.told if alert.number)
    newest = group.told[-1][0].active_at
    zh, en = (
        f"{clock(group.first, zone, language)}–{moment(newest, newest, zone, language)}"
        for language in ("zh", "en")
    )
    return {
        "zh": f"{severity['zh']}：{zh}，{_mass_zh(group)}" + (f"（警情{listed}）" if listed else ""),
        "en": f"{severity['en']}: {en}, {_mass_en(group)}"
        + (f" (alerts {listed.replace('、', ', ')})" if listed else ""),
    }


def _line(alert: AlertFacts, place: PlaceFacts | None, zone: tzinfo, outside: OutsidePlace) -> Words:
    severity = _severity(alert)
    number = f"{alert.number:04d}" if alert.number else ""
    return {
        "zh": f"{severity['zh']}：{spot_zh(alert, place, outside, 40)}，{clock(alert, zone, 'zh')}，{said(alert.title, 'zh')}"
        + (f"（警情{number}）" if number else ""),
        "en": f"{severity['en']}: {spot_en(alert, place, outside)}, {clock(alert, zone, 'en')}, {said(alert.title, 'en')}"
        + (f" (alert {number})" if number else ""),
    }


def _severity(alert: AlertFacts) -> Words:
    return SEVERITIES.get(alert.severity, {"zh": alert.severity, "en": alert.severity})
