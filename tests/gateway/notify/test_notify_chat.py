"""Chat channels against a real receiver: what is sent, what counts as taken, what they keep within, what never leaks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import inspect
import json
import logging
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from parts import free_port
from receiver import Receiver, Reply, Request, receiving

from gateway.alerts.message import ABOUTS, AlertMessage
from gateway.notify.channel import Channel, Proof, Receipt, Recipient, Recoverable, Unrecoverable
from gateway.notify.dingtalk import DingTalkRobot
from gateway.notify.feishu import FeishuRobot
from gateway.notify.http import ChannelError, Poster
from gateway.notify.mention import EVERYBODY, Mention, read_mention
from gateway.notify.opening import KINDS, Given, open_channel
from gateway.notify.wecom import WeComRobot
from gateway.notify.wecom_app import AccessToken, WeComApp
from gateway.notify.words import CUT, text_of, urgent, wakes
from gateway.settings import Settings

SECRET = "SECcorrect-horse-battery"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TOKEN = "tok-accesstoken000001"
NOW_MS = 1763900000000
# By: printf '1763900000000\nSECRET' | openssl dgst -sha256 -hmac SECRET -binary | base64, and the same with the key and the
# text as Feishu has them.
DINGTALK_SIGN = "/QF7OR9rn1RwOuwqRKLsWxGPd25wC3rDhNkEBrA1+bw="
FEISHU_SIGN = "360PAcwKTy8mALXK7T5HsXLV4Ez0LQpGPYj20qnaCq8="
ANNA = Recipient("anna", "Anna.Wang")
FALL = AlertMessage(
    id="5f0c",
    number=417,
    rule="fall",
    kind="life_safety",
    severity="critical",
    title={"zh": "疑似跌倒", "en": "Possible fall"},
    why={"zh": "跌倒报警", "en": "a fall was reported"},
    todo={"zh": ["先电话"], "en": ["Phone first"]},
    who={"zh": "王女士", "en": "Ms 王"},
    where={"zh": "莲花二村 3栋1201", "en": "莲花二村 3栋1201"},
    text={"zh": "紧急：疑似跌倒。警情0417，请接警", "en": "Critical: Possible fall. Alert 0417."},
    raised_at=1,
    active_at=1,
    rung=0,
    recorded=True,
    late_ms=0,
)
NOTICE = replace(FALL, kind="device", severity="notice")
WORDS = "紧急：疑似跌倒。警情0417，请接警\n1. 先电话\nCritical: Possible fall. Alert 0417.\n1. Phone first"


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def receiver(server: Receiver) -> Iterator[Receiver]:
    """The module's receiver as if new: to end one for each test takes longer than most tests."""
    server.reply, server.replies, server.requests = Reply(), [], []
    server.released.clear()
    yield server
    server.release()


def wecom_robot(receiver: Receiver, mention: Mention = EVERYBODY, timeout_s: float = 4.0) -> Channel:
    return WeComRobot("g", url=receiver.url + "/send", secret=KEY, mention=mention, timeout_s=timeout_s)


def wecom_app(
    receiver: Receiver, clock_ms: Callable[[], int] = lambda: 0, timeout_s: float = 4.0
) -> WeComApp:
    return WeComApp(
        "app",
        corpid="ww-corp",
        agentid="1000002",
        secret=SECRET,
        url=receiver.url,
        timeout_s=timeout_s,
        clock_ms=clock_ms,
    )


def dingtalk(
    receiver: Receiver,
    mention: Mention = EVERYBODY,
    clock_ms: Callable[[], int] = lambda: 0,
    timeout_s: float = 4.0,
) -> Channel:
    return DingTalkRobot(
        "ding",
        url=f"{receiver.url}/robot/send?access_token={KEY}",
        secret=SECRET,
        mention=mention,
        timeout_s=timeout_s,
        clock_ms=clock_ms,
        now_ms=lambda: NOW_MS,
    )


def feishu(
    receiver: Receiver,
    mention: Mention = EVERYBODY,
    clock_ms: Callable[[], int] = lambda: 0,
    timeout_s: float = 4.0,
) -> Channel:
    return FeishuRobot(
        "fei",
        url=f"{receiver.url}/open-apis/bot/v2/hook/{KEY}",
        secret=SECRET,
        mention=mention,
        timeout_s=timeout_s,
        clock_ms=clock_ms,
        now_ms=lambda: NOW_MS,
    )


