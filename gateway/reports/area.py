"""The report of a community, a street or a district for a month, drawn up from exact counts and shown as cells; pure.

Every count about homes goes through ``gateway.alerts.cells``: 1 to 4 are "<5", sums and shares are worked out of what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from gateway.alerts import cells, terms
from gateway.alerts.cells import Cell, cell, total
from gateway.alerts.record import HOUR_MS, station_of
from gateway.duty.plan import Desk
from gateway.fitting.service_hours import ALWAYS, Hours
from gateway.reports import area_words as words
from gateway.reports.asked import Asked
from gateway.reports.document import Cell as TableCell
from gateway.reports.document import Column, Figure, Picture, Report, Section, Series, Table, Text, Value
from gateway.reports.facts import AreaFacts, CommunityFacts, Typed
from gateway.reports.figures import UNITS, figures_of, keys_of, percent
from gateway.reports.station_words import CLASSES, TARGETS, targets_specs
from rules.local_time import Window

LEVEL_STREET, LEVEL_COMMUNITY = 1, 2  # slashes in a path: 区/街道, 区/街道/社区
WHOLE: Text = {"zh": "全区域", "en": "the whole hub"}


def area_report(facts: AreaFacts, asked: Asked) -> Report:
    """Draw it up."""
    shares = targets_specs(asked.targets)
    now, before = _counts(facts, asked, before=False), _counts(facts, asked.before, before=True)
    specs = (*words.COVER, *words.COUNTS, *shares)
    figures = figures_of(specs, _cover(facts, asked) | now, before | _cover_before(facts, asked))
    indicators, notes = _indicators(facts)
    figures |= indicators
    name = facts.at.rsplit("/", 1)[-1]
    subject: Text = {"zh": name, "en": name} if facts.at else WHOLE
    sections = (
        Section(
            key="cover",
            title={"zh": "覆盖", "en": "Coverage"},
            figures=keys_of(words.COVER),
            tables=(_cover_table(facts, asked),),
        ),
        Section(
            key="plan",
            title={"zh": "规划指标", "en": "Indicators of the plan"},
            figures=keys_of(words.INDICATORS),
            tables=(_denominator_table(facts), _not_known()),
            notes=notes,
        ),
        Section(
            key="counts",
            title={"zh": "警情与探访", "en": "Alerts and visits"},
            figures=keys_of(words.COUNTS),
            tables=(_count_table(facts, asked),),
            pictures=_picture(facts, asked),
        ),
        Section(
            key="response",
            title={"zh": "响应（生命安全类）", "en": "Response (life safety)"},
            figures=keys_of(shares),
            tables=(_response_table(facts, asked),),
        ),
    )
    return Report(
        kind="area",
        period=asked.period,
        begin=asked.begin,
        end=asked.end,
        until=asked.until,
        zone=asked.zone,
        at=facts.at,
        place="",
        subject=subject["zh"],
        title={"zh": f"{subject['zh']} 区域月报", "en": f"{subject['en']} area, monthly report"},
        figures=figures,
        sections=sections,
        notes=_NOTES,
    )


_NOTES: tuple[Text, ...] = (
    {
        "zh": "1 至 4 显示为 <5；合计和占比只按显示的数计算，因此可能是一个范围。不足五条的响应占比不显示。",
        "en": "1 to 4 are shown as <5; sums and shares are worked out of what is shown, so they may be ranges. "
        "Shares of fewer than five are not shown.",
    },
    {
        "zh": "“无数据”表示没有记录或无法得知，不等于 0。",
        "en": "“no data” means that nothing is recorded or can be known; it is not 0.",
    },
)


def _known(facts: AreaFacts, asked: Asked) -> bool:
    return asked.until > asked.begin and facts.known_from is not None and facts.known_from < asked.until


def shown(one: Cell) -> Value:
    """A cell as the value of a figure: a number where it is exact, else as it is written."""
    return one.shown if one.hidden else one.low


def _share(kept: Iterable[tuple[Cell, Cell]]) -> Value:
    parts = list(kept)
    found = cells.share(total(one for one, _ in parts), total(one for _, one in parts))
    if found is None:
        return None
    return found.low if found.low == found.high else f"{found.low}–{found.high}"


def _pair(kept: Mapping[str, tuple[int, int]], name: str) -> tuple[Cell, Cell]:
    within, beyond = kept.get(name, (0, 0))
    return cell(within), cell(beyond)


def _counts(facts: AreaFacts, asked: Asked, *, before: bool) -> dict[str, Value]:
    """What is counted of alerts, visits and response: of the communities, as they are shown."""
    if not _known(facts, asked):
        return {} if before else {"homes": shown(_homes(facts))}
    every = list(facts.communities.values())
    found: dict[str, Value] = {} if before else {"homes": shown(_homes(facts))}
    for kind in CLASSES:
        found[f"alerts.{kind}"] = shown(
            total(cell(_alerts(one, before=before).get(kind, 0)) for one in every)
        )
    visits = [one.visits_before if before else one.visits for one in every]
    known = [each for each in visits if each is not None]
    found["visits"] = shown(total(map(cell, known))) if len(known) == len(visits) and known else None
    for name in TARGETS:
        found[f"response.{name}"] = _share(_pair(_kept(one, before=before), name) for one in every)
    return found


def _alerts(one: CommunityFacts, *, before: bool) -> Mapping[str, int]:
    return one.alerts_before if before else one.alerts


def _kept(one: CommunityFacts, *, before: bool) -> Mapping[str, tuple[int, int]]:
    return one.kept_before if before else one.kept


def _homes(facts: AreaFacts) -> Cell:
    return total(cell(one.homes) for one in facts.communities.values())


def _desks(facts: AreaFacts, path: str) -> list[Desk]:
    """The care desks of a community, its neighbourhoods' points included."""
    return [
        desk for desk in facts.desks if station_of(desk.at) == path and desk.at.count("/") >= LEVEL_COMMUNITY
    ]


