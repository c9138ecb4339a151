"""A receiver of alerts on loopback: records what arrives, verifies signatures, and answers as it is told.

It checks signatures by its own reading of docs/webhook.md and shares no code with the sender.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """One POST, or GET, as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 whatever was sent
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["x-carehub-id"]


@dataclass(frozen=True)
class Reply:
    """What to answer; ``hang`` answers nothing until the receiver is released."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False


@dataclass
class Receiver:
    """``replies`` are used up in order, then ``reply`` is given for ever; ``requests`` is everything that arrived."""

    url: str = ""
    reply: Reply = field(default_factory=Reply)
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Request) -> Reply:
        with self.lock:
            self.requests.append(request)
            return self.replies.pop(0) if self.replies else self.reply

    def ids(self) -> list[str]:
        """The message ids that arrived, in order, repeats included."""
        with self.lock:
            return [request.id for request in self.requests]

    def release(self) -> None:
        """Let everything that hangs go on."""
        self.released.set()


def signed(request: Request, secret: str) -> bool:
    """Whether the request's signature fits its body and timestamp."""
    timestamp = request.headers["x-carehub-timestamp"]
    wanted = hmac.new(secret.encode(), f"{timestamp}.".encode() + request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v1={wanted}", request.headers["x-carehub-signature"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 socketserver's own types
        """A sender that hangs up in the middle is what some tests are about; anything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def receiving(reply: Reply | None = None, receiver: Receiver | None = None) -> Iterator[Receiver]:
    """A running receiver on a free loopback port: an ordinary one, unless it is given."""
    receiver = receiver or Receiver()
    receiver.reply = reply or receiver.reply

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Request(self.path, headers, body))
            if answer.hang:
                receiver.released.wait(30)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST  # noqa: N815 http.server's name

        def log_message(self, *args: object) -> None:
            """Silent: the test looks at ``requests``."""

    server = _Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release()
        server.shutdown()
        server.server_close()
        thread.join(5)