EVERY = {"wecom": wecom_robot, "wecom_app": wecom_app, "dingtalk": dingtalk, "feishu": feishu}
every = pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
robots = pytest.mark.parametrize("make", [wecom_robot, dingtalk, feishu], ids=["wecom", "dingtalk", "feishu"])


def said(**body: object) -> Reply:
    return Reply(body=json.dumps({**body, "errmsg": f"hint {KEY} {SECRET} {TOKEN}"}).encode())


def token(value: str = TOKEN, expires_in: int = 7200) -> Reply:
    return said(errcode=0, access_token=value, expires_in=expires_in)


OK = said(errcode=0, code=0, invaliduser="", access_token=TOKEN)


def send(channel: Channel, *messages: AlertMessage, to: Recipient = ANNA) -> list[Receipt]:
    async def all_of_them() -> list[Receipt]:
        try:
            return [
                await channel.send(f"id{number}-" + "0" * 28, each, to)
                for number, each in enumerate(messages)
            ]
        finally:
            await channel.aclose()

    return asyncio.run(all_of_them())


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


def texts(receiver: Receiver) -> list[str]:
    """What people read, of every message that arrived."""
    bodies = [request.json for request in receiver.requests if request.body]
    return [body["content"]["text"] if "content" in body else body["text"]["content"] for body in bodies]


# What is sent


def test_a_wecom_app_message_is_this_request_and_no_other(receiver: Receiver) -> None:
    receiver.replies = [token(), OK]
    assert send(wecom_app(receiver), FALL) == [Receipt("errcode 0")]
    asked, sent = receiver.requests
    assert urlsplit(asked.path).path == "/cgi-bin/gettoken"
    assert query(asked) == {"corpid": "ww-corp", "corpsecret": SECRET}
    assert urlsplit(sent.path).path == "/cgi-bin/message/send"
    assert query(sent) == {"access_token": TOKEN}
    assert sent.headers["content-type"] == "application/json"
    content = WORDS.replace("\n", "\\n") + "\\n消息 id0-0000"
    assert sent.body.decode() == (
        '{"touser":"Anna.Wang","msgtype":"text","agentid":1000002,"text":{"content":"' + content + '"},'
        '"enable_duplicate_check":1,"duplicate_check_interval":1800}'
    )


def test_the_same_message_again_is_the_same_request_and_another_in_the_same_words_is_not(
    receiver: Receiver,
) -> None:
    receiver.replies = [token(), OK, OK, OK]
    channel = wecom_app(receiver)

    async def three() -> None:
        for name in ("aaaaaaaa11", "aaaaaaaa11", "bbbbbbbb11"):
            await channel.send(name, FALL, ANNA)
        await channel.aclose()

    asyncio.run(three())
    first, again, other = [request.body for request in receiver.requests[1:]]
    assert first == again != other


def test_a_dingtalk_message_is_signed_as_the_robot_checks_it(receiver: Receiver) -> None:
    receiver.reply = OK
    assert send(dingtalk(receiver), FALL) == [Receipt("errcode 0")]
    request = receiver.requests[0]
    asked = query(request)
    assert asked == {"access_token": KEY, "timestamp": str(NOW_MS), "sign": DINGTALK_SIGN}
    assert "+" not in request.path, "a + in a query is a space"
    text = f"{asked['timestamp']}\n{SECRET}".encode()
    assert base64.b64decode(asked["sign"]) == hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    content = WORDS.replace("\n", "\\n")
    assert request.body.decode() == (
        '{"msgtype":"text","text":{"content":"' + content + '"},'
        '"at":{"isAtAll":true,"atMobiles":[],"atUserIds":[]}}'
    )


def test_a_feishu_message_is_signed_as_the_robot_checks_it(receiver: Receiver) -> None:
    receiver.reply = OK
    assert send(feishu(receiver), FALL) == [Receipt("code 0")]
    request = receiver.requests[0]
    assert request.path == f"/open-apis/bot/v2/hook/{KEY}"
    key = f"{request.json['timestamp']}\n{SECRET}".encode()
    assert base64.b64decode(request.json["sign"]) == hmac.new(key, b"", hashlib.sha256).digest()
    content = '<at user_id=\\"all\\">所有人</at>\\n' + WORDS.replace("\n", "\\n")
    assert request.body.decode() == (
        '{"timestamp":"1763900000","sign":"' + FEISHU_SIGN + '","msg_type":"text",'
        '"content":{"text":"' + content + '"}}'
    )


