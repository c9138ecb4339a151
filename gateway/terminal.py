"""What every command of ``carehub`` shares: where it speaks, how it ends when something is wrong, its settings."""

# ruff: noqa: PLC0415 -- what can go wrong is imported by the command that runs, so that --help answers at once

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from gateway.settings import Settings, SettingsError, load_settings

MS_DIGITS_MIN = 12
err = Console(stderr=True)
ConfigOption = Annotated[Path | None, typer.Option("-c", "--config", help="Settings file (TOML).")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, the rest on stderr.")]


def fail(what: str, code: int = 2) -> NoReturn:
    """Say what is wrong, on stderr, and end."""
    sys.stderr.write(what.rstrip() + "\n")
    raise typer.Exit(code)


@contextmanager
def explained() -> Iterator[None]:
    """Turn mistakes in settings, rules and registry into exit code 2 with their own words."""
    from gateway.journal.journal import JournalError
    from gateway.mistakes import FileMistakes
    from gateway.registry.values import RegistryErrors
    from gateway.store.readings import StoreUnavailable

    try:
        yield
    except (SettingsError, FileMistakes, RegistryErrors, JournalError, StoreUnavailable) as error:
        fail(str(error))


def settings_of(config: Path | None) -> Settings:
    """The settings; ``carehub.toml`` in this folder if none is named and it is there."""
    default = Path("carehub.toml")
    return load_settings(config if config is not None else default if default.exists() else None)


def span_of(from_: str, to: str, zone: str) -> tuple[int, int]:
    """From when to when in epoch ms, as ``--from`` and ``--to`` say it ('': now)."""
    begin = time_of(from_, zone, "--from")
    end = time_of(to, zone, "--to") if to else time.time_ns() // 1_000_000
    if begin >= end:
        fail("--from must lie before --to")
    return begin, end


def time_of(text: str, zone: str, option: str) -> int:
    """Epoch ms of a time as people write one, local to ``zone`` unless it says otherwise."""
    if text.isdecimal() and len(text) >= MS_DIGITS_MIN:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text!r} is no time; write 2026-03-01, 2026-03-01T08:00, or epoch milliseconds")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp() * 1000)


def seconds(option: str, text: str) -> float:
    """Seconds of a span like 60s, 10m or 1h; a bare number is seconds."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        fail(f"{option} {text!r}: write a time like 60s, 10m or 1h")
