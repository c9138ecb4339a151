"""Fixtures every test may use: real parts, started for it and stopped after it.

And how long hypothesis looks: 100 examples a law, 1,000 under ``CAREHUB_DEEP=1``; in CI the same ones every time. And where the
tests' folders lie: in memory.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from parts import (
    INFLUX_CONF,
    MISSING,
    Broker,
    Influx,
    answers,
    free_port,
    memory_folder,
    real_part,
    wait_until,
)

if TYPE_CHECKING:
    from simulated_month import Month

settings.register_profile(
    "carehub",
    max_examples=1_000 if os.environ.get("CAREHUB_DEEP") == "1" else 100,
    derandomize=os.environ.get("CI") == "true",
    deadline=None,  # two cores shared with brokers and databases: a slow moment is no failure
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("carehub")
# Hundreds of small databases would wait for the disk at every commit, and fail when somebody else keeps it busy. What is left
# after a SIGKILL is the same in memory; the deep suite takes the disk.
if "TMPDIR" not in os.environ and os.environ.get("CAREHUB_DEEP") != "1" and (folder := memory_folder()):
    os.environ["TMPDIR"] = tempfile.tempdir = folder  # for what the tests start, and for the tests


@pytest.fixture
def mosquitto() -> Iterator[Broker]:
    """A running Mosquitto with the house's settings on a free loopback port."""
    program = real_part("mosquitto")
    with tempfile.TemporaryDirectory(prefix="carehub-broker-", ignore_cleanup_errors=True) as folder:
        broker = Broker(program, Path(folder))
        broker.start()
        yield broker
        broker.kill()


@pytest.fixture(scope="session")
def influxd() -> Iterator[Influx]:
    """A running InfluxDB of Debian's, shared by the whole run: each test makes its own database."""
    program = real_part("influxd")
    with tempfile.TemporaryDirectory(prefix="carehub-influx-", ignore_cleanup_errors=True) as folder:
        port, conf = free_port(), Path(folder) / "influxdb.conf"
        conf.write_text(INFLUX_CONF.format(port=port, rpc=free_port(), data=folder))
        process = subprocess.Popen(
            [program, "-config", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url + "/ping"), within_s=30, what="influxd answering")
        yield Influx(url, port)
        process.kill()
        process.wait(10)


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A month of a simulated town with the figures that are made of it, shared by the whole run: nobody may change it."""
    from simulated_month import simulated_month  # noqa: PLC0415 it knows half of the house

    return simulated_month(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of Debian's Chromium."""
    return real_part("chromium")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it missed: only the process that started the workers speaks."""
    output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["missing"] = sorted(MISSING)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401 a worker of xdist, if that is installed
    """Take over what a worker missed; one that crashed has handed over nothing."""
    MISSING.update(getattr(node, "workeroutput", {}).get("missing", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which real parts were missing, so that a green run does not claim what it did not do."""
    if MISSING:
        terminalreporter.section("real parts missing")
        terminalreporter.write_line(
            f"not tested for want of: {', '.join(sorted(MISSING))}. Install them with: sudo apt-get install "
            + " ".join(sorted(MISSING))
        )
