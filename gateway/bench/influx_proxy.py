"""What InfluxDB 2.x offers and Debian's InfluxDB 1.6.7 does not, in front of a real 1.6.7.

``/api/v2/write`` (it came with 1.8) becomes ``/write``: ``bucket`` becomes ``db``, precision ``us`` and
``ns`` become ``u`` and ``n``. Databases are created when first named. Everything else passes through.

With a ``prefix`` each proxy has databases of its own in a shared InfluxDB; with a ``token`` it answers 401
to any other. Also a program: ``python -m gateway.bench.influx_proxy --port 8087 --target http://127.0.0.1:8086``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

PRECISIONS = {"us": "u", "ns": "n"}
FORM = "application/x-www-form-urlencoded"
NOT_PASSED = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


class InfluxProxy:
    """A context manager; ``url`` is where an InfluxDB 2.x seems to be."""

    def __init__(self, target: str, *, port: int = 0, prefix: str = "", token: str = "") -> None:
        self.target = urlsplit(target).netloc
        self.prefix = prefix
        self.token = token
        self._known: set[str] = set()
        self._creating = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"proxy": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def database(self, name: str) -> str:
        """Name the database behind a bucket, made on first use."""
        name = self.prefix + name
        with self._creating:
            if name not in self._known:
                escaped = name.replace("\\", "\\\\").replace('"', '\\"')
                body = urlencode({"q": f'CREATE DATABASE "{escaped}"'}).encode()
                self.forward("POST", "/query", body, {"Content-Type": FORM})
                self._known.add(name)
        return name

    def forward(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the real InfluxDB; status, headers and body of its answer."""
        connection = http.client.HTTPConnection(self.target, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: InfluxProxy

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.proxy.token and self.headers.get("Authorization") != f"Token {self.proxy.token}":
            self._answer(401, [], b'{"code":"unauthorized","message":"unauthorized access"}')
            return
        split = urlsplit(self.path)
        path, query = split.path, dict(parse_qsl(split.query, keep_blank_values=True))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED}
        if path == "/api/v2/write":
            path, query = "/write", self._write_query(query)
        elif "db" in query:
            query["db"] = self.proxy.database(query["db"])
        elif headers.get("Content-Type", "").startswith(FORM):
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            if "db" in form:
                body = urlencode(form | {"db": self.proxy.database(form["db"])}).encode()
        status, answer_headers, answer = self.proxy.forward(
            self.command, f"{path}?{urlencode(query)}", body, headers
        )
        self._answer(status, answer_headers, answer)

    def _write_query(self, query: dict[str, str]) -> dict[str, str]:
        precision = query.get("precision", "ns")
        return {
            "db": self.proxy.database(query["bucket"]),
            "precision": PRECISIONS.get(precision, precision),
        }

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {*NOT_PASSED, "date"}:
                self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:  # which has neither body nor length
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
        """Keep quiet."""


def main() -> None:
    """Stand before ``--target`` until killed; the first line on stdout is ``{"url": ...}``."""
    parser = argparse.ArgumentParser(description="InfluxDB 2.x's write path in front of an InfluxDB 1.6.7")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--target", default="http://127.0.0.1:8086")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--token", default="")
    options = parser.parse_args()
    proxy = InfluxProxy(options.target, port=options.port, prefix=options.prefix, token=options.token)
    with proxy:
        print(json.dumps({"url": proxy.url}), flush=True)  # noqa: T201 a caller reads where it listens
        threading.Event().wait()


if __name__ == "__main__":
    main()
