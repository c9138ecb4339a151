"""``carehub quarantine``: what could not be read, through the running hub, or in the data folder where none runs."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.asking import address_of, asked
from gateway.settings import Settings
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    from gateway.journal.quarantine import Quarantine

quarantine_app = typer.Typer(no_args_is_help=True, help="Messages that could not be read.")
PAYLOAD_SHOWN = 500

Ids = Annotated[list[int] | None, typer.Argument(help="Numbers of messages, as listed.")]
Reason = Annotated[str, typer.Option(help="Only those with this reason, e.g. unknown_device.")]
Device = Annotated[str, typer.Option(help="Only those of this device.")]
Topic = Annotated[str, typer.Option(help="Only those of this topic.")]
All = Annotated[bool, typer.Option("--all", help="Every message that is held.")]
HubOption = Annotated[str, typer.Option(help="URL of the running hub (token: CAREHUB_HTTP__TOKEN).")]


@quarantine_app.command("list")
def show(
    config: ConfigOption = None,
    limit: int = 50,
    reason: Reason = "",
    device: Device = "",
    topic: Topic = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """List messages that could not be read and are still held, newest first, with the reason."""
    with explained():
        from gateway.journal.quarantine import Which

        quarantine = _in_folder(settings_of(config))
        which = Which(reason=reason, device=device, topic=topic)
        found = quarantine.held(which, limit=limit, newest_first=True) if quarantine else []
    rows: list[dict[str, Any]] = [
        {
            "id": row.id, "at": row.at, "topic": row.topic, "size": row.size, "reason": row.reason,
            "detail": row.detail, "repaired": row.repaired,
            "payload": row.payload[:PAYLOAD_SHOWN].decode(errors="replace"),
        }
        for row in found
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"messages": rows}, ensure_ascii=False))
        return
    for row in rows:
        _say(f"{row['id']} {row['topic']} {row['reason']}: {row['detail']}")
    err.print(f"{len(rows)} messages", highlight=False)


@quarantine_app.command("replay")
def replay(
    ids: Ids = None,
    config: ConfigOption = None,
    reason: Reason = "",
    device: Device = "",
    topic: Topic = "",
    hub: HubOption = "",
    *,
    every: All = False,
    as_json: JsonOption = False,
) -> None:
    """Give messages to the running hub again, for instance after the registry has learnt their device.

    They are read as of the time they came. Up to a day old they are judged with their age; an older event raises no alert.
    """
    choice = _choice(ids, reason, device, topic, every=every)
    total: dict[str, Any] = {"replayed": 0, "repeated": 0, "outdated": 0, "held": 0, "reasons": {}}
    with explained():
        import httpx

        settings = settings_of(config)
        address = address_of(settings, hub)
        more, last = True, 0
        while more:
            try:
                report = asked(address, "quarantine/replay", settings, json=choice, after=last)
            except httpx.HTTPError as error:
                fail(
                    f"{address}: no hub answers ({type(error).__name__}); start it (carehub run), or name it with --hub: "
                    "only a running hub can read messages again",
                    1,
                )
            more, last = report["more"], report["last"]
            _add(total, report)
    if as_json:
        typer.echo(json.dumps(total, ensure_ascii=False))
    _say(
        f"passed {total['replayed']} · known already {total['repeated']} · outdated {total['outdated']} · "
        f"still held {total['held']}"
    )
    for why, count in sorted(total["reasons"].items()):
        _say(f"  {count} {why}")


def _add(total: dict[str, Any], report: dict[str, Any]) -> None:
    for name in ("replayed", "repeated", "outdated", "held"):
        total[name] += report[name]
    for why, count in report["reasons"].items():
        total["reasons"][why] = total["reasons"].get(why, 0) + count


@quarantine_app.command("drop")
def drop(
    ids: Ids = None,
    config: ConfigOption = None,
    reason: Reason = "",
    device: Device = "",
    topic: Topic = "",
    hub: HubOption = "",
    *,
    every: All = False,
    as_json: JsonOption = False,
) -> None:
    """Remove messages for good."""
    choice = _choice(ids, reason, device, topic, every=every)
    with explained():
        import httpx

        settings = settings_of(config)
        address = address_of(settings, hub)
        try:
            dropped = asked(address, "quarantine/drop", settings, json=choice)["dropped"]
        except httpx.HTTPError as error:
            if hub:
                fail(f"{address}: no hub answers ({type(error).__name__}); start it or leave out --hub", 1)
            dropped = _drop_in_folder(settings, choice)
    if as_json:
        typer.echo(json.dumps({"dropped": dropped}))
    _say(f"dropped {dropped}")


def _drop_in_folder(settings: Settings, choice: dict[str, Any]) -> int:
    """With the folder locked, so that no hub starts meanwhile and gives again what is being dropped."""
    from gateway.journal.quarantine import Which
    from gateway.lock import FolderLock

    quarantine = _in_folder(settings)
    if quarantine is None:
        return 0
    lock = FolderLock(settings.hub.data)
    try:
        given = {name: choice[name] for name in ("reason", "device", "topic")}
        return quarantine.drop(Which(ids=tuple(choice["ids"]), **given))
    finally:
        lock.release()


def _in_folder(settings: Settings) -> Quarantine | None:
    """The quarantine of the data folder's journal, of whichever hub made it; None where there is no journal."""
    from gateway.journal.journal import Journal
    from gateway.journal.quarantine import Quarantine

    path = settings.hub.data / "journal.sqlite"
    if not path.exists():
        return None
    Journal(
        path
    ).close()  # one that is damaged or of another version is told here; one that is older gets its columns
    return Quarantine(path)


def _choice(ids: list[int] | None, reason: str, device: str, topic: str, *, every: bool) -> dict[str, Any]:
    """What the hub is asked for; ends where nothing was chosen, so that a slip does not concern everything."""
    if bool(ids or reason or device or topic) == every:
        fail("say which: numbers, --reason, --device, --topic, or else --all; see: carehub quarantine list")
    return {"ids": ids or [], "reason": reason, "device": device, "topic": topic, "all": every}


def _say(text: str) -> None:
    err.print(text, highlight=False, markup=False, soft_wrap=True)
