"""The sign of life to somebody outside: which addresses are taken, and that no failure ends it or tells the address."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from parts import free_port
from receiver import Reply, receiving

from gateway.heartbeat import Heartbeat
from gateway.parts import open_heartbeat
from gateway.settings import SettingsError, load_settings


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "carehub.toml"
    file.write_text(text, encoding="utf-8")
    return file


async def beat(heart: Heartbeat, pings: int) -> None:
    """Let it ping so many times."""
    beating = asyncio.create_task(heart.run())
    async with asyncio.timeout(20):
        while heart.pings.total() < pings:  # noqa: ASYNC110 a counter tells nobody
            await asyncio.sleep(0)
    beating.cancel()
    await asyncio.wait([beating])
    assert beating.cancelled()


def test_in_clear_over_the_network_is_refused_without_telling_the_address(tmp_path: Path) -> None:
    for key in ("url", "fail_url"):
        file = settings(tmp_path, f'[watchdog]\n{key} = "http://watch.example.org/secret-path"\n')
        with pytest.raises(SettingsError) as refused:
            open_heartbeat(load_settings(file), list)
        assert "[watchdog]" in str(refused.value)
        assert "must begin with https://" in str(refused.value)
        assert "secret-path" not in str(refused.value)


def test_a_variable_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"watchdog\.url: .*no CAREHUB_TEST_NO_SUCH"):
        load_settings(settings(tmp_path, '[watchdog]\nurl = "env:CAREHUB_TEST_NO_SUCH"\n'))


@pytest.mark.parametrize("key", ["level", "format"])
def test_a_log_that_cannot_be_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match=rf"carehub\.toml:2: log\.{key}"):
        load_settings(settings(tmp_path, f'[log]\n{key} = "loud"\n'))


def test_without_trouble_it_is_asked_and_with_trouble_it_hears_nothing() -> None:
    reasons: list[str] = []
    with receiving() as outside:
        asyncio.run(beat(Heartbeat(outside.url, "", every_s=0, reasons=lambda: reasons), 3))
        assert len(outside.requests) >= 3
        reasons.append("cannot write")
        before = len(outside.requests)
        heart = Heartbeat(outside.url, "", every_s=0, reasons=lambda: reasons)
        asyncio.run(beat(heart, 3))
        assert len(outside.requests) == before
        assert heart.pings["kept_silent"] >= 3


def test_a_trouble_that_does_not_last_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(["the broker cannot be heard"] * 5)
    monkeypatch.setattr("gateway.heartbeat.LOOK_EVERY_S", 0.0)
    with receiving() as outside:
        heart = Heartbeat(
            outside.url + "/up",
            outside.url + "/fail",
            every_s=3_600,
            reasons=lambda: [why] if (why := next(looks, "")) else [],
        )
        asyncio.run(beat(heart, 1))
        assert [request.path for request in outside.requests] == ["/up"]


def test_nobody_there_and_a_refusal_are_logged_by_kind_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nobody = Heartbeat(f"http://127.0.0.1:{free_port()}/secret-path", "", every_s=0, reasons=list)
    asyncio.run(beat(nobody, 2))
    with receiving(Reply(500)) as outside:
        asyncio.run(beat(Heartbeat(outside.url + "/secret-path", "", every_s=0, reasons=list), 2))
    assert "connection failed (ConnectError)" in caplog.text
    assert "HTTP 500" in caplog.text
    assert "secret-path" not in caplog.text


def test_with_no_address_it_waits_for_nothing() -> None:
    async def rests() -> None:
        resting = asyncio.create_task(Heartbeat("", "", every_s=0, reasons=list).run())
        done, _ = await asyncio.wait([resting], timeout=0.01)
        assert not done
        resting.cancel()

    asyncio.run(rests())