# Whom it mentions


@robots
def test_only_an_alert_or_a_recontact_of_life_safety_mentions(
    receiver: Receiver, make: Callable[..., Channel]
) -> None:
    receiver.reply = OK
    told = [replace(FALL, about=about) for about in ABOUTS] + [
        replace(NOTICE, about=about) for about in ABOUTS
    ]
    for message in told:
        send(make(receiver), message)
    mentioned = [
        message
        for message, request in zip(told, receiver.requests, strict=True)
        if "@all" in request.body.decode()
        or "isAtAll" in request.body.decode()
        or "<at" in request.body.decode()
    ]
    assert mentioned == [FALL, replace(FALL, about="recontact")] == [each for each in told if wakes(each)]


def test_those_the_settings_name_are_mentioned_instead_of_everybody(receiver: Receiver) -> None:
    receiver.reply = OK
    some = read_mention("g", "zhang.san, li_si", "13800001111，+86-13900002222")
    send(wecom_robot(receiver, some), FALL)
    send(dingtalk(receiver, some), FALL)
    send(feishu(receiver, read_mention("g", "ou_1,ou_2")), FALL)
    wecom, ding, fei = [request.json for request in receiver.requests]
    mobiles = ["13800001111", "+86-13900002222"]
    assert wecom["text"]["mentioned_list"] == ["zhang.san", "li_si"]
    assert wecom["text"]["mentioned_mobile_list"] == mobiles
    assert ding["at"] == {"isAtAll": False, "atMobiles": mobiles, "atUserIds": ["zhang.san", "li_si"]}
    assert ding["text"]["content"].endswith("\n@13800001111 @+86-13900002222 @zhang.san @li_si")
    assert fei["content"]["text"].startswith('<at user_id="ou_1"></at><at user_id="ou_2"></at>\n紧急')
    only = read_mention("g", "", "13800001111")
    send(wecom_robot(receiver, only), FALL)
    assert "mentioned_list" not in receiver.requests[-1].json["text"]


@every
def test_no_words_of_a_message_become_a_tag(receiver: Receiver, make: Callable[..., Channel]) -> None:
    receiver.reply = OK
    bad = '<at user_id="all">x</at><a href="https://example.org">y</a>'
    send(make(receiver), replace(NOTICE, text={"zh": bad, "en": ""}))
    assert texts(receiver)[-1].startswith('＜at user_id="all"＞x＜/at＞')
    assert "<" not in texts(receiver)[-1]


@every
def test_a_long_digest_is_cut_at_a_line_and_says_so(receiver: Receiver, make: Callable[..., Channel]) -> None:
    receiver.reply = OK
    lines = [f"{number}. 莲花二村 <3>栋 门磁电量低" for number in range(500)]
    digest = replace(NOTICE, about="digest", todo={}, text={"zh": "\n".join(lines), "en": "x"})
    send(make(receiver), digest)
    text = texts(receiver)[-1]
    assert len(text.encode()) <= (2048 if make in (wecom_robot, wecom_app) else 15_000)
    assert len(receiver.requests[-1].body) < 20_000
    shown = text.partition("\n" + CUT)[0].splitlines()
    assert CUT in text
    assert shown == [line.replace("<", "＜").replace(">", "＞") for line in lines[: len(shown)]]


def test_what_comes_after_the_alert_may_wait() -> None:
    kinds = {about for about in ABOUTS if urgent(replace(FALL, about=about))}
    assert kinds == {"alert", "recontact", "slip"}
    assert not any(urgent(replace(NOTICE, about=about)) for about in ABOUTS)
    assert text_of(replace(FALL, todo={}, text={}), 100) == ""


# What counts as taken


@every
def test_each_says_what_it_proves_and_whom_it_reaches(
    receiver: Receiver, make: Callable[..., Channel]
) -> None:
    channel = make(receiver)
    assert (channel.proves, channel.gathers, channel.personal) == (Proof.TAKEN, True, make is wecom_app)
    asyncio.run(channel.aclose())


