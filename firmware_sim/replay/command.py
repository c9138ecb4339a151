"""``carehub-sim replay``: publish a recording, an events CSV or a transcript, to any broker."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from firmware_sim.links import BrokerAddress, ProtocolVersion
from firmware_sim.places import SITE
from firmware_sim.replay.recorded import messages_of, read_transcript, shifted
from firmware_sim.replay.rows import Mistakes, ReplayError, read_rows
from firmware_sim.replay.run import Replaying
from firmware_sim.terminal import (
    CaFile,
    Host,
    Json,
    Password,
    Port,
    Protocol,
    Tls,
    Username,
    asked_speed,
    console,
    run,
    stop,
    sum_up,
)
from firmware_sim.wire import Message

TRANSCRIPTS = frozenset({".jsonl", ".ndjson"})


class Shift(StrEnum):
    """Where the times go: kept, or moved so that the first or the last row is now."""

    NONE = "none"
    FIRST = "first"
    LAST = "last"


def replay(
    file: Annotated[Path, typer.Argument(help="An events CSV, or a transcript (.jsonl).")],
    *,
    host: Host = "127.0.0.1",
    port: Port = 1883,
    username: Username = None,
    password: Password = None,
    tls: Tls = False,
    ca_file: CaFile = None,
    protocol: Protocol = ProtocolVersion.V5,
    speed: Annotated[str, typer.Option(help="Recorded seconds a second, or max: no pace at all.")] = "max",
    shift: Annotated[
        Shift, typer.Option(help="Move the times so that the first or the last row is now.")
    ] = Shift.NONE,
    site: Annotated[str, typer.Option(help="Site of rows that name none.")] = SITE,
    as_json: Json = False,
) -> None:
    """Publish a recording as the devices said it: readings, events and statuses."""
    ratio = asked_speed(speed)
    messages, mistakes = _recorded(file, site)
    for told in mistakes.told:
        console.print(told, style="yellow", markup=False, soft_wrap=True)
    edge = messages[0] if shift is Shift.FIRST else messages[-1]
    by_ms = 0 if shift is Shift.NONE else int(time.time() * 1000) - edge.at_ms
    broker = BrokerAddress(host, port, username, password, tls, ca_file, protocol)
    plan = Replaying(broker, list(shifted(messages, by_ms)), ratio)
    summary = run(plan.perform(console), broker)
    sum_up({**summary, "bad_lines": mistakes.bad, "shifted_ms": by_ms}, as_json=as_json)
    if mistakes.bad:
        stop(1, f"{mistakes.bad} of the lines of {file} were left out; the first are named above")


def _recorded(file: Path, site: str) -> tuple[Sequence[Message], Mistakes]:
    try:
        if file.suffix in TRANSCRIPTS:
            return read_transcript(file)
        rows, mistakes = read_rows(file)
    except ReplayError as problem:
        stop(2, str(problem))
    except OSError as problem:
        stop(2, f"{file}: cannot be read: {problem.strerror}; name an events CSV or a transcript")
    return list(messages_of(rows, site=site, run=secrets.token_hex(8))), mistakes