def _has_station(facts: AreaFacts, path: str) -> bool:
    return any(desk.at == path for desk in facts.desks)


def _covered(facts: AreaFacts, path: str) -> int:
    stands = {desk.at for desk in _desks(facts, path)}
    return sum(path in stands or each in stands for each in facts.communities[path].neighbourhoods)


def _staffed_h(facts: AreaFacts, path: str, asked: Asked) -> float:
    """Hours in which at least one care desk of the community was staffed by the plan."""
    desks = _desks(facts, path)
    if any(not desk.shifts for desk in desks):
        windows: tuple[Window, ...] = ALWAYS
    else:
        windows = tuple(dict.fromkeys(shift.window for desk in desks for shift in desk.shifts))
    hours = Hours(windows, ZoneInfo(asked.zone), asked.calendar)
    return round(hours.between(asked.begin, asked.until) / HOUR_MS, 1)


def _cover(facts: AreaFacts, asked: Asked) -> dict[str, Value]:
    every = facts.communities
    return {
        "communities": len(every),
        "communities.stations": sum(_has_station(facts, path) for path in every),
        "neighbourhoods": sum(len(one.neighbourhoods) for one in every.values()),
        "neighbourhoods.covered": sum(_covered(facts, path) for path in every),
        **_cover_before(facts, asked, now=True),
    }


def _cover_before(facts: AreaFacts, asked: Asked, *, now: bool = False) -> dict[str, Value]:
    """What the registry is now has no figure of the period before; hours by the plan have, as long as it is known."""
    span = asked if now else asked.before
    if not facts.desks or not (now or _known(facts, span)):
        return {}
    return {"staffed_h": round(sum(_staffed_h(facts, path, span) for path in facts.communities), 1)}