RECOVERABLE = [
    (wecom_robot, said(errcode=45009), 60.0),
    (wecom_app, said(errcode=45009), 60.0),
    (wecom_app, said(errcode=-1), None),
    (wecom_app, said(errcode=45033), None),
    (dingtalk, said(errcode=130101, status=1111, wait=5), 600.0),
    (dingtalk, said(errcode=410100), 600.0),
    (dingtalk, said(errcode=-1), None),
    (feishu, said(code=11232), None),
    (feishu, Reply(400, said(code=99991400).body), None),
    (feishu, said(code=9499, msg="too many request"), None),
    (feishu, Reply(400, b"<html>"), None),
    (feishu, Reply(400, said(code=0).body), None),
    (feishu, said(StatusCode=11232), None),
]


@pytest.mark.parametrize(("make", "reply", "wait_s"), RECOVERABLE)
def test_an_error_that_passes_in_an_answer_of_http_200(
    receiver: Receiver, make: Callable[..., Channel], reply: Reply, wait_s: float | None
) -> None:
    receiver.replies, receiver.reply = [token()] if make is wecom_app else [], reply
    with pytest.raises(Recoverable) as caught:
        send(make(receiver), FALL)
    assert caught.value.retry_after_s == wait_s


UNRECOVERABLE = [
    (wecom_app, said(errcode=81013), "visible range"),
    (wecom_app, said(errcode=60020), "trusted IPs"),
    (wecom_app, said(errcode=0, invaliduser="anna.wang"), "invaliduser"),
    (wecom_app, said(errcode=0, invaliduser="", unlicenseduser="anna.wang"), "unlicenseduser"),
    (dingtalk, said(errcode=310000), "加签"),
    (dingtalk, said(errcode=300005), "address"),
    (feishu, said(code=19021), "签名校验"),
    (feishu, said(code=9499, msg="Bad Request"), "9499"),
    (feishu, Reply(400, said(code=19024).body), "自定义关键词"),
    (feishu, said(code=0, StatusCode=19001), "19001"),
    (feishu, Reply(404), "HTTP 404"),
]


@pytest.mark.parametrize(("make", "reply", "word"), UNRECOVERABLE)
def test_an_error_that_stays_says_what_to_do(
    receiver: Receiver, make: Callable[..., Channel], reply: Reply, word: str
) -> None:
    receiver.replies, receiver.reply = [token()] if make is wecom_app else [], reply
    with pytest.raises(Unrecoverable, match=word) as caught:
        send(make(receiver), FALL)
    assert "anna" not in caught.value.reason.lower()


def test_a_feishu_robot_that_answers_as_formerly_has_taken_it(receiver: Receiver) -> None:
    receiver.reply = said(StatusCode=0, StatusMessage="success")
    assert send(feishu(receiver), FALL) == [Receipt("code 0")]


@every
@pytest.mark.parametrize(
    "reply",
    [
        Reply(429),
        Reply(500),
        Reply(body=b"<html>portal"),
        Reply(body=b"{}"),
        Reply(body=b'{"errcode":"0","code":"0"}'),
        Reply(body=b'{"errcode":0,"code":0,"msg":"\xff","access_token":"\xff"}'),
        Reply(body=b'{"x":' + b"[" * 60_000),
    ],
    ids=["429", "500", "portal", "no-code", "text-code", "not-utf8", "deep"],
)
def test_what_is_not_the_providers_answer_may_pass(
    receiver: Receiver, make: Callable[..., Channel], reply: Reply, request: pytest.FixtureRequest
) -> None:
    receiver.reply = reply
    if "not-utf8" in request.node.name and make in (wecom_robot, dingtalk):
        assert send(make(receiver), FALL), "what is not read need not be readable"
        return
    with pytest.raises(Recoverable):
        send(make(receiver), FALL)


@every
def test_silence_ends_in_time(receiver: Receiver, make: Callable[..., Channel]) -> None:
    receiver.reply = Reply(hang=True)
    began = time.monotonic()
    with pytest.raises(Recoverable, match=r"no answer within 0\.15 s"):
        send(make(receiver, timeout_s=0.15), FALL)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("kind", [WeComRobot, WeComApp, DingTalkRobot, FeishuRobot])
def test_by_default_the_whole_try_takes_at_most_four_seconds(kind: type) -> None:
    assert inspect.signature(kind).parameters["timeout_s"].default == 4.0


def test_a_slow_token_and_a_slow_answer_share_the_time(receiver: Receiver) -> None:
    receiver.replies, receiver.reply = [token()], Reply(hang=True)
    began = time.monotonic()
    with pytest.raises(Recoverable, match="no answer"):
        send(wecom_app(receiver, timeout_s=0.2), FALL)
    assert len(receiver.requests) == 2
    assert time.monotonic() - began < 2


