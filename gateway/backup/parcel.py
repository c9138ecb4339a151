"""A backup on its way: from where it was made to where the operator wants it, as a folder or as one tar file."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from gateway.backup.make import opened
from gateway.backup.manifest import (
    MANIFEST_BYTES_MAX,
    NAME,
    BackupError,
    Manifest,
    check,
    checksum,
    decode,
)


def deliver(folder: Path, target: Path) -> None:
    """Move the backup in ``folder`` to ``target`` (a tar file where that ends in .tar): whole, or not at all.

    ``folder`` is gone afterwards, whatever happens. Raises ``OSError``.
    """
    aside = target.with_name(f".{target.name}.partial")
    try:
        _remove(aside)  # of a command that was killed
        target.parent.mkdir(parents=True, exist_ok=True)
        (_as_tar if target.suffix == ".tar" else _as_folder)(folder, aside)
        _to_disk(aside)
        aside.rename(target)
        _to_disk(target.parent)
    finally:
        _remove(aside)
        _remove(folder)


def _as_tar(folder: Path, aside: Path) -> None:
    with (
        os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w") as tar,
    ):
        for name in [NAME, *(name for name in _names(folder) if name != NAME)]:
            tar.add(folder / name, arcname=name, filter=_nameless)


def _as_folder(folder: Path, aside: Path) -> None:
    aside.mkdir(mode=0o700)
    for name in _names(folder):
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(aside / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        shutil.copyfile(folder / name, aside / name)
        _to_disk(aside / name)
    for each in (aside, *aside.rglob("*/")):
        each.chmod(0o700)
        _to_disk(each)


def _names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def _to_disk(path: Path) -> None:
    with opened(path) as descriptor:
        os.fsync(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def look_into(source: Path) -> Manifest:
    """The manifest of the backup; raises ``BackupError`` where there is none."""
    try:
        if source.is_dir():
            with (source / NAME).open("rb") as file:
                return decode(file.read(MANIFEST_BYTES_MAX), source)
        with tarfile.open(source) as tar:
            member = tar.extractfile(NAME)
            if member is None:
                raise BackupError(f"{source}: {NAME} is no file; this is no backup")
            return decode(member.read(MANIFEST_BYTES_MAX), source)
    except (OSError, KeyError, tarfile.TarError) as error:
        raise BackupError(
            f"{source}: no backup is there ({NAME}: {error}); name the folder or tar file that carehub backup wrote"
        ) from error


def unpack(source: Path, manifest: Manifest, folder: Path) -> None:
    """Copy the backup's files into ``folder`` and check each against the manifest; raises ``BackupError`` naming the file."""
    with ExitStack() as opened_tar:
        take = _from_folder(source) if source.is_dir() else _from_tar(source, opened_tar)
        for name, held in manifest.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with take(name) as member, target.open("wb") as file:
                    shutil.copyfileobj(member, file)
            except (OSError, KeyError, tarfile.TarError) as error:
                raise BackupError(
                    f"{source}: {name} cannot be read ({error}); take another backup"
                ) from error
            check(name, checksum(target), held, source)
            target.chmod(0o600)
    for each in folder.rglob("*/"):
        each.chmod(0o700)


def _from_folder(source: Path) -> Callable[[str], IO[bytes]]:
    return lambda name: (source / name).open("rb")


def _from_tar(source: Path, stack: ExitStack) -> Callable[[str], IO[bytes]]:
    """Opened once, and its members found once: an archive of years has thousands."""
    try:
        tar = stack.enter_context(tarfile.open(source))  # noqa: SIM115 the stack closes it
        members = {member.name: member for member in tar}
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{source}: it cannot be read to its end ({error}); take another backup") from error

    def take(name: str) -> IO[bytes]:
        found = tar.extractfile(members[name])
        if found is None:
            raise KeyError(name)
        return found

    return take


def _nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
