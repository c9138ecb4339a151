"""A whole hub at work behind the web, on a loop of its own in a thread; only the broker is played."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import uvicorn
from fastapi import FastAPI
from parts import wait_until
from web_desk import CHEAP, PIN

from gateway.accounts.roles import ROLES
from gateway.accounts.who import Grant, Kind, Who
from gateway.hub import Hub
from gateway.hub_port import WebPort
from gateway.ingest.source import Connected, Message
from gateway.operations import accounts
from gateway.operations.people import People
from gateway.registry import apply as registry
from gateway.registry.csv_file import parse
from gateway.settings import Settings
from gateway.store.readings import Reading, Readings
from gateway.web.app import create_app
from gateway.web.settings import WebSettings

T = TypeVar("T")
TOKEN = "0123456789abcdef0123456789abcdef"
WITHIN_S = 60.0
SIGNED_IN = "李敏"
_HEAD = (
    "site,place,home,facility,name,address,capacity,contact1_name,contact1_phone,contact2_name,contact2_phone,access_note,"
    "device,device_kind,room,heartbeat_s"
)
_AT = "lianhua,福田区/莲花街道/莲花社区/莲花二村"
REGISTRY = "\n".join(
    [
        _HEAD,
        *(
            f"{_AT},H000{n},,王女士,3栋120{n},,女儿 陈静,139 0000 1234,,,钥匙在门卫处,h{n}-pendant,pendant,随身,3600"
            for n in range(1, 7)
        ),
        f"{_AT},H0001,,,,,,,,,,h1-motion,motion,客厅,3600",
        f"{_AT},,F01,长者活动室,社区中心二楼,40,,,,,,f1-counter,counter,正门,300",
        "",
    ]
)


@dataclass(frozen=True)
class Answer:
    """What the app has answered."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 any JSON
        return json.loads(self.body)


