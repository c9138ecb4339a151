"""The commands about the hub's data and rules: the registry, rule cases."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.asking import address_of, ask, asked, fail_as_told, report_of, texts
from gateway.settings import Settings
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of


def import_registry(
    file: Annotated[Path, typer.Argument(help="Registry CSV: places, contacts, devices.")],
    config: ConfigOption = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    over_hand: Annotated[
        bool, typer.Option("--over-hand", help="Also undo what was entered by hand and is not in the file.")
    ] = False,
    hub: Annotated[str, typer.Option(help="URL of a running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
) -> None:
    """Bring a registry CSV into the hub: the running one if it answers, else its data folder."""
    with explained():
        from gateway.registry import csv_file

        try:
            text = csv_file.decode(file.read_bytes(), source=str(file))
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        wanted = csv_file.parse(text, source=str(file))
        settings = settings_of(config)
        address = address_of(settings, hub)
        wishes = {"dry_run": int(dry_run), "over_hand": int(over_hand)}
        report = _import_through(address, text, settings, wishes, must=bool(hub))
        if report is None:
            from gateway.operations.database import open_database
            from gateway.registry import apply as registry

            database = open_database(settings.hub.data / "operations.sqlite")
            if dry_run:
                done = registry.plan(database, wanted, source=str(file))
            else:
                done = registry.apply(database, wanted, source=str(file), over_hand=over_hand)
            report = {
                "counts": done.counts(),
                "changes": [{"zh": c.zh, "en": c.en} for c in done.changes if c.action != "unchanged"],
                "doubts": [str(doubt) for doubt in done.doubts],
                "over_hand": [{"zh": c.zh, "en": c.en} for c in done.over_hand],
            }
    _print_import(report, dry_run=dry_run)


def _import_through(
    address: str, text: str, settings: Settings, wishes: dict[str, int], *, must: bool
) -> dict[str, object] | None:
    """Ask a running hub; None if there is none and none is required."""
    import httpx

    try:
        return asked(address, "registry", settings, csv=text, **wishes)
    except httpx.HTTPError as error:
        if must:
            fail(f"{address}: no hub answers ({type(error).__name__}); start it or leave out --hub", 1)
        return None


def reload_rules(
    config: ConfigOption = None,
    *,
    hub: Annotated[str, typer.Option(help="URL of the running hub (token: CAREHUB_HTTP__TOKEN).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Let the running hub read its rule files again; where they hold mistakes, it goes on as before."""
    with explained():
        import httpx

        settings = settings_of(config)
        address = address_of(settings, hub)
        try:
            answer = ask(address, "rules/reload", settings)
        except httpx.HTTPError as error:
            fail(f"{address}: no hub answers ({type(error).__name__}); start it, or name it with --hub", 1)
    report = report_of(answer)
    if as_json and "ok" in report:
        typer.echo(json.dumps(report, ensure_ascii=False))
    if not answer.is_success:
        fail_as_told(address, answer, report)
    for warning in texts(report.get("warnings")):
        err.print(f"warning: {warning}", highlight=False, markup=False, soft_wrap=True)
    for what, names in (("已改 changed", "changed"), ("重新计时 started anew", "anew")):
        said = ", ".join(texts(report.get(names))) or "无 nothing"
        err.print(f"{what}: {said}", highlight=False, markup=False, soft_wrap=True)


def _print_import(report: dict[str, object], *, dry_run: bool) -> None:
    changes = report.get("changes")
    for change in changes if isinstance(changes, list) else []:
        err.print(f"  {change['zh']} · {change['en']}", highlight=False, markup=False, soft_wrap=True)
    doubts = report.get("doubts")
    for doubt in doubts if isinstance(doubts, list) else []:
        err.print(f"  ? {doubt}", highlight=False, markup=False, style="yellow")
    against = report.get("over_hand")
    for change in against if isinstance(against, list) else []:
        said = f"  ! 人工登记 by hand: {change['zh']} · {change['en']}"
        err.print(said, highlight=False, markup=False, style="yellow", soft_wrap=True)
    word = "would be" if dry_run else "done:"
    err.print(f"{word} {report.get('counts')}", highlight=False, markup=False)


def try_cases(
    paths: Annotated[list[Path], typer.Argument(help="Case files, or folders of them.")],
    rules: Annotated[Path | None, typer.Option(help="Folder of rules to try; default: the library.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Try the rules on cases: what happens in a home, and which alerts must come of it."""
    with explained():
        from rich.progress import track

        from gateway.rulebook.case_report import as_json as in_json
        from gateway.rulebook.case_report import lines_of
        from gateway.rulebook.cases import load_cases
        from gateway.rulebook.comparing import judge
        from gateway.rulebook.load import load_rules

        cases = load_cases(paths, load_rules(rules))
        verdicts = [judge(case) for case in track(cases, "试跑 trying", console=err, transient=True)]
    failed = sum(not verdict.passed for verdict in verdicts)
    for verdict in verdicts:
        for line in lines_of(verdict):
            err.print(line, highlight=False, markup=False, soft_wrap=True)
    err.print(f"通过 passed {len(verdicts) - failed} · 未通过 failed {failed}", highlight=False)
    if as_json:
        result = {"passed": len(verdicts) - failed, "failed": failed, "cases": [in_json(v) for v in verdicts]}
        typer.echo(json.dumps(result, ensure_ascii=False))
    if failed:
        raise typer.Exit(1)
