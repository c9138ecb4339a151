"""The floor of latency: read an event, post it, acknowledge. ``python -m gateway.bench.relay PORT URL``."""

from __future__ import annotations

import http.client
import socket
import sys
from urllib.parse import urlsplit

import mqtt5

READ_BYTES = 1 << 16


def relay(port: int, url: str) -> None:
    """Run until killed; says "listening" on stdout once it is subscribed."""
    target = urlsplit(url)
    web = http.client.HTTPConnection(target.netloc)
    web.connect()
    web.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with socket.create_connection(("127.0.0.1", port)) as broker:
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        broker.sendall(mqtt5.ConnectPacket("bench-relay", clean_start=True, keep_alive=0).write())
        wanted = mqtt5.TopicFilter("care/v1/+/+/event", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
        broker.sendall(mqtt5.SubscribePacket(1, [wanted]).write())
        rest = b""
        while data := broker.recv(READ_BYTES):
            rest = _post_all(rest + data, broker, web, target.path)


def _post_all(data: bytes, broker: socket.socket, web: http.client.HTTPConnection, path: str) -> bytes:
    """Post what is whole; returns the rest."""
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
            web.request("POST", path, bytes(packet.payload))
            web.getresponse().read()
            broker.sendall(b"\x40\x02" + packet.packet_id.to_bytes(2, "big"))
    return data[done:]


if __name__ == "__main__":
    relay(int(sys.argv[1]), sys.argv[2])
