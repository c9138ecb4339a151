"""A TCP proxy as a network that fails: it swallows what is said, holds it back, lets nobody through, or breaks off."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self


class TcpProxy:
    """A context manager on a free loopback port.

    While ``muted``, bytes from client to server are lost: PUBACKs among them. While ``dead``, bytes are lost both ways and
    nobody hears of it: connections stay, new ones are taken. While ``away``, nobody is there. What was lost is never
    made good: ``cut`` before it goes on. ``hold`` keeps everything back until ``let``, as a short break of a line does.
    """

    def __init__(self, target_port: int) -> None:
        self.muted = self.away = self.dead = False
        self._resetting = False
        self._flows = threading.Event()
        self._flows.set()
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
        self.let()
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for each in (self._listener, *self._sockets):
            each.close()

    def cut(self, *, reset: bool = False) -> None:
        """Break off every connection; ``reset``: by RST, as a router that has forgotten it does."""
        if not reset:
            for each in self._sockets:
                _shut(each)
            return
        self._resetting = True
        for each in self._sockets:
            with contextlib.suppress(OSError):  # it has ended already
                each.shutdown(socket.SHUT_RD)  # wakes who reads and tells the other side nothing
        for thread in self._threads[1:]:
            thread.join(5)
        for each in self._sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.close()  # with no time to linger this is the RST
        self._sockets, self._threads, self._resetting = [], self._threads[:1], False

    def hold(self) -> None:
        """Keep back what is said from now on, both ways."""
        self._flows.clear()

    def let(self) -> None:
        """Pass on what was kept back, and everything again."""
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # the listener was shut
                return
            if self.away:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:  # who should be there is down
                client.close()
                continue
            self._sockets += [client, server]
            for source, sink, upstream in ((client, server, True), (server, client, False)):
                pump = threading.Thread(target=self._pump, args=(source, sink, upstream), daemon=True)
                self._threads.append(pump)
                pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, upstream: bool) -> None:  # noqa: FBT001 Thread gives it by position
        try:
            while data := source.recv(65_536):
                self._flows.wait()
                if not self.dead and not (upstream and self.muted):
                    sink.sendall(data)
        except OSError:  # cut from either side
            pass
        if not self._resetting:
            _shut(source)
            _shut(sink)


def _shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is shut already
        return