def test_those_who_wait_for_a_slow_token_do_not_wait_longer_than_one(receiver: Receiver) -> None:
    receiver.reply = Reply(hang=True)
    channel = wecom_app(receiver, timeout_s=0.15)

    async def at_once() -> list[Receipt | BaseException]:
        sends = (channel.send(f"id{n}", FALL, Recipient("p", f"user{n}")) for n in range(6))
        try:
            return await asyncio.gather(*sends, return_exceptions=True)
        finally:
            await channel.aclose()

    assert all(isinstance(end, Recoverable) for end in asyncio.run(at_once()))
    assert len(receiver.requests) < 4, "one after the other asked for the token, each for the whole time"


def test_the_proxies_of_the_environment_are_not_taken(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    receiver.reply = OK
    assert send(dingtalk(receiver), FALL) == [Receipt("errcode 0")]


# The token


def paths(receiver: Receiver) -> list[str]:
    return [urlsplit(request.path).path.rpartition("/")[2] for request in receiver.requests]


def test_a_token_is_kept_until_shortly_before_it_ends(receiver: Receiver) -> None:
    now = [0]
    receiver.replies = [token(), OK, OK, token("tok-2"), OK]
    channel = wecom_app(receiver, lambda: now[0])

    async def story() -> None:
        for at_s in (0, 7139, 7140):
            now[0] = at_s * 1000
            await channel.send("id", FALL, ANNA)
        await channel.aclose()

    asyncio.run(story())
    assert paths(receiver) == ["gettoken", "send", "send", "gettoken", "send"]
    assert query(receiver.requests[-1]) == {"access_token": "tok-2"}


@pytest.mark.parametrize("errcode", [40014, 42001])
def test_a_token_that_ended_early_is_fetched_again_within_the_same_try(
    receiver: Receiver, errcode: int
) -> None:
    receiver.replies = [token(), said(errcode=errcode), token("tok-2"), OK]
    assert send(wecom_app(receiver), FALL) == [Receipt("errcode 0")]
    assert paths(receiver) == ["gettoken", "send", "gettoken", "send"]
    assert [query(request)["access_token"] for request in receiver.requests[1::2]] == [TOKEN, "tok-2"]
    assert receiver.requests[1].body == receiver.requests[3].body


def test_a_new_token_that_is_refused_too_ends_the_try(receiver: Receiver) -> None:
    receiver.replies = [token(), said(errcode=42001), token("tok-2"), said(errcode=42001)]
    with pytest.raises(Recoverable, match="42001"):
        send(wecom_app(receiver), FALL)
    assert len(receiver.requests) == 4


def test_several_at_once_fetch_one_token(receiver: Receiver) -> None:
    receiver.replies, receiver.reply = [token()], OK
    channel = wecom_app(receiver)

    async def at_once() -> None:
        await asyncio.gather(*(channel.send(f"id{n}", FALL, Recipient("p", f"user{n}")) for n in range(4)))
        await channel.aclose()

    asyncio.run(at_once())
    assert sorted(paths(receiver)) == ["gettoken", *["send"] * 4]


def test_a_newer_token_is_not_thrown_away_for_an_older_one(receiver: Receiver) -> None:
    receiver.replies = [token("tok-1"), token("tok-2")]
    kept = AccessToken(Poster(receiver.url, timeout_s=4.0), {}, lambda: 0)

    async def story() -> None:
        assert await kept.valid() == "tok-1"
        kept.forget("tok-0")
        assert await kept.valid() == "tok-1"
        kept.forget("tok-1")
        assert await kept.valid() == "tok-2"
        await kept.aclose()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (said(errcode=40001), Unrecoverable),
        (said(errcode=40013), Unrecoverable),
        (said(errcode=-1), Recoverable),
        (said(errcode=45009), Recoverable),
        (said(errcode=0), Recoverable),
    ],
)
def test_without_a_token_nothing_is_sent_and_no_budget_spent(
    receiver: Receiver, reply: Reply, error: type[Exception]
) -> None:
    receiver.reply = reply
    channel = wecom_app(receiver)

    async def story() -> None:
        for _ in range(31):
            with pytest.raises(error):
                await channel.send("id", FALL, ANNA)
        receiver.replies, receiver.reply = [token()], OK
        assert await channel.send("id", FALL, ANNA) == Receipt("errcode 0")
        await channel.aclose()

    asyncio.run(story())


