"""``carehub-sim score``: a truth file and what some system raised, scored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from firmware_sim.score.alerts import read_alerts
from firmware_sim.score.kits import FULL, KITS
from firmware_sim.score.scoring import score
from firmware_sim.score.table import LISTED, show
from firmware_sim.score.truth import BadInputError, read_truth
from firmware_sim.wire import encode

console = Console(stderr=True, highlight=False)


def score_command(
    *,
    truth: Annotated[Path, typer.Option(help="The truth file of a town (carehub-sim town --truth FILE).")],
    alerts: Annotated[Path, typer.Option(help="What was raised: JSON lines, or CSV with the same columns.")],
    kit: Annotated[
        str, typer.Option(help=f"What the homes were fitted with when it was raised: {', '.join(KITS)}.")
    ] = FULL,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=FILE: other alerts about the same truth; a NAME that is a kit is scored as one."
        ),
    ] = None,
    listed: Annotated[
        int, typer.Option(min=0, help="How many missed and false ones the table shows.")
    ] = LISTED,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the score as one JSON object on stdout.")
    ] = False,
) -> None:
    """Say how good alerts were by what truly happened: recall, precision, delay. Exit 0: the limits hold, 1: they do not."""
    if kit not in KITS:
        _stop(f"--kit {kit}: no such kit; choose one of {', '.join(KITS)}")
    named = [_named(each) for each in beside or ()]
    names = [kit, *(name for name, _ in named)]
    if len(set(names)) < len(names):
        _stop(
            f"--beside: {next(n for n in names if names.count(n) > 1)} is named twice; give each its own name"
        )
    try:
        happened = read_truth(truth)
        scores = {kit: score(happened, read_alerts(alerts), kit=kit)}
        for name, file in named:
            scores[name] = score(happened, read_alerts(file), kit=name if name in KITS else kit)
    except BadInputError as problem:
        _stop(str(problem))
    show(scores, console, listed=listed)
    if as_json:
        typer.echo(encode(_as_one(scores)))
    if not scores[kit]["passes"]:
        raise typer.Exit(1)


def _as_one(scores: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first, *others = scores
    return scores[first] | {"beside": {name: scores[name] for name in others}}


def _named(text: str) -> tuple[str, Path]:
    name, found, file = text.partition("=")
    if not (name and found and file):
        _stop(f"--beside {text}: write NAME=FILE, for example naive=naive.jsonl")
    return name, Path(file)


def _stop(why: str) -> NoReturn:
    console.print(why, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(2)
