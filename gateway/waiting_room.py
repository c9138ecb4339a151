"""Answers on the console's port while the hub is still recovering, from a thread: the loop is busy replaying.

Whoever watches would otherwise hang in the queue of a port that listens and does not answer, and could not tell a hub
that is coming from one that is stuck.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOK_EVERY_S = 0.05


class WaitingRoom:
    """``share`` says how much is done, 0 to 1; as long as somebody waits here, that is not all.

    The socket stays open for the web that follows.
    """

    def __init__(self, listener: socket.socket, share: Callable[[], float]) -> None:
        self._server = _Server(share)
        self._server.socket.close()
        self._server.socket = listener
        self._server.server_address = listener.getsockname()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_EVERY_S,), name="waiting-room", daemon=True
        )

    def open(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more; who comes now waits for the web."""
        self._server.shutdown()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, share: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer, bind_and_activate=False)
        self.share = share

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that hangs up is no news."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        """Alive, and not ready."""
        if self.path == "/healthz":
            self._answer(200, {"status": "ok"})
            return
        percent = int(100 * min(max(self.server.share(), 0.0), 0.99))
        self._answer(503, {"ready": False, "reasons": [f"recovering, {percent} %"], "warnings": []})

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 http.server's names

    def _answer(self, status: int, found: dict[str, object]) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Retry-After", "1"),
            ("Connection", "close"),
            ("Refresh", "2"),  # a console that is opened now comes up by itself
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """Nobody needs to know what this is made of."""
        return "carehub"

    def log_message(self, *given: object) -> None:
        """Silent, as the web is."""