@pytest.mark.parametrize("address", ["", "@all", "one|two", "王", "a b", "x" * 65])
def test_only_one_member_is_ever_addressed(receiver: Receiver, address: str) -> None:
    receiver.replies, receiver.reply = [token()], OK
    with pytest.raises(Unrecoverable, match="userid"):
        send(wecom_app(receiver), FALL, to=Recipient("p", address))
    assert receiver.requests == []


# Budgets, on a clock of the test


async def taken(channel: Channel, message: AlertMessage, to: Recipient = ANNA) -> tuple[int, float | None]:
    """How many messages the channel takes at this time, and the wait it asks for then."""
    for number in range(2_000):
        try:
            await channel.send(f"id{number}", message, to)
        except Recoverable as refusal:
            return number, refusal.retry_after_s
    raise AssertionError("no budget")


@pytest.mark.parametrize(
    ("make", "notices", "falls", "wait_s"),
    [(dingtalk, 14, 5, 65.0), (feishu, 4, 1, 1.0), (wecom_app, 20, 10, 65.0)],
    ids=["dingtalk", "feishu", "wecom_app"],
)
def test_a_burst_stays_within_the_limit_and_a_share_is_kept_for_life_safety(
    receiver: Receiver, make: Callable[..., Channel], notices: int, falls: int, wait_s: float
) -> None:
    receiver.reply = OK
    now = [0]
    channel = make(receiver, clock_ms=lambda: now[0])
    with asyncio.Runner() as runner:
        assert runner.run(taken(channel, NOTICE)) == (notices, wait_s)
        assert runner.run(taken(channel, FALL)) == (falls, wait_s)
        sent = len(texts(receiver))
        assert sent == notices + falls
        now[0] = int(wait_s * 1000)
        assert runner.run(taken(channel, NOTICE)) == (notices, wait_s)
        runner.run(channel.aclose())


def test_each_member_has_a_budget_whatever_the_case_of_the_userid(receiver: Receiver) -> None:
    receiver.reply = OK
    channel = wecom_app(receiver)
    with asyncio.Runner() as runner:
        assert runner.run(taken(channel, NOTICE, Recipient("a", "anna"))) == (20, 65.0)
        assert runner.run(taken(channel, NOTICE, Recipient("a", "ANNA"))) == (0, 65.0)
        assert runner.run(taken(channel, NOTICE, Recipient("b", "bert"))) == (20, 65.0)
        runner.run(channel.aclose())


def test_while_dingtalk_blocks_the_robot_only_what_is_urgent_is_tried(receiver: Receiver) -> None:
    now = [0]
    channel = dingtalk(receiver, clock_ms=lambda: now[0])
    receiver.replies, receiver.reply = [said(errcode=130101)], OK

    async def refused() -> float | None:
        with pytest.raises(Recoverable) as caught:
            await channel.send("id", NOTICE)
        return caught.value.retry_after_s

    with asyncio.Runner() as runner:
        assert runner.run(refused()) == 600.0
        now[0] = 60_000
        assert runner.run(refused()) == 540.0
        assert len(receiver.requests) == 1
        assert runner.run(channel.send("id", FALL)) == Receipt("errcode 0")
        assert runner.run(channel.send("id", NOTICE)) == Receipt("errcode 0"), "it is open again"
        runner.run(channel.aclose())


# Secrets


@every
def test_no_secret_token_or_address_in_logs_reasons_or_receipts(
    receiver: Receiver, make: Callable[..., Channel], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    hangs = Reply(hang=True)
    bodies = [OK, said(errcode=40001, code=19021), said(errcode=0, code=0, invaliduser="Anna.Wang")]
    for reply in (*bodies, said(errcode=42001, code=11232), Reply(500), Reply(404), Reply(302), hangs):
        receiver.replies, receiver.reply = [token()] if make is wecom_app and reply is not OK else [], reply
        channel = make(receiver, timeout_s=0.15)
        told.append(repr(channel))
        try:
            told += map(repr, send(channel, FALL))
        except (Recoverable, Unrecoverable) as error:
            told += [repr(error), str(error), error.reason, repr(error.__cause__)]
    assert any("HTTP Request" in record.getMessage() for record in caplog.records)
    told.append(caplog.text)
    for secret in (SECRET, KEY, TOKEN, DINGTALK_SIGN, FEISHU_SIGN, "Anna.Wang", "ww-corp"):
        assert secret not in "\n".join(told)
    assert "13800001111" not in repr(Mention(everybody=False, mobiles=("13800001111",)))


# Settings

HOOK = f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}"
DING = f"https://oapi.dingtalk.com/robot/send?access_token={KEY}"


