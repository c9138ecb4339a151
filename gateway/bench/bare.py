"""The floor: read and acknowledge, nothing else. ``python -m gateway.bench.bare PORT MESSAGES`` (0: only make the session)."""

from __future__ import annotations

import json
import socket
import sys
import time

import mqtt5

from gateway.bench.pinned import pin
from gateway.ingest.source import RECEIVE_MAX

READ_BYTES = 1 << 20


def drain(port: int, messages: int) -> dict[str, float]:
    """Drain that many messages of the kept session ``bench-bare``; seconds from CONNACK to the last PUBACK."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connect = mqtt5.ConnectPacket(
            "bench-bare", session_expiry_interval=0xFFFFFFFF, receive_max=RECEIVE_MAX, keep_alive=600
        )
        connection.sendall(connect.write())
        if not messages:
            filters = [
                mqtt5.TopicFilter(f"care/v1/+/+/{channel}", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
                for channel in ("telemetry", "event")
            ]
            connection.recv(READ_BYTES)
            connection.sendall(mqtt5.SubscribePacket(1, filters).write())
            connection.recv(READ_BYTES)
            return {"seconds": 0.0, "cpu_s": 0.0}
        return _read(connection, messages)


def _read(connection: socket.socket, messages: int) -> dict[str, float]:
    count, rest = 0, b""
    began, cpu = time.perf_counter(), time.process_time()
    while count < messages:
        data = rest + connection.recv(READ_BYTES)
        view, done, acks = memoryview(data), 0, []
        while done < len(data):
            try:
                packet, size = mqtt5.read(view[done:])
            except IndexError:
                break
            done += size
            if isinstance(packet, mqtt5.PublishPacket) and packet.packet_id is not None:
                acks.append(b"\x40\x02" + packet.packet_id.to_bytes(2, "big"))
        rest = data[done:]
        count += len(acks)
        connection.sendall(b"".join(acks))
    return {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}


if __name__ == "__main__":
    pin()
    sys.stdout.write(json.dumps(drain(int(sys.argv[1]), int(sys.argv[2]))))
