"""A process that has imported ``carehub`` once and forks at each request: a command costs no two seconds of imports.

What it forks is a process of its own running that command; only the imports are inherited. Requests and answers are
JSON lines: ``{"spawn": …}`` gives ``{"pid": …}``, ``{"poll": pid}`` gives ``{"code": …}`` (null while it runs).

``constants`` (``module:NAME`` → value) are set in the fork; with a ``moment`` it is killed by SIGKILL at that very call.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PRELOADED = (
    "gateway.cli",
    "gateway.hub",
    "alembic.command",  # migrations import it when they run
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
_lock = threading.Lock()
_nursery: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Moment:
    """Just ``before`` or after the ``nth`` call of ``call`` (``module:Class.method``)."""

    call: str
    nth: int = 1
    before: bool = False


class Hatched:
    """A forked ``carehub``, its output appended to files; the part of ``subprocess.Popen`` that is needed."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        out: Path,
        err: Path,
        environment: dict[str, str],
        constants: dict[str, Any] | None = None,
        moment: Moment | None = None,
    ) -> None:
        asked = {
            "arguments": list(arguments),
            "out": str(out),
            "err": str(err),
            "environment": environment,
            "constants": constants or {},
            "moment": asdict(moment) if moment else None,
        }
        self.pid: int = _ask({"spawn": asked})["pid"]
        self._code: int | None = None

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        if self._code is None:
            self._code = _ask({"poll": self.pid})["code"]
        return self._code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    with _lock:
        if not _nursery:
            _nursery.append(
                subprocess.Popen(
                    [sys.executable, "-P", __file__],  # -P: tests/gateway must not stand for the package
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=own_environment() | {"OPENBLAS_NUM_THREADS": "1"},  # no threads before a fork
                )
            )
            atexit.register(_end, _nursery[0])
        nursery = _nursery[0]
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write(json.dumps(request) + "\n")
        nursery.stdin.flush()
        line = nursery.stdout.readline()
        assert line, f"the nursery ended with {nursery.wait(10)}: see its words on stderr"
        answer: dict[str, Any] = json.loads(line)
        return answer


def own_environment() -> dict[str, str]:
    """The environment without settings of a hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CAREHUB_")}


def _end(nursery: subprocess.Popen[str]) -> None:
    nursery.communicate()  # closes its stdin: it ends


def _found(path: str) -> tuple[Any, str]:
    """The owner and the name of ``module:Class.attribute``; it must be there."""
    module, _, names = path.partition(":")
    owner: Any = importlib.import_module(module)
    *between, name = names.split(".")
    for each in between:
        owner = getattr(owner, each)
    assert hasattr(owner, name), f"there is no {path} any more: mend the test that names it"
    return owner, name


def _instead_of(old: Any, value: Any) -> Any:  # noqa: ANN401 whatever is set
    """Of a dict (defaults of a call) only what is named; what is called is given that besides what it is called with."""
    if isinstance(old, dict):
        return old | value
    return functools.partial(old, **value) if callable(old) and isinstance(value, dict) else value


def _die_at(call: str, nth: int, *, before: bool) -> None:
    owner, name = _found(call)
    work, calls = getattr(owner, name), itertools.count(1)

    def until_then(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 whatever is called
        now = next(calls) == nth
        if now and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*args, **kwargs)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, until_then)


def _run(
    arguments: list[str],
    out: str,
    err: str,
    environment: dict[str, str],
    constants: dict[str, Any],
    moment: dict[str, Any] | None,
) -> int:
    from gateway.cli import app  # noqa: PLC0415 only the nursery itself imports it

    os.setsid()
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, err, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.update(environment)
    try:
        for path, value in constants.items():
            owner, name = _found(path)
            setattr(owner, name, _instead_of(getattr(owner, name), value))
        if moment is not None:
            _die_at(**moment)
        app(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 what the interpreter would do with it
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def main() -> None:
    """Serve requests until stdin ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            answer: dict[str, Any] = {"code": _poll(request["poll"])}
        else:
            pid = os.fork()
            if not pid:
                code = _run(**request["spawn"])
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