def _cover_table(facts: AreaFacts, asked: Asked) -> Table:
    columns = (
        Column(label={"zh": "社区", "en": "community"}, width=28),
        Column(label={"zh": "住户", "en": "homes"}),
        Column(label={"zh": "站点", "en": "stations"}),
        Column(label={"zh": "小区", "en": "neighbourhoods"}, width=15),
        Column(label={"zh": "其中覆盖", "en": "covered"}),
        Column(label={"zh": "值守小时", "en": "hours staffed"}, decimals=1),
    )
    rows: list[tuple[TableCell, ...]] = [
        (
            path,
            shown(cell(one.homes)),
            len(_desks(facts, path)),
            len(one.neighbourhoods),
            _covered(facts, path),
            _staffed_h(facts, path, asked) if facts.desks else None,
        )
        for path, one in sorted(facts.communities.items())
    ]
    empty: Text = {"zh": "没有登记的社区。", "en": "No community is registered."}
    return Table(
        key="cover.list",
        title={"zh": "各社区覆盖", "en": "Coverage by community"},
        columns=columns,
        rows=tuple(rows),
        empty=empty,
    )


def _count_table(facts: AreaFacts, asked: Asked) -> Table:
    columns = (
        Column(label={"zh": "社区", "en": "community"}, width=28),
        *(Column(label=terms.CLASSES[kind]) for kind in CLASSES),
        Column(label={"zh": "探访", "en": "visits"}),
    )
    known = _known(facts, asked)
    rows = tuple(
        (
            path,
            *(shown(cell(one.alerts.get(kind, 0))) if known else None for kind in CLASSES),
            shown(cell(one.visits)) if known and one.visits is not None else None,
        )
        for path, one in sorted(facts.communities.items())
    )
    return Table(
        key="counts.list",
        title={"zh": "各社区警情与探访", "en": "Alerts and visits by community"},
        columns=columns,
        rows=rows,
    )


def _response_table(facts: AreaFacts, asked: Asked) -> Table:
    specs = targets_specs(asked.targets)
    columns = (
        Column(label={"zh": "社区", "en": "community"}, width=28),
        *(Column(label={"zh": f"{one.zh} %", "en": f"{one.en} %"}) for one in specs),
    )
    known = _known(facts, asked)
    rows = tuple(
        (path, *(_share([_pair(one.kept, name)]) if known else None for name in TARGETS))
        for path, one in sorted(facts.communities.items())
    )
    return Table(
        key="response.list",
        title={"zh": "各社区响应", "en": "Response by community"},
        columns=columns,
        rows=rows,
    )


def _picture(facts: AreaFacts, asked: Asked) -> tuple[Picture, ...]:
    """Alerts by community: of those whose counts may be shown; a hidden one is a gap."""
    if not _known(facts, asked) or not facts.communities:
        return ()
    paths = sorted(facts.communities)

    def values(kind: str) -> tuple[int | None, ...]:
        found = (cell(facts.communities[path].alerts.get(kind, 0)) for path in paths)
        return tuple(None if one.hidden else one.low for one in found)

    return (
        Picture(
            key="counts.by_community",
            title={"zh": "各社区警情（<5 不画）", "en": "Alerts by community (<5 is not drawn)"},
            shape="bars",
            labels=tuple(path.rsplit("/", 1)[-1] for path in paths),
            unit={"zh": "条", "en": "alerts"},
            series=tuple(
                Series(name=terms.CLASSES[kind], values=values(kind)) for kind in ("life_safety", "care")
            ),
        ),
    )


def _indicators(facts: AreaFacts) -> tuple[dict[str, Figure], tuple[Text, ...]]:
    """The plan's indicators that can be known here, with what has to be typed where one is not."""
    found: dict[str, Figure] = {}
    notes: list[Text] = []
    for spec in words.INDICATORS:
        name = words.DENOMINATORS[spec.key]
        typed = facts.denominators.get(name)
        part = _part(facts, spec.key)
        value, note = _indicator(spec.zh, spec.en, part, typed, name)
        notes.append(note)
        found[spec.key] = Figure(
            key=spec.key,
            label={"zh": spec.zh, "en": spec.en},
            value=value,
            unit=UNITS["%"],
            definition={"zh": spec.means_zh, "en": spec.means_en},
            decimals=spec.decimals,
        )
    return found, tuple(notes)


