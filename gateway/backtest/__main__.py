"""A backtest as a process of its own: what is asked comes on the first line of stdin, how far it is goes to stdout.

The answer is written to ``answer.json`` in the folder that is given. When stdin ends, so does the process: whoever asked
has gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import msgspec

from gateway.backtest.asked import Asked, BacktestError
from gateway.backtest.run import run
from gateway.backtest.stored_copy import NICE
from gateway.store.readings import StoreUnavailable

ANSWER = "answer.json"


def main() -> int:
    """Run it; exit code 0, or 2 with the reason on stdout."""
    os.nice(NICE)
    folder = Path(sys.argv[1])
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=Asked)
    threading.Thread(target=_follow, name="follow", daemon=True).start()
    try:
        answer = run(asked, folder, lambda what, done: _tell(what=what, done=done))
    except (BacktestError, StoreUnavailable) as error:
        _tell(error=str(error))
        return 2
    (folder / ANSWER).write_bytes(msgspec.json.encode(answer))
    return 0


def _tell(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _follow() -> None:
    # Not by the buffered stdin: its lock would be held while the interpreter ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