@pytest.mark.parametrize(
    ("kind", "url", "secret", "options", "words"),
    [
        ("wecom_app", "", SECRET, {"agentid": "1"}, ("corpid is missing", "企业ID")),
        ("wecom_app", "", SECRET, {"corpid": "ww"}, ("agentid is missing", "AgentId")),
        ("wecom_app", "", SECRET, {"corpid": "ww", "agentid": "one"}, ("agentid is a number",)),
        ("wecom_app", "", "", {"corpid": "ww", "agentid": "1"}, ("put it into 'secret'",)),
        ("wecom_app", "", SECRET, {"corpid": "ww", "agentId": "1"}, ("did you mean 'agentid'?",)),
        (
            "wecom_app",
            "http://example.org",
            SECRET,
            {"corpid": "ww", "agentid": "1"},
            ("must begin with https",),
        ),
        ("dingtalk", DING, "", {}, ("secret is missing", "加签")),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send", SECRET, {}, ("no access_token",)),
        ("dingtalk", "", SECRET, {}, ("must begin with https",)),
        ("feishu", HOOK, "", {}, ("secret is missing", "签名校验")),
        ("feishu", "https://open.feishu.cn/open-apis/bot/hook/x", SECRET, {}, ("is not a robot's",)),
        ("feishu", HOOK, SECRET, {"mention_mobiles": "13800001111"}, ("unknown 'mention_mobiles'",)),
        ("wecom", "", KEY, {"mention": "li si"}, ("mention: entry 1 is no user id",)),
        ("wecom", "", KEY, {"mention": "a,@all"}, ("mention: entry 2 is no user id", "'@all' alone")),
        (
            "wecom",
            "",
            KEY,
            {"mention_mobiles": "13800001111,x1380"},
            ("mention_mobiles: entry 2 is no mobile",),
        ),
        ("wecom", "", KEY, {"mention": "@all", "mention_mobiles": "13800001111"}, ("everybody already",)),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(
    kind: str, url: str, secret: str, options: dict[str, str], words: tuple[str, ...]
) -> None:
    with pytest.raises(ChannelError) as caught:
        open_channel(kind, Given(name="duty", url=url, secret=secret, options=options))
    assert "channel 'duty'" in str(caught.value)
    assert all(word in str(caught.value) for word in words)
    for hidden in (SECRET, KEY, "13800001111", "li si", "x1380"):
        assert hidden not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "given", "opened"),
    [
        ("wecom", Given(name="a", secret=KEY, options={"mention": " @all "}), WeComRobot),
        ("wecom_app", Given(name="a", secret=SECRET, options={"corpid": "w", "agentid": "1"}), WeComApp),
        ("dingtalk", Given(name="a", url=DING, secret=SECRET), DingTalkRobot),
        ("feishu", Given(name="a", url=HOOK, secret=SECRET, options={"mention": "ou_1"}), FeishuRobot),
    ],
)
def test_settings_open_their_channel(kind: str, given: Given, opened: type) -> None:
    assert kind in KINDS
    channel = open_channel(kind, given)
    assert isinstance(channel, opened)
    asyncio.run(channel.aclose())


SHOWN = {
    "CITY_SECRET": SECRET,
    "DUTY_MOBILES": "13800001111,13900002222",
    "STREET_DINGTALK_URL": DING,
    "STREET_MOBILES": "13800001111",
    "CENTRE_FEISHU_URL": HOOK,
}


def test_the_settings_that_the_page_shows_open_their_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "通知渠道.md").read_text(encoding="utf-8")
    opened = []
    for text in re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for name in re.findall(r'"env:(\w+)"', text):
            monkeypatch.setenv(name, SHOWN.get(name, KEY))
        for shown in Settings(**tomllib.loads(text)).channels:
            if shown.kind not in {"webhook", *EVERY}:
                continue
            options = {name: value.get_secret_value() for name, value in shown.options.items()}
            given = Given(
                name=shown.name,
                url=shown.url.get_secret_value(),
                secret=shown.secret.get_secret_value(),
                options=options,
            )
            asyncio.run(open_channel(shown.kind, given).aclose())
            opened.append(shown.kind)
    assert opened == ["webhook", *EVERY]