class _Heard:
    """The broker's side: it takes every acknowledgement and echoes what the hub writes to itself."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._packets = 0

    def acknowledge(self, packet_ids: Any) -> None:  # noqa: ANN401 ids, all of them taken
        list(packet_ids)

    def publish(self, topic: str, payload: bytes) -> None:
        if topic.startswith("care/v1/_hub"):
            self.says(topic, payload)

    def says(self, topic: str, payload: bytes) -> None:
        self._packets += 1
        self._hub.inbox.put([Message(topic, payload, self._packets, False, False, self._hub.clock.now())])


class LivingHub:
    """A hub with homes, a hall, staff, alerts in every state, a mode, a silence and a message nobody can read."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub", daemon=True)
        self._thread.start()
        self._tasks: list[asyncio.Task[None]] = []
        self.hub = self.does(self._opened(folder))
        self.port = WebPort(self.hub)
        self.alerts = self.does(self._lived())

    def does(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the hub's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S)

    def app(self, settings: WebSettings | None = None) -> FastAPI:
        """The web of this hub; sign-ins are by a cheap hash."""
        app = create_app(self.port, settings or WebSettings())
        object.__setattr__(app.state.context, "people", People(self.hub.database, CHEAP))
        return app

    def signed_in(self, app: FastAPI) -> str:
        """The Cookie header of somebody with every role who has signed in, whatever was done to their account before."""
        people = People(self.hub.database, CHEAP)
        accounts.begin_again(self.hub.database, 1)
        accounts.set_grants(self.hub.database, 1, [Grant(role) for role in ROLES])
        who = Who(Kind.PERSON, (), 1, SIGNED_IN)
        return f"{app.state.context.settings.cookie('person')}={people.sign_in(who, self.hub.wall_ms())}"

    @contextmanager
    def served(self, app: FastAPI) -> Iterator[str]:
        """The app on a real port of this machine, the one in its settings; gives the address."""
        port = app.state.context.settings.port
        server = uvicorn.Server(
            uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
        )
        serving = asyncio.run_coroutine_threadsafe(server.serve(), self._loop)
        wait_until(lambda: server.started, what="uvicorn started")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            serving.result(WITHIN_S)

    def asks(
        self,
        app: FastAPI,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        until: bytes = b"",
    ) -> Answer:
        """Hand a request to the app on the hub's loop, byte for byte, without a socket.

        ``until`` this has come the asker listens; then it goes away.
        """
        return self.does(self._asked(app, method, url, dict(headers or {}), body, until))

    async def _asked(
        self, app: FastAPI, method: str, url: str, headers: dict[str, str], body: bytes, until: bytes
    ) -> Answer:
        parts = urlsplit(url)
        head = {"host": "127.0.0.1:8080", "content-length": str(len(body))}
        head |= {name.lower(): value for name, value in headers.items()}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": unquote_to_bytes(parts.path).decode(errors="replace"), "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(), "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8080),
            "headers": [(_bytes(name), _bytes(value)) for name, value in head.items()],
        }  # fmt: skip
        sent: list[Any] = []
        gone = asyncio.Event()
        received = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:  # noqa: ANN401 an ASGI message
            if (message := next(received, None)) is not None:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401 an ASGI message
            sent.append(message)
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            if ended or (until and until in message.get("body", b"")):
                gone.set()

        await app(scope, receive, send)
        named: dict[str, list[str]] = {}
        for name, value in sent[0]["headers"]:
            named.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return Answer(sent[0]["status"], named, b"".join(message.get("body", b"") for message in sent[1:]))

    async def _opened(self, folder: Path) -> Hub:
        hub = Hub(Settings(hub={"data": folder, "disk_reserve_mb": 0}, http={"port": 0}))  # type: ignore[arg-type]
        registry.apply(hub.database, parse(REGISTRY, source="registry.csv"))
        people = People(hub.database, CHEAP)
        if not people.names():  # else the hub has lived before
            people.add(SIGNED_IN, PIN)
            people.add("陈国强", "8024")
        self.heard = _Heard(hub)
        for part in (hub, hub.line, hub.line.reader):
            for name in ("source", "_source"):
                if hasattr(part, name):
                    setattr(part, name, self.heard)
        await hub.line.recover(hub.definition(), again=hub.definition)
        hub.writer.start()
        hub.kept.keeper.start()
        self._tasks = [asyncio.create_task(hub.line.run()), asyncio.create_task(hub.delivery.run())]
        hub.inbox.put([Connected(False, 65_535)])
        return hub

    async def _lived(self) -> list[str]:
        if self._known():
            return self._known()
        for home in range(1, 7):
            self.heard.says(
                f"care/v1/lianhua/h{home}-pendant/event",
                json.dumps({"type": "sos", "id": f"e{home}", "boot": "b", "seq": home, "data": {}}).encode(),
            )
        self.heard.says("care/v1/lianhua/h1-motion/telemetry", b'{"boot":"b","seq":1,"m":{"motion":true}}')
        self.heard.says("care/v1/lianhua/h1-motion/telemetry", b"{")
        self.heard.says("care/v1/lianhua/nobody/telemetry", b'{"m":{"motion":true}}')
        odd = Reading("h1-motion", "H0001", True, "motion", 1, math.inf, "\ud800", "good", "b", 2**70, 1)
        self.hub.kept.dead.keep(
            Readings(*([getattr(odd, column.name)] for column in fields(Readings))), {0: "no number"}, at=1
        )
        async with asyncio.timeout(WITHIN_S):
            while len(self._known()) < 6:  # noqa: ASYNC110 the database has no event
                await asyncio.sleep(0.01)
        alerts = self._known()
        until = str(self.hub.clock.now() + 3_600_000)
        for kind, alert, place, data in (
            ("accept", alerts[0], "H0001", {}),
            ("accept", alerts[1], "H0002", {}),
            ("close", alerts[1], "H0002", {"verdict": "test", "note": "试报"}),
            ("mode", "", "H0003", {"kind": "away", "until": until, "reason": "", "id": "m1"}),
            (
                "silence",
                "",
                "H0004",
                {"id": "s1", "rule": "", "device": "", "until": until, "reason": "施工"},
            ),
        ):
            answer = await self.hub.line.command(
                kind=kind,
                alert=alert,
                by=SIGNED_IN,
                data=data,
                command_id=f"{kind}-{alert}-{place}",
                key=place,
            )
            assert answer.ok, (kind, answer)
        return alerts

    def _known(self) -> list[str]:
        with self.hub.database.connect() as connection:
            return list(connection.exec_driver_sql("SELECT id FROM alert ORDER BY number").scalars())

    def close(self) -> None:
        """End it as its own end would."""
        self.does(self._closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)
        self._loop.close()

    async def _closed(self) -> None:
        hub = self.hub
        hub.changes.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await hub.replays.close()
        await hub.line.close()
        await asyncio.to_thread(hub.writer.stop)
        await hub._close()
        hub._listener.close()
        await self._loop.shutdown_default_executor()


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