def _part(facts: AreaFacts, key: str) -> Cell | None:
    """The numerator; None where it cannot be known yet."""
    if key == "plan.street_centres":
        streets = {desk.at for desk in facts.desks if desk.at.count("/") == LEVEL_STREET}
        return Cell(len(streets), len(streets))
    if key == "plan.community_stations":
        many = sum(_has_station(facts, path) for path in facts.communities)
        return Cell(many, many)
    if key == "plan.ageing_stations":
        if not facts.ageing:
            return None
        many = sum(_has_station(facts, path) for path in facts.ageing)
        return Cell(many, many)
    return _homes(facts)


def _indicator(zh: str, en: str, part: Cell | None, typed: Typed | None, name: str) -> tuple[Value, Text]:
    what_zh, what_en = words.DENOMINATOR_WORDS[name]
    if typed is None:
        return None, {
            "zh": f"{zh}：无数据。请填写“{what_zh}”及其来源和日期。",
            "en": f"{en}: no data. Enter {what_en}, with source and date.",
        }
    if part is None:
        return None, {
            "zh": f"{zh}：无数据。请先标明哪些社区是老龄化社区（在该社区填“{what_zh}”为 1）。",
            "en": f"{en}: no data. Say which communities are ageing first (enter {what_en} as 1 at each of them).",
        }
    from_zh = (
        f"分子 {part.shown}，分母 {typed.value:g}（{what_zh}，来源：{typed.source}，日期：{typed.as_of}）"
    )
    from_en = f"{part.shown} of {typed.value:g} ({what_en}; source: {typed.source}; as of {typed.as_of})"
    if part.high > typed.value:
        return None, {
            "zh": f"{zh}：分子大于分母，请核对。{from_zh}。",
            "en": f"{en}: more than there are; check it. {from_en}.",
        }
    low, high = percent(part.low / typed.value), percent(part.high / typed.value)
    value: Value = low if low == high else f"{low:g}–{high:g}"
    return value, {"zh": f"{zh}：{from_zh}。", "en": f"{en}: {from_en}."}


def _denominator_table(facts: AreaFacts) -> Table:
    columns = (
        Column(label={"zh": "分母", "en": "denominator"}, width=24),
        Column(label={"zh": "数值", "en": "value"}),
        Column(label={"zh": "来源", "en": "source"}, width=28),
        Column(label={"zh": "日期", "en": "as of"}, width=14),
    )
    rows: list[tuple[TableCell, ...]] = []
    for name, (zh, en) in words.DENOMINATOR_WORDS.items():
        typed = facts.denominators.get(name)
        whole: Value = (
            None if typed is None else int(typed.value) if float(typed.value).is_integer() else typed.value
        )
        rows.append(
            ({"zh": zh, "en": en}, whole, typed.source if typed else None, typed.as_of if typed else None)
        )
    return Table(
        key="plan.denominators",
        title={"zh": "人工填写的分母", "en": "Denominators typed by people"},
        columns=columns,
        rows=tuple(rows),
    )


def _not_known() -> Table:
    columns = (
        Column(label={"zh": "规划的其他指标", "en": "other indicators of the plan"}, width=28),
        Column(label={"zh": "本系统无法计算", "en": "cannot be computed here"}, width=60),
    )
    rows = tuple(
        ({"zh": zh, "en": en}, {"zh": why_zh, "en": why_en}) for zh, en, why_zh, why_en in words.NOT_KNOWN
    )
    return Table(
        key="plan.not_known",
        title={"zh": "本系统无法计算的指标", "en": "Indicators this system cannot compute"},
        columns=columns,
        rows=rows,
    )
