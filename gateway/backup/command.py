"""``carehub backup`` and ``carehub restore``."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.settings import Settings
from gateway.terminal import ConfigOption, JsonOption, err, explained, fail, settings_of

if TYPE_CHECKING:
    from gateway.backup.manifest import Manifest

BACKUP = "/api/v1/backup"
LOOK_EVERY_S = 0.2
SHOWN_AFTER_S = 2.0
WORDS = {
    "places": "处 places", "devices": "台设备 devices", "staff": "名值班人员 staff", "alerts": "条警情 alerts",
    "alerts_open": "条未办结 of them open", "readings": "条读数 readings", "archive_files": "个归档文件 files of the archive",
}  # fmt: skip


def backup(
    target: Annotated[Path, typer.Option("-o", "--output", help="New folder, or a file ending in .tar.")],
    config: ConfigOption = None,
    *,
    hub: Annotated[str, typer.Option(help="URL of the running hub, if it is not that of [http].")] = "",
    archive: Annotated[
        bool, typer.Option("--archive/--without-archive", help="Take the archive of past days along.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Back up the hub's data folder, also while the hub works: alerts, registry, staff, readings, journal, archive."""
    with explained():
        from gateway.backup.manifest import BackupError
        from gateway.backup.parcel import deliver, look_into
        from gateway.lock import FolderBusyError, FolderLock

        settings = settings_of(config)
        data = settings.hub.data
        if target.exists():
            fail(f"{target}: it is there already; give the backup a name of its own")
        if not data.is_dir():
            fail(f"[hub] data {data}: there is no such folder; name the hub's settings with -c")
        try:
            with shown() as told:
                try:
                    lock = FolderLock(data)
                except FolderBusyError:
                    folder = _asked_of_hub(settings, hub, told, archive=archive)
                    manifest = look_into(folder)
                    deliver(folder, target)
                else:
                    try:
                        manifest = _of_files(settings, target, told, archive=archive)
                    finally:
                        lock.release()
        except BackupError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename or target}: {error.strerror or error}", 1)
    _say(f"已备份 backed up to {target}", manifest, as_json=as_json, more={"path": str(target)})
    if manifest.store == "influxdb":
        _line(
            "读数在 InfluxDB 中，请另行备份 the readings are in InfluxDB: back it up by its own means "
            "(2.x: influx backup, 1.x: influxd backup -portable)"
        )
    if not manifest.archive:
        _line("不含归档 without the archive: copy the folder archive of the hub's data beside it")


def restore(
    source: Annotated[Path, typer.Argument(help="Folder or tar file that carehub backup wrote.")],
    config: ConfigOption = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Move what is in the data folder aside.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore a backup into the data folder of a hub that does not run."""
    with explained():
        from gateway.archive import FOLDER as ARCHIVE
        from gateway.backup.manifest import BackupError
        from gateway.backup.restore import restore as put_back

        settings = settings_of(config)
        try:
            with shown() as told:
                told("checking and copying", 0.0)
                manifest, aside = put_back(source, settings.hub.data, force=force, store=settings.store.kind)
        except BackupError as error:
            fail(str(error))
    more: dict[str, object] = {"data": str(settings.hub.data), "moved_aside": str(aside) if aside else None}
    _say(f"已恢复 restored into {settings.hub.data}", manifest, as_json=as_json, more=more)
    if aside is not None:
        _line(f"原有文件 the old files are in {aside}")
    if manifest.store == "influxdb":
        _line(
            "启动后日志中的读数重新写入 InfluxDB the readings that the journal holds are written into InfluxDB again at the "
            "start; older ones are in InfluxDB, or in a backup of its own"
        )
    if not manifest.archive:
        _line(
            f"备份不含归档 the backup holds no archive: put your copy of it into {settings.hub.data / ARCHIVE}"
        )


def _of_files(
    settings: Settings, target: Path, told: Callable[[str, float], None], *, archive: bool
) -> Manifest:
    """From the files, beside the target: no hub runs, and its lock is ours."""
    from gateway.backup.make import make_backup
    from gateway.backup.parcel import deliver
    from gateway.parts import open_store
    from gateway.store.duckdb import DuckDBStore

    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    store = open_store(settings) if settings.store.kind == "duckdb" else None
    assert store is None or isinstance(store, DuckDBStore)  # noqa: S101 there is one kind with a file
    try:
        with TemporaryDirectory(prefix=".carehub-backup-", dir=target.absolute().parent) as scratch:
            folder = Path(scratch) / "backup"
            manifest = make_backup(
                settings.hub.data, folder, store=store, zone=settings.hub.zone, archive=archive, told=told
            )
            deliver(folder, target)
    finally:
        if store is not None:
            store.close()
    return manifest


def _asked_of_hub(settings: Settings, hub: str, told: Callable[[str, float], None], *, archive: bool) -> Path:
    """Let the running hub make it; the folder it lies in, within the hub's data."""
    import httpx

    address = hub or f"http://{settings.http.host}:{settings.http.port}"
    token = settings.http.token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        try:
            begun = client.post(BACKUP, params={"archive": archive})
            if begun.status_code != httpx.codes.ACCEPTED:
                fail(f"{address}: {_words(begun)}", 1)
            path = f"{BACKUP}/{begun.json()['id']}"
            while True:
                state = client.get(path).raise_for_status().json()
                if state["state"] == "done":
                    return Path(state["folder"])
                if state["state"] == "failed":
                    fail(f"{address}: {state['error']}", 1)
                told(state["what"], state["done"])
                time.sleep(LOOK_EVERY_S)
        except httpx.HTTPError as error:
            fail(
                f"{address}: a hub is at work in the data folder and does not answer ({type(error).__name__}); "
                "name its address with --hub, or stop it",
                1,
            )


def _words(answer: Any) -> str:  # noqa: ANN401 httpx is imported late
    try:
        found = answer.json()
        return str(found["words"]["en"] if "words" in found else "; ".join(found["reasons"]))
    except (ValueError, KeyError, TypeError):
        return f"answered {answer.status_code}: {answer.text[:200]}"


@contextmanager
def shown() -> Iterator[Callable[[str, float], None]]:
    """Say on stderr what is at work once it has taken a while."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=err, transient=True)
    task = progress.add_task("", total=1.0)

    def told(what: str, done: float) -> None:
        if not progress.live.is_started and time.monotonic() - began > SHOWN_AFTER_S:
            progress.start()
        progress.update(task, description=what, completed=done)

    try:
        yield told
    finally:
        progress.stop()


def _say(what: str, manifest: Manifest, *, as_json: bool, more: dict[str, object]) -> None:
    import msgspec

    counts = ", ".join(f"{count:,} {WORDS.get(name, name)}" for name, count in manifest.counts.items())
    _line(f"{what}: {counts}")
    _line(f"时间 made {manifest.made_at}, 日志位置 journal position {manifest.positions['journal']:,}")
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(manifest) | more, ensure_ascii=False))


def _line(text: str) -> None:
    err.print(text, highlight=False, markup=False, soft_wrap=True)
