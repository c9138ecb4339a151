"""A TCP proxy whose upstream direction can be muted: what the client then says never arrives, PUBACKs among it."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self


class TcpProxy:
    """A context manager on a free loopback port.

    While ``muted``, bytes from client to server are lost; while ``away``, nobody is there.
    """

    def __init__(self, target_port: int) -> None:
        self.muted = self.away = False
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for each in (self._listener, *self._sockets):
            each.close()

    def cut(self) -> None:
        """Break off every connection."""
        for each in self._sockets:
            _shut(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # the listener was shut
                return
            if self.away:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._target_port))
            self._sockets += [client, server]
            for source, sink, upstream in ((client, server, True), (server, client, False)):
                pump = threading.Thread(target=self._pump, args=(source, sink, upstream), daemon=True)
                self._threads.append(pump)
                pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, upstream: bool) -> None:  # noqa: FBT001 Thread gives it by position
        try:
            while data := source.recv(65_536):
                if not (upstream and self.muted):
                    sink.sendall(data)
        except OSError:  # cut from either side
            pass
        _shut(source)
        _shut(sink)


def _shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is shut already
        return
