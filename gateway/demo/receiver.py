"""The other end of the demo's channels: an HTTP receiver on loopback that verifies signatures and notes what came when."""

from __future__ import annotations

import hmac
import json
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message that came with a right signature; ``wall_ms`` is when."""

    channel: str
    message_id: str
    alert: str
    wall_ms: float


class Receiver:
    """Listens on a free loopback port; ``url`` of a channel is ``address`` + '/' + its name."""

    def __init__(self, secret: str) -> None:
        self.receipts: list[Receipt] = []
        self.rejected = 0
        self._secret = secret.encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        now = time.time_ns() / 1_000_000
        signed = headers.get("x-carehub-timestamp", "").encode() + b"." + body
        right = "v1=" + hmac.new(self._secret, signed, sha256).hexdigest()
        if not hmac.compare_digest(right, headers.get("x-carehub-signature", "")):
            self.rejected += 1
            return False
        alert = json.loads(body)["alert"]["id"]
        self.receipts.append(Receipt(path.strip("/"), headers.get("x-carehub-id", ""), alert, now))
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(204 if receiver._take(self.path, headers, body) else 401)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
                """Keep quiet: the demo speaks for itself."""

        return Handler
