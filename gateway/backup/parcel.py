"""A backup on its way: from where it was made to where the operator wants it, as a folder or as one tar file."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

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

    Raises ``OSError``.
    """
    aside = target.with_name(f".{target.name}.partial")
    if aside.is_dir():
        shutil.rmtree(aside)
    aside.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".tar":
        with (
            os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            for name in [NAME, *sorted(f.name for f in folder.iterdir() if f.name != NAME)]:
                tar.add(folder / name, arcname=name, filter=_nameless)
    else:
        shutil.copytree(folder, aside, copy_function=shutil.copyfile)
        aside.chmod(0o700)
        for copied in aside.iterdir():
            copied.chmod(0o600)
            with opened(copied) as descriptor:
                os.fsync(descriptor)
    with opened(aside) as descriptor:
        os.fsync(descriptor)
    aside.rename(target)
    with opened(target.parent) as descriptor:
        os.fsync(descriptor)
    shutil.rmtree(folder)


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
    for name, held in manifest.files.items():
        target = folder / name
        try:
            if source.is_dir():
                check(name, checksum(source / name), held, source)
                shutil.copyfile(source / name, target)
            else:
                _extract(source, name, target)
        except (OSError, KeyError, tarfile.TarError) as error:
            raise BackupError(f"{source}: {name} cannot be read ({error}); take another backup") from error
        check(name, checksum(target), held, source)
        target.chmod(0o600)


def _extract(source: Path, name: str, target: Path) -> None:
    with tarfile.open(source) as tar:
        member = tar.extractfile(name)
        if member is None:
            raise KeyError(name)
        with target.open("wb") as file:
            shutil.copyfileobj(member, file)


def _nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
