"""A hub of one's own: ``carehub run`` as a process, with its settings, its registry and its data in a folder of its own."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from hub_nursery import Hatched, Moment
from parts import Broker, free_port, wait_until

from gateway.operations.database import open_database
from gateway.registry.apply import apply
from gateway.registry.csv_file import parse

COLUMNS = (
    "site,place,home,facility,name,address,capacity,contact1_name,contact1_phone,contact2_name,contact2_phone,"
    "access_note,device,device_kind,room,heartbeat_s"
)
PATH = "福田区/莲花街道/莲花社区/莲花二村"
HOME_DEVICES = {
    "pendant": ("pendant", "随身"),
    "radar": ("radar", "卫生间"),
    "door": ("contact", "入户门"),
    "pir": ("motion", "客厅"),
    "sos": ("sos", "床头"),
}
SECRET = "0123456789abcdef-of-the-tests"
START_WITHIN_S = 40.0


def registry(*, homes: int = 3, heartbeat_s: int = 7_200) -> str:
    """Homes H0001 … with a pendant, radar, door, pir and sos each; a station with GW-01; a hall for 20 with a counter."""
    lines = [COLUMNS]
    for number in range(1, homes + 1):
        home, name = f"H{number:04d}", "王女士" if number == 1 else f"{'李陈张刘'[number % 4]}先生"
        place = f"lianhua,{PATH},{home},,{name},莲花二村3栋{number:04d},,女儿 陈静,13800000001,,,密码 2580#"
        for suffix, (kind, room) in HOME_DEVICES.items():
            lines.append(f"{place},{home}-{suffix},{kind},{room},{heartbeat_s}")
            place = f"lianhua,{PATH},{home},,,,,,,,,"
    lines.append(
        f"lianhua,{PATH},,F-station,莲花社区服务站,莲花二村1栋,,,,,,,GW-01,gateway,值班室,{heartbeat_s}"
    )
    lines.append(
        f"lianhua,{PATH},,F-hall,长者活动室,莲花二村1栋,20,,,,,,F-hall-counter,counter,正门,{heartbeat_s}"
    )
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def carehub(*arguments: str | Path, **environment: str) -> Done:
    """Run a command of ``carehub`` to its end."""
    with TemporaryDirectory(prefix="carehub-command-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = Hatched([*map(str, arguments)], out=out, err=err, environment=environment)
        wait_until(lambda: process.poll() is not None, within_s=150, what=f"{arguments} ending")
        code = process.poll()
        assert code is not None
        return Done(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@dataclass
class HubProcess:
    """The hub in ``folder``; ``mqtt`` and ``more`` are lines of its settings. Simulation is off unless they say so."""

    folder: Path
    broker: Broker
    mqtt: str = ""
    more: str = ""
    device_rate_per_s: float = 0  # no limit: a flow says in minutes what devices say in days
    broker_port: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    on_disk: Path | None = None
    reserve_mb: int = 1
    duty: str = ""
    port: int = field(default_factory=free_port)
    process: Hatched | None = None
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.http = httpx.Client(base_url=self.url, timeout=20)
        self.write_settings()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "carehub.toml"

    @property
    def data(self) -> Path:
        return (self.on_disk or self.folder) / "data"

    def write_settings(self) -> None:
        self.config.write_text(
            f'[hub]\ndata = "{self.data}"\n{self.more_of_hub()}[mqtt]\nhost = "{self.broker.host}"\n'
            f"port = {self.broker_port or self.broker.port}\n{self.mqtt}\n[http]\nport = {self.port}\n"
            f"[ingest]\ndevice_rate_per_s = {self.device_rate_per_s}\n{self.more}\n",
            encoding="utf-8",
        )

    def more_of_hub(self) -> str:
        """Rules of its own, when its folder has some."""
        rules = self.folder / "rules"
        plan = ""
        if self.duty:
            (self.folder / "duty.yaml").write_text(self.duty, encoding="utf-8")
            plan = f'duty = "{self.folder / "duty.yaml"}"\n'
        reserve = f"disk_reserve_mb = {self.reserve_mb}\n"
        return reserve + plan + (f'rules = "{rules}"\n' if rules.is_dir() else "")

    def give_rules(self, text: str) -> None:
        """Judge by these rules instead of the built-in ones; before ``start``."""
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "rules.yaml").write_text(text, encoding="utf-8")
        self.write_settings()

    def bring(self, sheet: str) -> None:
        """Import this registry; before ``start``."""
        database = open_database(self.data / "operations.sqlite")
        apply(database, parse(sheet, source="registry.csv"), source="registry.csv")
        database.dispose()

    # its life

    def spawn(self, moment: Moment | None = None) -> None:
        """Start the process and wait for nothing; with a ``moment`` it will be killed there."""
        log = self.folder / "hub.log"
        self.process = Hatched(
            ["run", "-c", str(self.config)],
            out=log,
            err=log,
            environment=self.environment,
            constants=self.constants,
            moment=moment,
        )

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process is None or self.process.poll() is not None

    def start(self, *, within_s: float = START_WITHIN_S) -> None:
        """Start and wait until it is ready."""
        self.spawn()
        wait_until(self.is_ready, within_s=within_s, what=f"the hub being ready: {self.log()[-3000:]}")

    def stop(self) -> None:
        """SIGTERM; it must end by itself and with 0."""
        if self.process is not None:
            code = self._end(signal.SIGTERM)
            assert code == 0, f"ended with {code}: {self.log()[-3000:]}"

    def kill(self) -> None:
        """SIGKILL, as a power cut is to it."""
        if self.process is not None:
            self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int | None:
        process, self.process = self.process, None
        assert process is not None
        process.send_signal(how)
        wait_until(lambda: process.poll() is not None, within_s=30, what=f"the hub ending by {how.name}")
        return process.poll()

    def log(self) -> str:
        path = self.folder / "hub.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # what it says

    def answers(self) -> bool:
        """Whether its API answers; while it recovers only the waiting room does."""
        try:
            said = self.http.get("/readyz").json()["reasons"]
        except httpx.HTTPError:
            return False
        return not any(reason.startswith("recovering") for reason in said)

    def is_ready(self) -> bool:
        assert self.process is None or self.process.poll() is None, f"the hub ended: {self.log()[-3000:]}"
        try:
            return self.http.get("/readyz").is_success
        except httpx.HTTPError:
            return False

    def reasons(self) -> str:
        """Why it is not ready; empty when it is."""
        return "; ".join(self.http.get("/readyz").json()["reasons"])

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 whatever JSON is answered
        answer = self.http.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def alerts(self, state: str = "open") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/alerts", state=state, limit=500)["alerts"]
        return found

    def rules_open(self) -> list[str]:
        """The rules of the open alerts, sorted, one entry an alert."""
        return sorted(alert["rule"] for alert in self.alerts())

    def readings(self, device: str, metric: str, limit: int = 10_000) -> list[dict[str, Any]]:
        """The device's readings of a metric within the last month, newest first."""
        figures = {"from": 0, "to": 4_102_444_799_999, "limit": limit}
        found: list[dict[str, Any]] = self.get("/api/v1/readings", device=device, metric=metric, **figures)[
            "readings"
        ]
        return found

    def quarantine(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/quarantine", limit=1_000)["messages"]
        return found

    def figures(self) -> dict[str, float]:
        """/metrics by name, without ``carehub_``; what has labels also as the sum over them, under the bare name."""
        found: dict[str, float] = {}
        for line in self.http.get("/metrics").text.splitlines():
            if not line.startswith("#"):
                name, value = line.removeprefix("carehub_").rsplit(" ", 1)
                found[name] = float(value)
                bare = name.partition("{")[0]
                if bare != name:
                    found[bare] = found.get(bare, 0.0) + float(value)
        return found

    def has_drained(self) -> bool:
        """Whether everything that is in the journal is in the store."""
        return self.figures()["store_behind_events"] == 0


@contextmanager
def a_hub(
    folder: Path,
    broker: Broker,
    *,
    homes: int = 3,
    heartbeat_s: int = 7_200,
    rules: str = "",
    started: bool = True,
    **settings: Any,  # noqa: ANN401 fields of HubProcess
) -> Iterator[HubProcess]:
    """A hub with a registry; running and ready, unless ``started`` is false. Ends with the context."""
    hub = HubProcess(folder / "hub", broker, **settings)
    if rules:
        hub.give_rules(rules)
    hub.bring(registry(homes=homes, heartbeat_s=heartbeat_s))
    try:
        if started:
            hub.start()
        yield hub
        hub.stop()
    finally:
        hub.kill()
        hub.http.close()


def channel(url: str, *, name: str = "station") -> str:
    """Settings of a webhook channel."""
    return f'[[channels]]\nname = "{name}"\nkind = "webhook"\nurl = "{url}/{name}"\nsecret = "{SECRET}"\n'


def json_bytes(**fields: object) -> bytes:
    """A payload."""
    return json.dumps(fields, ensure_ascii=False).encode()


def ids(alerts: Sequence[dict[str, Any]]) -> list[str]:
    return [alert["id"] for alert in alerts]
