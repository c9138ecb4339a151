"""Somebody falls, and a webhook hears of it: both ends of the hub in one process, so that one monotonic clock measures."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import mqtt5

from gateway.bench.station import SITE
from rules.effects import alert_id

READ_BYTES = 1 << 16


@dataclass(slots=True)
class Fall:
    """A fall in a home; times in seconds of the monotonic clock, 0 before it is so. ``told``: how often the hub told of it."""

    home: str
    event: str
    sent_at: float = 0.0
    heard_at: float = 0.0
    relayed_at: float = 0.0
    told: int = 0

    @property
    def device(self) -> str:
        """The pendant that feels it."""
        return f"{self.home}-pendant"

    @property
    def alert(self) -> str:
        """The id of its alert, by the rule ``fall``."""
        return alert_id("fall", self.home, self.device, self.event)


class Falls:
    """Publishes falls at a broker, QoS 1, and listens for what comes of them. ``site`` names a home's station."""

    def __init__(self, broker_port: int, site: Callable[[str], str] = lambda _home: SITE) -> None:
        self._site = site
        self.by_alert: dict[str, Fall] = {}
        self.by_event: dict[str, Fall] = {}
        self.others = 0  # webhooks about other alerts
        self._counting = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"falls": self}))
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()
        self._broker = socket.create_connection(("127.0.0.1", broker_port))
        self._broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._broker.sendall(mqtt5.ConnectPacket("bench-falls", clean_start=True, keep_alive=0).write())
        self._broker.recv(READ_BYTES)
        self._swallowing = threading.Thread(target=self._swallow, name="acknowledged", daemon=True)
        self._swallowing.start()
        self._count = 0

    def _swallow(self) -> None:
        """PUBACKs: that a fall has come is known by the webhook."""
        with contextlib.suppress(OSError):
            while self._broker.recv(READ_BYTES):
                pass

    @property
    def hub_url(self) -> str:
        """Where the hub is to tell of alerts."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hub"

    @property
    def relay_url(self) -> str:
        """Where the floor is to tell of what it reads."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/relay"

    def fall(self, home: str) -> Fall:
        """Somebody falls there now."""
        self._count += 1
        found = Fall(home, f"bench-{self._count}")
        self.by_alert[found.alert] = self.by_event[found.event] = found
        body = {
            "ts": time.time_ns() // 1_000_000,
            "id": found.event,
            "type": "fall",
            "data": {"confidence": 0.9},
        }
        packet = mqtt5.PublishPacket(
            f"care/v1/{self._site(home)}/{found.device}/event",
            json.dumps(body).encode(),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            packet_id=self._count % 65_535 + 1,
        )
        found.sent_at = time.monotonic()
        self._broker.sendall(packet.write())
        return found

    def close(self) -> None:
        """End both ends."""
        with contextlib.suppress(OSError):  # the broker may have gone before
            self._broker.shutdown(socket.SHUT_RDWR)
        self._swallowing.join()
        self._broker.close()
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, body: bytes, at: float) -> None:
        """A webhook came."""
        said = json.loads(body)
        if path == "/relay":
            relayed = self.by_event.get(said.get("id", ""))
            if relayed is not None:
                relayed.relayed_at = relayed.relayed_at or at
            return
        heard = self.by_alert.get(said["alert"]["id"])
        if heard is None:
            self.others += 1
        else:
            with self._counting:
                heard.heard_at = heard.heard_at or at
                heard.told += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 socketserver's own types
        """A hub that hangs up, at its end or because it waited too long, is no error here; anything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    falls: Falls
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        at = time.monotonic()
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()
        self.falls.take(self.path, body, at)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Keep quiet."""
