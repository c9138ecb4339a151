"""One hub at a time on a data folder: the second is told, and a hub that was killed keeps nobody out."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.lock import FolderLock
from gateway.settings import SettingsError

HOLDER = """
import sys
from pathlib import Path
from gateway.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that takes the lock, says so, and ends with its stdin."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_another_process_is_kept_out_until_the_first_lets_go(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with holder(tmp_path) as second:
        said, mistake = second.communicate(timeout=30)
    assert (said, second.returncode) == ("", 1)
    assert f"{tmp_path}: another hub is at work in this folder" in mistake
    lock.release()
    with holder(tmp_path) as third:
        said, mistake = third.communicate(timeout=30)
    assert (said, mistake, third.returncode) == ("held\n", "", 0)


def test_a_holder_that_is_killed_leaves_the_folder_free(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(SettingsError, match="another hub is at work"):
            FolderLock(tmp_path)
        first.kill()
    FolderLock(tmp_path).release()


def test_a_folder_that_cannot_be_locked_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(SettingsError, match=r"No locks available; put it on a disk of this machine"):
        FolderLock(tmp_path)


def test_a_lock_file_that_cannot_be_opened_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "hub.lock").mkdir()
    with pytest.raises(SettingsError, match=r"hub\.lock cannot be opened: Is a directory"):
        FolderLock(tmp_path)
