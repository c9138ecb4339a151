"""While the hub recovers its port answers; then the same socket serves the web."""

from __future__ import annotations

import socket
import threading

import httpx
from parts import free_port

from gateway.listening import listen
from gateway.waiting_room import WaitingRoom


def test_it_is_alive_not_ready_and_says_how_far_it_is() -> None:
    port, share = free_port(), [0.0]
    listener = listen("127.0.0.1", port)
    room = WaitingRoom(listener, lambda: share[0])
    room.open()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert answer.json() == {"ready": False, "reasons": ["recovering, 0 %"], "warnings": []}
            share[0] = 0.417
            assert client.get("/readyz").json()["reasons"] == ["recovering, 41 %"]
            assert client.post("/api/v1/alerts/x/accept").status_code == 503
            share[0] = 7.0
            assert client.get("/").json()["reasons"] == ["recovering, 99 %"]
    finally:
        room.close()
    with listener:
        later = threading.Thread(target=_answer_one, args=(listener,))
        later.start()
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "web"
        later.join(5)


def _answer_one(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nweb")
