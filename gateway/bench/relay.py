"""The floor of latency: read an event, put it on the disk, post it, acknowledge.

``python -m gateway.bench.relay PORT URL FILE``. The file is written once before, and then over and over, as a
database does with its log.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import mqtt5

READ_BYTES = 1 << 16
FILE_BYTES = 1 << 20


def relay(port: int, url: str, file: Path) -> None:
    """Run until killed; says "listening" on stdout once it is subscribed."""
    target = urlsplit(url)
    web = http.client.HTTPConnection(target.netloc)
    web.connect()
    web.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with socket.create_connection(("127.0.0.1", port)) as broker, file.open("w+b", buffering=0) as kept:
        kept.write(bytes(FILE_BYTES))
        os.fsync(kept.fileno())
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        broker.sendall(mqtt5.ConnectPacket("bench-relay", clean_start=True, keep_alive=0).write())
        wanted = mqtt5.TopicFilter("care/v1/+/+/event", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
        broker.sendall(mqtt5.SubscribePacket(1, [wanted]).write())
        rest = b""
        while data := broker.recv(READ_BYTES):
            rest = _post_all(rest + data, broker, web, target.path, kept)


def _post_all(
    data: bytes, broker: socket.socket, web: http.client.HTTPConnection, path: str, kept: BinaryIO
) -> bytes:
    """Keep and post what is whole; returns the rest."""
    view, done = memoryview(data), 0
    while done < len(data):
        try:
            packet, size = mqtt5.read(view[done:])
        except IndexError:
            break
        done += size
        if isinstance(packet, mqtt5.SubAckPacket):
            sys.stdout.write("listening\n")
            sys.stdout.flush()
        if isinstance(packet, mqtt5.PublishPacket) and packet.packet_id is not None:
            kept.seek(kept.tell() % (FILE_BYTES // 2))
            kept.write(packet.payload)
            os.fdatasync(kept.fileno())
            web.request("POST", path, bytes(packet.payload))
            web.getresponse().read()
            broker.sendall(b"\x40\x02" + packet.packet_id.to_bytes(2, "big"))
    return data[done:]


if __name__ == "__main__":
    relay(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
