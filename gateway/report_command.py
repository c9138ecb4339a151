"""``carehub report``: reports as files, made by the running hub, else from its data."""

# ruff: noqa: PLC0415 -- what a command needs is imported when it runs, so that --help answers at once

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    import httpx

    from gateway.reports.asked import Asked
    from gateway.reports.order import Form
    from gateway.reports.stored import HourRow
    from gateway.settings import Settings

TIMEOUT_S = 180
BUSY_S = 60  # how long a hub that makes another report is asked again
AT_ONCE = 2  # processes that make reports of a hub that is not running

PeriodOption = Annotated[
    str, typer.Option("--period", help="A month as 2026-10; of a station also a day as 2026-10-21.")
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")]
FormatOption = Annotated[str, typer.Option("--format", help="One or several of xlsx,csv,html,pdf.")]
LangOption = Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language of the report.")]
HubOption = Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")]
AtOption = Annotated[str, typer.Option("--at", help="Part of the tree of places: 区/街道/社区.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every one there is within --at.")]

report_app = typer.Typer(
    no_args_is_help=True, help="Reports (自动报表): figures of a period as files to hand in."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command was asked for."""

    kind: Literal["station", "facility", "area"]
    period: str
    at: str
    place: str
    every: bool
    forms: tuple[Form, ...]
    lang: Literal["zh", "en"]
    output: Path


@report_app.command("station")
def report_station(
    period: PeriodOption,
    output: OutputOption,
    at: AtOption = "",
    forms: FormatOption = "xlsx",
    lang: LangOption = "zh",
    config: ConfigOption = None,
    hub: HubOption = "",
    *,
    every: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """A station's day (日报) or month (月报): alerts, response, calls, visits, device checks, faults."""
    _report("station", period, output, forms, lang, config, hub, at=at, every=every, as_json=as_json)


@report_app.command("facility")
def report_facility(
    period: PeriodOption,
    output: OutputOption,
    place: Annotated[str, typer.Option("--place", help="A facility's id.")] = "",
    at: AtOption = "",
    forms: FormatOption = "xlsx",
    lang: LangOption = "zh",
    config: ConfigOption = None,
    hub: HubOption = "",
    *,
    every: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """The use of a facility in a month: people-hours, hours in use and open, rooms, counters."""
    _report(
        "facility", period, output, forms, lang, config, hub, at=at, place=place, every=every, as_json=as_json
    )


@report_app.command("area")
def report_area(
    period: PeriodOption,
    output: OutputOption,
    at: AtOption = "",
    forms: FormatOption = "xlsx",
    lang: LangOption = "zh",
    config: ConfigOption = None,
    hub: HubOption = "",
    *,
    every: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Coverage and counts of a community, a street, a district or everything in a month; no home, counts from five on."""
    _report("area", period, output, forms, lang, config, hub, at=at, every=every, as_json=as_json)


def _report(
    kind: Literal["station", "facility", "area"], period: str, output: Path, forms: str, lang: Literal["zh", "en"],
    config: Path | None, hub: str, *, at: str, every: bool, as_json: bool, place: str = "",
) -> None:  # fmt: skip
    with explained():
        from gateway.reports.asked import PeriodError, days_of

        settings = settings_of(config)
        try:
            days_of(kind, period)
        except PeriodError as error:
            fail(f"--period {error}")
        one = place if kind == "facility" else at
        if not every and not one and kind != "area":
            fail(f"say which {kind}: {'--place ID' if kind == 'facility' else '--at 区/街道/社区'}, or --all")
        if kind == "facility" and every and place:
            fail("--place names one facility; leave it out with --all")
        wanted = Wanted(
            kind=kind, period=period, at=at.strip("/"), place=place, every=every, forms=_forms(forms), lang=lang,
            output=_folder(output, settings),
        )  # fmt: skip
        begun = time.monotonic()
        reports = _made(settings, wanted, hub)
    files = [file for each in reports for file in each["files"]]
    took = time.monotonic() - begun
    err.print(
        f"{len(reports)} 份报表 reports, {len(files)} 个文件 files → {wanted.output} ({took:.1f} s)",
        highlight=False,
        markup=False,
    )
    if as_json:
        typer.echo(
            json.dumps(
                {"reports": reports, "written": len(files), "seconds": round(took, 3)}, ensure_ascii=False
            )
        )


def _forms(text: str) -> tuple[Form, ...]:
    from gateway.reports.rendering import FORMATS

    given = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in given if each not in FORMATS]
    if unknown or not given:
        fail(
            f"--format {text!r}: {', '.join(unknown) or 'nothing'} is no format; write one or several of {','.join(FORMATS)}"
        )
    return tuple(form for form in FORMATS if form in given)


def _folder(output: Path, settings: Settings) -> Path:
    target = output.resolve()
    if target.is_relative_to(settings.hub.data.resolve()):
        fail(f"-o {output}: it lies in the hub's own data folder; name a folder elsewhere")
    if target.exists() and not target.is_dir():
        fail(f"-o {output}: it is no folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"-o {output}: it cannot be made: {error.strerror}")
    return target


def _made(settings: Settings, wanted: Wanted, hub: str) -> list[dict[str, Any]]:
    """Ask the hub; where none answers and none is named, open its data."""
    import httpx

    from gateway.asking import address_of

    address = address_of(settings, hub)
    token = settings.http.token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(
        base_url=f"{address.rstrip('/')}/api/v1/", headers=headers, timeout=TIMEOUT_S
    ) as client:
        try:
            answer = client.get("reports")
        except httpx.ConnectError:
            if hub:
                fail(f"{address}: no hub answers; start it or leave out --hub", 1)
        except httpx.HTTPError as error:
            fail(f"{address}: the hub does not answer ({type(error).__name__}); try again", 1)
        else:
            return _by_hub(client, address, answer, wanted)
    return _by_own(settings, wanted)


def _by_hub(
    client: httpx.Client, address: str, answer: httpx.Response, wanted: Wanted
) -> list[dict[str, Any]]:
    if not answer.is_success:
        _fail_as_told(address, answer)
    found = answer.json()
    if wanted.kind == "facility":
        named = [one["id"] for one in found["facilities"] if _below(one["path"], wanted.at)]
    else:
        named = [
            path
            for path in found["stations" if wanted.kind == "station" else "areas"]
            if _below(path, wanted.at)
        ]
    subjects = named if wanted.every else [wanted.place if wanted.kind == "facility" else wanted.at]
    reports = []
    with _progress(len(subjects)) as told:
        for subject in subjects:
            reports.append(_one_by_hub(client, address, subject, wanted))
            told()
    return reports


def _one_by_hub(client: httpx.Client, address: str, subject: str, wanted: Wanted) -> dict[str, Any]:
    from gateway.reports.said import stem_of

    about = {"place": subject} if wanted.kind == "facility" else {"at": subject}
    files = []
    query = {"period": wanted.period, "lang": wanted.lang, **about}
    report = _ask(client, address, wanted.kind, query | {"format": "json"}).json()
    stem = stem_of(report["kind"], report["period"], report["place"] or report["at"])
    tongue = ".en" if wanted.lang == "en" else ""
    for form in wanted.forms:
        body = _ask(client, address, wanted.kind, query | {"format": form}).content
        name = f"{stem}{tongue}.{form}"
        files.append(_write(wanted.output / name, body))
    return _told(report, files)


def _ask(client: httpx.Client, address: str, kind: str, query: dict[str, str]) -> httpx.Response:
    import httpx

    until = time.monotonic() + BUSY_S
    while True:
        try:
            answer = client.get(f"reports/{kind}", params=query)
        except httpx.HTTPError as error:
            fail(f"{address}: the hub went away meanwhile ({type(error).__name__}); ask again", 1)
        if answer.is_success:
            return answer
        if answer.status_code != 409 or time.monotonic() > until:  # noqa: PLR2004 the status' own number
            _fail_as_told(address, answer)
        time.sleep(0.5)


def _by_own(settings: Settings, wanted: Wanted) -> list[dict[str, Any]]:
    """Make them from the data folder, in two processes side by side."""
    import time as clock

    from sqlalchemy.exc import DBAPIError

    from gateway.operations.database import open_to_read
    from gateway.parts import targets
    from gateway.reports.asked import Asked

    file = settings.hub.data / "operations.sqlite"
    if not file.exists():
        fail(
            f"{file}: no hub answers, and there is no database; name the hub with --hub, or its settings with -c"
        )
    database = open_to_read(file)
    try:
        subjects = _subjects(database, wanted)
    except DBAPIError as error:
        fail(f"{file}: it cannot be read: {error.orig}; start the hub once to bring it up to date")
    finally:
        database.dispose()
    now = clock.time_ns() // 1_000_000
    every = [
        Asked(
            kind=wanted.kind, period=wanted.period, at=at, place=place, now=now, zone=settings.hub.zone,
            calendar=settings.hub.calendar, targets=targets(settings),
        )
        for at, place in subjects
    ]  # fmt: skip
    if every and every[0].begin >= now:
        fail(f"--period {wanted.period}: it has not begun yet")
    return _in_processes(file, every, _hours(settings, every), wanted)


def _subjects(database: Any, wanted: Wanted) -> list[tuple[str, str]]:  # noqa: ANN401 sqlalchemy is imported late
    """What is reported on: path and facility's id; ends the command where there is none."""
    from gateway.accounts.who import Reach
    from gateway.operations import facility_views, report_views

    everywhere = Reach(("",))
    if wanted.kind == "facility":
        known = [(one.path, one.id) for one in facility_views.facilities(database, everywhere).rows]
        found = [each for each in known if _below(each[0], wanted.at)]
        if not wanted.every:
            found = [each for each in known if each[1] == wanted.place]
        missing = f"--place {wanted.place}: there is no such facility"
    else:
        within = report_views.stations_within if wanted.kind == "station" else report_views.areas_within
        paths = within(database, everywhere)
        found = [
            (path, "") for path in paths if (_below(path, wanted.at) if wanted.every else path == wanted.at)
        ]
        missing = f"--at {wanted.at}: there is no such {wanted.kind}; a station is 区/街道/社区"
    if not found:
        fail(f"there is no {wanted.kind} within {wanted.at or 'this hub'}" if wanted.every else missing)
    return found


def _hours(settings: Settings, every: Sequence[Asked]) -> dict[str, list[HourRow]]:
    """What the facilities' devices said, from the store; only this process opens it."""
    from zoneinfo import ZoneInfo

    from gateway.keeping import keep
    from gateway.parts import open_store
    from gateway.reports.making import span_read
    from gateway.reports.stored import rows_of
    from gateway.store.summaries import Series
    from gateway.summed import summed

    facilities = [one for one in every if one.place]
    if not facilities:
        return {}
    if settings.store.kind == "duckdb" and not (settings.hub.data / "readings.duckdb").exists():
        return {one.place: [] for one in facilities}
    zone = ZoneInfo(settings.hub.zone)
    kept = keep(settings, open_store(settings), newest_ms=lambda: 0)
    try:
        return {
            one.place: rows_of(
                summed(kept.keeping, kept.book, Series(*span_read(one), "", one.place), "1h", zone)
            )
            for one in facilities
        }
    finally:
        kept.stop()


def _in_processes(
    file: Path, every: Sequence[Asked], hours: dict[str, list[HourRow]], wanted: Wanted
) -> list[dict[str, Any]]:
    from concurrent.futures import ThreadPoolExecutor

    from gateway.reports.jobs import ReportError

    shares = [every[at::AT_ONCE] for at in range(min(AT_ONCE, len(every)))]
    with _progress(len(every)) as told, ThreadPoolExecutor(AT_ONCE) as pool:

        def work(share: Sequence[Asked]) -> list[dict[str, Any]]:
            return list(_share(file, share, hours, wanted, told))

        try:
            found = [each for part in pool.map(work, shares) for each in part]
        except ReportError as error:
            fail(str(error), 1)
    return sorted(found, key=lambda one: (one["at"], one["place"]))


def _share(
    file: Path, share: Sequence[Asked], hours: dict[str, list[HourRow]], wanted: Wanted, told: Any  # noqa: ANN401 a callback
) -> Iterator[dict[str, Any]]:  # fmt: skip
    from gateway.reports.jobs import made
    from gateway.reports.order import Order

    own = {one.place: hours[one.place] for one in share if one.place}
    order = Order(asked=tuple(share), forms=(*wanted.forms, "json"), lang=wanted.lang, hours=own)
    files: list[str] = []
    for one in made(file, order, beside=False):  # no hub answers: nothing to step back for
        if one.form == "json":
            yield _told(json.loads(one.body), files)
            files = []
            told()
        else:
            files.append(_write(wanted.output / one.name, one.body))


def _told(report: dict[str, Any], files: list[str]) -> dict[str, Any]:
    figures = {key: one["value"] for key, one in report["figures"].items()}
    return {key: report[key] for key in ("kind", "period", "at", "place", "subject")} | {
        "files": files,
        "figures": figures,
    }


def _write(file: Path, body: bytes) -> str:
    """All or nothing: a report that is half written is not one."""
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(body)
        part.replace(file)
    except OSError as error:
        fail(f"{file}: it cannot be written: {error.strerror}", 1)
    return str(file)


def _below(path: str, at: str) -> bool:
    return not at or path == at or path.startswith(at + "/")


@contextmanager
def _progress(many: int) -> Iterator[Any]:
    """A bar on stderr; each call is one report done."""
    from gateway.backtest.show import bar

    done = [0]
    with bar(err) as moved:

        def told() -> None:
            done[0] += 1
            moved("报表 reports", done[0] / max(many, 1))

        moved("报表 reports", 0.0)
        yield told


def _fail_as_told(address: str, answer: httpx.Response) -> None:
    from gateway.asking import fail_as_told, report_of

    words = report_of(answer)
    if answer.status_code in {404, 422}:
        said = words.get("words")
        fail(f"{address}: {said['en'] if isinstance(said, dict) else words}", 2)
    fail_as_told(address, answer, words)
