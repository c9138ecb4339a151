"""The socket on which the console listens: taken before any data is opened, so that a hub nobody could see touches nothing."""

from __future__ import annotations

import socket

from gateway.settings import SettingsError

BACKLOG = 2_048


def listen(host: str, port: int) -> socket.socket:
    """Listen there; raises ``SettingsError`` when that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"[http] port {port} on {host}: {error.strerror or error}; stop what uses it (another hub?) "
            "or set another port (CAREHUB_HTTP__PORT)"
        ) from None
