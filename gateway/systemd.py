"""Words to systemd (sd_notify(3)): ready, stopping, alive. Without a ``NOTIFY_SOCKET`` nothing is said."""

from __future__ import annotations

import os
import socket

SECOND_US = 1_000_000


def tell(words: str, *, within_s: float = 0.0) -> None:
    """Say it, lines such as ``READY=1``; a manager that does not listen is no reason to stop.

    Where its queue is full it is left out, unless there is room ``within_s``: for what is said once.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.settimeout(within_s)
        try:
            connection.sendto(words.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return


def watchdog_s() -> float | None:
    """Within what time systemd wants a sign of life; None when it does not watch this process."""
    given, whose = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not given.isdigit() or whose not in ("", str(os.getpid())):
        return None
    return int(given) / SECOND_US
