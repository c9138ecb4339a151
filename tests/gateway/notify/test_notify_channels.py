"""The channels against a real receiver: what counts as taken, what is tried again, and what never leaks."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts import free_port
from receiver import Receiver, Reply, receiving, signed

from gateway.alerts.message import AlertMessage
from gateway.notify.channel import Channel, Receipt, Recoverable, Unrecoverable, message_id
from gateway.notify.http import ChannelError
from gateway.notify.opening import Given, open_channel
from gateway.notify.webhook import Webhook
from gateway.notify.wecom import TEXT_BYTES_MAX, WeComRobot
from gateway.notify.words import CUT, text_of

SECRET = "correct-horse-battery-staple"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
FALL = AlertMessage(
    id="5f0c",
    number=417,
    rule="fall",
    kind="life_safety",
    severity="critical",
    title={"zh": "疑似跌倒", "en": "Possible fall"},
    why={"zh": "跌倒报警", "en": "a fall was reported"},
    todo={"zh": ["先电话", "敲门"], "en": ["Phone first", "Knock"]},
    who={"zh": "王女士", "en": "Ms 王"},
    where={"zh": "莲花二村 3栋1201 卫生间", "en": "莲花二村 3栋1201, bathroom"},
    text={
        "zh": "紧急：疑似跌倒。警情0417，请接警",
        "en": "Critical: Possible fall. Alert 0417: please accept.",
    },
    raised_at=1,
    active_at=1,
    rung=0,
    recorded=True,
    late_ms=0,
)
NOTICE = replace(FALL, kind="device", severity="notice")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def send(channel: Channel, *messages: AlertMessage) -> list[Receipt]:
    async def all_of_them() -> list[Receipt]:
        try:
            return [await channel.send(f"id-{number}", message) for number, message in enumerate(messages)]
        finally:
            await channel.aclose()

    return asyncio.run(all_of_them())


def webhook(receiver: Receiver, **options: float) -> Webhook:
    return Webhook(
        "city",
        url=receiver.url + "/hook?token=tttttt",
        secret=SECRET,
        now_ms=lambda: 1763900000000,
        **options,
    )


def robot(receiver: Receiver) -> WeComRobot:
    return WeComRobot("group", url=receiver.url + "/cgi-bin/webhook/send", secret=KEY)


def wecom(errcode: int) -> Reply:
    return Reply(body=b'{"errcode":%d,"errmsg":"said %s"}' % (errcode, KEY.encode()))


def test_a_webhook_is_signed_and_says_everything(receiver: Receiver) -> None:
    assert send(webhook(receiver), FALL, replace(FALL, rung=1)) == [Receipt("HTTP 200")] * 2
    first, second = receiver.requests
    assert signed(first, SECRET)
    assert not signed(first, SECRET + "x")
    assert first.id == "id-0"
    assert first.headers["x-carehub-timestamp"] == "1763900000000"
    assert first.headers["content-type"] == "application/json"
    said = first.json
    assert (said["type"], said["message_id"]) == ("alert.raised", "id-0")
    assert said["alert"]["who"] == {"zh": "王女士", "en": "Ms 王"}
    assert set(said["alert"]) == set(AlertMessage.__dataclass_fields__)
    assert second.json["type"] == "alert.escalated"


def test_the_documented_example_verifies_what_is_sent(receiver: Receiver) -> None:
    send(webhook(receiver), FALL)
    request = receiver.requests[0]
    page = (Path(__file__).parents[3] / "docs" / "webhook.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code
    space: dict[str, object] = {}
    exec(code[1], space)  # noqa: S102 the example in our own docs
    verified = space["verified"]
    assert callable(verified)
    headers = {name.title(): value for name, value in request.headers.items()}
    now_ms = 1763900000000 + 60_000
    assert verified(SECRET, headers, request.body, now_ms)
    assert not verified("another-secret-altogether", headers, request.body, now_ms)
    assert not verified(SECRET, headers, request.body + b" ", now_ms)
    assert not verified(SECRET, headers, request.body, now_ms + 3_600_000)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_webhook_that_is_busy_is_recoverable(receiver: Receiver, status: int) -> None:
    receiver.reply = Reply(status)
    with pytest.raises(Recoverable, match=f"HTTP {status}"):
        send(webhook(receiver), FALL)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410])
def test_a_webhook_that_refuses_or_redirects_is_not(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        receiver.reply = Reply(status, headers={"Location": elsewhere.url})
        with pytest.raises(Unrecoverable, match=f"HTTP {status}"):
            send(webhook(receiver), FALL)
        assert elsewhere.requests == []


def test_retry_after_is_honoured_as_seconds_or_as_a_date(receiver: Receiver) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for value, low, high in (("17", 17, 17), (soon, 80, 91), ("Wed, 01 Jan 2020 00:00:00 GMT", 0, 0)):
        receiver.reply = Reply(503, headers={"Retry-After": value})
        with pytest.raises(Recoverable) as caught:
            send(webhook(receiver), FALL)
        assert caught.value.retry_after_s is not None
        assert low <= caught.value.retry_after_s <= high
    receiver.reply = Reply(503, headers={"Retry-After": "tomorrow"})
    with pytest.raises(Recoverable) as caught:
        send(webhook(receiver), FALL)
    assert caught.value.retry_after_s is None


def test_silence_and_absence_are_recoverable(receiver: Receiver) -> None:
    receiver.reply = Reply(hang=True)
    with pytest.raises(Recoverable, match=re.escape("no answer within 0.2 s")):
        send(webhook(receiver, timeout_s=0.2), FALL)
    absent = Webhook("city", url=f"http://127.0.0.1:{free_port()}", secret=SECRET)
    with pytest.raises(Recoverable, match="connection failed"):
        send(absent, FALL)


def test_a_huge_answer_is_cut_off(receiver: Receiver) -> None:
    receiver.reply = Reply(body=b"x" * 1_000_000)
    assert send(webhook(receiver), FALL) == [Receipt("HTTP 200")]


def test_wecom_counts_errcode_0_only(receiver: Receiver) -> None:
    receiver.replies = [wecom(0), wecom(0)]
    assert send(robot(receiver), FALL, NOTICE) == [Receipt("errcode 0")] * 2
    first, second = receiver.requests
    assert first.path == f"/cgi-bin/webhook/send?key={KEY}"
    assert first.json["msgtype"] == "text"
    assert first.json["text"]["mentioned_list"] == ["@all"]
    assert first.json["text"]["content"].splitlines() == [
        "紧急：疑似跌倒。警情0417，请接警",
        "1. 先电话",
        "2. 敲门",
        "Critical: Possible fall. Alert 0417: please accept.",
        "1. Phone first",
        "2. Knock",
    ]
    assert "mentioned_list" not in second.json["text"]


@pytest.mark.parametrize(
    ("reply", "retry_after_s"),
    [(wecom(45009), 60.0), (wecom(-1), None), (Reply(body=b"<html>portal"), None), (Reply(body=b"{}"), None)],
    ids=["too-many", "busy", "portal", "no-errcode"],
)
def test_wecom_says_try_again(receiver: Receiver, reply: Reply, retry_after_s: float | None) -> None:
    receiver.reply = reply
    with pytest.raises(Recoverable) as caught:
        send(robot(receiver), FALL)
    assert caught.value.retry_after_s == retry_after_s


@pytest.mark.parametrize("errcode", [93000, 40058])
def test_wecom_refuses_for_good(receiver: Receiver, errcode: int) -> None:
    receiver.reply = wecom(errcode)
    with pytest.raises(Unrecoverable, match=f"errcode {errcode}"):
        send(robot(receiver), FALL)


def test_wecom_keeps_within_twenty_a_minute_and_the_last_five_for_life_safety(receiver: Receiver) -> None:
    receiver.reply = wecom(0)
    clock = [1_000]
    group = WeComRobot("group", url=receiver.url, secret=KEY, clock_ms=lambda: clock[0])

    async def flood() -> None:
        for _ in range(15):
            await group.send("n", NOTICE)
        with pytest.raises(Recoverable) as caught:
            await group.send("n", NOTICE)
        assert caught.value.retry_after_s == 60.0
        for _ in range(5):
            await group.send("f", FALL)
        with pytest.raises(Recoverable):
            await group.send("f", FALL)
        clock[0] += 60_000
        await group.send("n", NOTICE)
        await group.aclose()

    asyncio.run(flood())
    assert len(receiver.requests) == 21


def test_a_long_message_is_cut_at_a_line_within_2048_bytes() -> None:
    long = replace(FALL, todo={"zh": ["请先电话联系长者" * 10] * 20, "en": []})
    text = text_of(long, TEXT_BYTES_MAX)
    assert len(text.encode()) <= 2048
    assert text.startswith(FALL.text["zh"] + "\n1. 请先")
    assert text.endswith("请先电话联系长者\n" + CUT)
    one_line = text_of(replace(FALL, text={"zh": "长" * 3000, "en": ""}), TEXT_BYTES_MAX)
    assert 2000 < len(one_line.encode()) <= 2048
    assert one_line.endswith("长\n" + CUT)
    assert CUT not in text_of(FALL, TEXT_BYTES_MAX)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"kind": "webhook", "url": "http://example.org/x", "secret": SECRET}, "must begin with https://"),
        ({"kind": "webhook", "url": "ftp://127.0.0.1/", "secret": SECRET}, "must begin with https://"),
        ({"kind": "webhook", "url": "", "secret": SECRET}, "must begin with https://"),
        ({"kind": "webhook", "url": "https://host:port", "secret": SECRET}, "is no address"),
        ({"kind": "webhook", "url": "https://u:p@example.org", "secret": SECRET}, "holds a user or password"),
        ({"kind": "webhook", "url": "https://example.org", "secret": "short"}, "openssl rand -hex 32"),
        ({"kind": "wecom", "url": "", "secret": ""}, "the robot's key is missing"),
        ({"kind": "pigeon", "url": "", "secret": ""}, "is unknown; use one of "),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(settings: dict[str, str], word: str) -> None:
    with pytest.raises(ChannelError) as caught:
        open_channel(settings.pop("kind"), Given(name="city", **settings))
    assert word in str(caught.value)
    assert "channel 'city'" in str(caught.value)
    assert settings["secret"] == "" or settings["secret"] not in str(caught.value)


def test_a_robots_key_may_stand_in_its_url() -> None:
    url = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
    channel = open_channel("wecom", Given(name="g", url=url))
    assert isinstance(channel, WeComRobot)
    asyncio.run(channel.aclose())


def test_no_secret_in_logs_reasons_or_receipts(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    answers = [
        Reply(),
        wecom(0),
        wecom(93000),
        wecom(45009),
        Reply(500),
        Reply(404),
        Reply(302),
        Reply(hang=True),
    ]
    for reply in answers:
        for channel in (
            webhook(receiver, timeout_s=0.2),
            WeComRobot("g", url=receiver.url, secret=KEY, timeout_s=0.2),
        ):
            receiver.reply = reply
            try:
                told += map(str, send(channel, FALL))
            except (Recoverable, Unrecoverable) as error:
                told += [repr(error), str(error), error.reason, repr(error.__cause__)]
    assert any("HTTP Request" in record.getMessage() for record in caplog.records), (
        "httpx logs: the filter is needed"
    )
    told.append(caplog.text)
    for secret in (SECRET, KEY, "tttttt", hashlib.sha256(SECRET.encode()).hexdigest()):
        assert secret not in "\n".join(told)


@given(st.tuples(st.text(max_size=5), st.integers(0, 9), st.text(max_size=5), st.text(max_size=5)))
def test_ids_are_stable_and_do_not_run_into_each_other(parts: tuple[str, int, str, str]) -> None:
    alert, rung, person, channel = parts
    name = message_id(*parts)
    assert re.fullmatch("[0-9a-f]{32}", name)
    assert name == message_id(*parts)
    assert name != message_id(alert, rung + 1, person, channel)
    assert name != message_id(alert, rung, person, channel + "x")
    if person:
        assert name != message_id(alert + person[0], rung, person[1:], channel)
