"""Short messages and calls against a receiver that checks signatures by its own reading of the provider's documentation."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiver import Receiver, Reply, Request, receiving

from gateway.alerts.digest import compose_digest
from gateway.alerts.message import AlertFacts, AlertMessage, Audience, Hands, PlaceFacts
from gateway.alerts.words import OutsidePlace, compose
from gateway.notify import mqtt_topic
from gateway.notify.aliyun import Aliyun, canonical_query, signed_headers
from gateway.notify.aliyun_telephone import AliyunSms, AliyunVoice
from gateway.notify.channel import (
    NotForChannel,
    OverBudget,
    Proof,
    Proven,
    Receipt,
    Recipient,
    Recoverable,
    Unrecoverable,
)
from gateway.notify.http import ChannelError
from gateway.notify.opening import Given, open_channel
from gateway.notify.telephone import SMS, VOICE, Telephone
from gateway.notify.template import HELD, VARIABLES, purpose_of, spoken, variables_of, written
from gateway.settings import Settings

ID, SECRET = "LTAI5tNotAKey", "correct-horse-battery-staple"
NUMBER = "13800138000"
WANG = Recipient("P1", NUMBER)
NOW = datetime(2026, 11, 27, 23, 59, 58, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
ZONE = ZoneInfo("Asia/Shanghai")
MESSAGE_ID = "0123456789abcdef0123456789abcdef"
HOME = PlaceFacts(kind="home", path="福田区/莲花街道/莲花社区/莲花二村", name="王女士", address="3栋1201")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


FACTS = AlertFacts(
    id="5f0c",
    number=417,
    rule="fall",
    kind="life_safety",
    severity="critical",
    title={"zh": "疑似跌倒", "en": "Possible fall"},
    why={"zh": "14:01 卫生间报警，可信度 93%，之后2分钟未见活动", "en": "no movement for 2 min since"},
    todo={"zh": ["先电话"], "en": ["Phone first"]},
    place_id="H0001",
    room="卫生间",
    active_at=at("2026-11-27T14:01:20"),
    raised_at=at("2026-11-27T14:01:25"),
)


def message(outside: OutsidePlace = "door", place: PlaceFacts = HOME, **facts: Any) -> AlertMessage:  # noqa: ANN401 any fact
    return compose(replace(FACTS, **facts), place, zone=ZONE, outside=outside)


ACCEPTED = Hands(state="accepted", accepted_by="李姐", accepted_at=at("2026-11-27T14:03:00"))
COMING = replace(ACCEPTED, state="on_way", coming="李姐")
CLOSED = replace(
    ACCEPTED, state="closed", closed_at=at("2026-11-27T14:40:00"), verdict="true", outcome="assisted"
)


@pytest.mark.parametrize(
    ("audience", "about", "hands", "purpose", "values"),
    [
        (
            "staff",
            "recontact",
            ACCEPTED,
            "recontact",
            "0417|疑似跌倒，还没有结果|莲花社区3栋1201王女士|14:01报警，李姐14:03接警",
        ),
        ("staff", "outcome", CLOSED, "outcome", "0417|莲花社区3栋1201王女士|属实，已协助"),
        (
            "family",
            "alert",
            None,
            "family",
            "紧急|疑似跌倒|莲花社区王女士家|14:01卫生间报警，之后2分钟未见活动|0417",
        ),
        (
            "family",
            "outcome",
            CLOSED,
            "outcome",
            "0417|莲花社区王女士家14:01疑似跌倒|已有人帮忙处理，方便时请打电话问候",
        ),
        (
            "guard",
            "slip",
            COMING,
            "slip",
            "莲花二村3栋1201|请现在去敲门，问是否平安|李姐正赶来，请帮忙开单元门|0417",
        ),
        (
            "guard",
            "alert",
            None,
            "slip",
            "莲花二村3栋1201|请现在去敲门，问是否平安|值班人员正在联系，有人来请开单元门|0417",
        ),
        ("guard", "outcome", CLOSED, "outcome", "0417|莲花二村3栋1201|事情已处理完，不用再去"),
    ],
)
def test_each_audience_gets_its_own_template_filled_from_its_own_words(
    audience: Audience, about: str, hands: Hands | None, purpose: str, values: str
) -> None:
    told = compose(FACTS, HOME, zone=ZONE, about=about, hands=hands, audience=audience)
    assert purpose_of(told) == purpose
    filled = variables_of(told, HELD[purpose], written)
    assert "|".join(filled[name] for name in HELD[purpose]) == values


GOLDEN = Path(__file__).parents[2] / "golden" / "words"


@pytest.mark.parametrize("about", ["alert", "recontact", "outcome", "slip"])
def test_every_golden_sentence_is_read_as_the_templates_need_it(about: str) -> None:
    sentences = [
        (file.name.split("_")[1], line)
        for file in sorted(GOLDEN.glob(f"{about}_*_*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.match(r"(紧急|重要|提示|办结|关于|物业协助).+警情|(物业协助).+单号", line)
    ]
    assert len(sentences) >= 10
    for audience, line in sentences:
        told = replace(FALL, about=about, audience=audience, text={"zh": line, "en": ""})
        filled = variables_of(told, VARIABLES, written)
        assert filled["place"] != "见值班台", line
        assert filled["seen"] != "详见值班台", line
        for name in ("place", "seen", *(("severity", "kind") if about in {"alert", "recontact"} else ())):
            assert filled[name][:8] in written(line), (name, line)
        if about == "slip":
            assert filled["todo"].endswith("请帮忙开单元门") or filled["todo"].endswith("有人来请开单元门"), (
                line
            )


def test_an_alert_without_a_place_has_no_time_in_its_stead() -> None:
    line = (GOLDEN / "deaf.txt").read_text(encoding="utf-8").splitlines()[0]
    filled = variables_of(replace(FALL, text={"zh": line, "en": ""}), VARIABLES, written)
    assert filled["place"] == "见值班台"
    assert filled["seen"].startswith("03:11，莲花社区长者服务站已90秒听不到")


def test_a_digest_is_told_whole_in_two_variables() -> None:
    crowd = [
        (replace(FACTS, id=str(number), number=number, place_id=f"H{number}"), HOME)
        for number in range(401, 440)
    ]
    told = compose_digest(crowd, digest_id="d", at_ms=FACTS.raised_at, zone=ZONE)
    assert purpose_of(told) == "digest"
    filled = variables_of(told, HELD["digest"], written)
    assert len(filled["said"]) <= 35
    assert re.sub(r"\W", "", filled["said"] + filled["rest"]) == re.sub(r"\W", "", written(told.text["zh"]))


FALL = message()
BATTERY = message(
    kind="device",
    severity="notice",
    title={"zh": "电量低", "en": "Battery low"},
    why={"zh": "剩余12%", "en": ""},
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def receiver(shared: Receiver) -> Receiver:
    shared.reply = answer("OK", BizId="900619746936498440^0", CallId="116012854210^10281427")
    shared.replies, shared.requests = [], []
    return shared


def answer(code: str, said: str = "", status: int = 200, **fields: object) -> Reply:
    return Reply(status, json.dumps({"Code": code, "Message": said, "RequestId": "A-1", **fields}).encode())


def aliyun(receiver: Receiver, **options: float) -> Aliyun:
    return Aliyun("tel", url=receiver.url, access_key_id=ID, secret=SECRET, now=lambda: NOW, **options)


def sms(receiver: Receiver, clock: list[int] | None = None, **options: float) -> Telephone:
    now = clock or [0]
    provider = AliyunSms(aliyun(receiver, **options), sign_name="莲花社区养老")
    templates = {"alert": "SMS_1", "outcome": "SMS_2", "test": "SMS_3"}
    return Telephone("sms", provider, SMS, templates=templates, clock_ms=lambda: now[0])


def voice(receiver: Receiver, clock: list[int] | None = None, *, keys: bool = False) -> Telephone:
    now = clock or [0]
    own = {"show_number": "057112345678", "pressed_template": "TTS_9"} if keys else {}
    templates = {"alert": "TTS_1", "test": "TTS_3", "family": "TTS_4"}
    provider = AliyunVoice(aliyun(receiver), **own)
    return Telephone("voice", provider, VOICE, templates=templates, clock_ms=lambda: now[0])


def send(channel: Telephone, told: AlertMessage = FALL, to: Recipient = WANG) -> Receipt:
    async def once() -> Receipt:
        try:
            return await channel.send(MESSAGE_ID, told, to)
        finally:
            await channel.aclose()

    return asyncio.run(once())


def proof(channel: Telephone, receipt: Receipt) -> Proven | None:
    async def once() -> Proven | None:
        try:
            return await channel.proof(MESSAGE_ID, receipt.text, WANG)
        finally:
            await channel.aclose()

    return asyncio.run(once())


def parameters(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True, strict_parsing=True))


def signature_fits(request: Request, secret: str) -> bool:
    """By the provider's description alone; form encoding turned into theirs, as its own samples do it."""
    given = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=(\S+),SignedHeaders=(\S+),Signature=([0-9a-f]{64})",
        request.headers["authorization"],
    )
    assert given is not None
    assert given[1] == ID
    names = given[2].split(";")
    assert names == sorted(names)
    assert {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"} <= set(
        names
    )
    pairs = sorted(parameters(request).items())

    def encoded(text: str) -> str:
        return quote_plus(text).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")

    canonical = [
        "POST",
        request.path.partition("?")[0],
        "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs),
        *(f"{name}:{request.headers[name]}" for name in names),
        "",
        given[2],
        hashlib.sha256(request.body).hexdigest(),
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    wanted = hmac.digest(secret.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256")
    return base64.b16encode(wanted).decode().lower() == given[3]


def test_the_signature_is_that_of_the_published_example() -> None:
    query = canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    headers = signed_headers(
        query,
        {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
        access_key_id="YourAccessKeyId",
        secret=b"YourAccessKeySecret",
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_short_message_is_signed_and_fills_its_template(receiver: Receiver) -> None:
    assert send(sms(receiver)) == Receipt("OK, BizId 900619746936498440^0 20261127")
    (request,) = receiver.requests
    assert signature_fits(request, SECRET)
    assert not signature_fits(request, SECRET + "x")
    assert request.headers["x-acs-action"] == "SendSms"
    assert request.headers["x-acs-date"] == "2026-11-27T15:59:58Z"
    told = parameters(request)
    assert json.loads(told.pop("TemplateParam")) == {
        "severity": "紧急",
        "kind": "疑似跌倒",
        "place": "莲花社区3栋1201王女士",
        "seen": "14:01卫生间报警，可信度93%，之后2分钟未见活动",
        "number": "0417",
    }
    assert told == {
        "PhoneNumbers": NUMBER,
        "SignName": "莲花社区养老",
        "TemplateCode": "SMS_1",
        "OutId": MESSAGE_ID,
    }


def test_a_call_reads_the_template_out_and_has_an_id_short_enough(receiver: Receiver) -> None:
    receipt = send(voice(receiver), to=Recipient("P1", "+86 138-0013-8000"))
    assert receipt == Receipt("OK, CallId 116012854210^10281427 20261127")
    told = parameters(receiver.requests[0])
    assert receiver.requests[0].headers["x-acs-action"] == "SingleCallByTts"
    assert json.loads(told.pop("TtsParam"))["seen"] == "14点01分卫生间报警，可信度百分之93，之后2分钟未见活动"
    assert told == {"CalledNumber": NUMBER, "TtsCode": "TTS_1", "PlayTimes": "2", "OutId": MESSAGE_ID[:15]}


def test_a_call_that_wants_a_key_is_another_call(receiver: Receiver) -> None:
    assert send(voice(receiver, keys=True)).text.startswith("OK, IvrCallId 116012854210^10281427 ")
    told = parameters(receiver.requests[0])
    assert receiver.requests[0].headers["x-acs-action"] == "IvrCall"
    assert "TtsCode" not in told
    assert (told["StartCode"], told["CalledShowNumber"]) == ("TTS_1", "057112345678")
    assert (told["MenuKeyMap.1.Key"], told["MenuKeyMap.1.Code"]) == ("1", "TTS_9")
    assert json.loads(told["StartTtsParams"])["kind"] == "疑似跌倒"
    assert signature_fits(receiver.requests[0], SECRET)
    send(voice(receiver, keys=True), replace(FALL, audience="family"))  # who is not on duty accepts nothing
    send(voice(receiver, keys=True), replace(FALL, about="test"))
    for request, template in zip(receiver.requests[1:], ("TTS_4", "TTS_3"), strict=True):
        assert request.headers["x-acs-action"] == "SingleCallByTts"
        assert parameters(request)["TtsCode"] == template
    assert "TtsParam" not in parameters(receiver.requests[2])


@pytest.mark.parametrize(
    ("code", "said", "status", "wait_s"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", 200, 60.0),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50", 200, 300.0),
        ("isv.AMOUNT_NOT_ENOUGH", "账户余额不足", 200, 300.0),
        ("isv.DAY_LIMIT_CONTROL", "", 200, 300.0),
        ("InvalidTimeStamp.Expired", "", 400, 300.0),
        ("isp.SYSTEM_ERROR", "", 200, None),
        ("Throttling.User", "", 400, None),
        ("ServiceUnavailable", "", 503, None),
        ("SomethingNew", "", 500, None),
        ("", "<html>", 200, None),
    ],
)
def test_what_may_pass_is_tried_again(
    receiver: Receiver, code: str, said: str, status: int, wait_s: float | None
) -> None:
    receiver.reply = answer(code, f"{said} {NUMBER}", status) if code else Reply(status, b"<html>portal")
    with pytest.raises(Recoverable) as caught:
        send(sms(receiver))
    assert caught.value.retry_after_s == wait_s
    assert code in caught.value.reason
    assert NUMBER not in caught.value.reason


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("isv.SMS_TEMPLATE_ILLEGAL", "check the template"),
        ("isv.TTS_TEMPLATE_ILLEGAL", "check the template"),
        ("isv.TEMPLATE_MISSING_PARAMETERS", "check the template"),
        ("isv.PARAM_LENGTH_LIMIT", "check the template"),
        ("isv.SMS_SIGNATURE_ILLEGAL", "check sign_name"),
        ("isv.SIGN_STATE_ILLEGAL", "check sign_name"),
        ("isv.MOBILE_NUMBER_ILLEGAL", "number is not accepted"),
        ("isv.DISPLAY_NUMBER_ILLEGAL", "check show_number"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "does not let the words"),
        ("isp.RAM_PERMISSION_DENY", "RAM user"),
        ("InvalidAccessKeyId.NotFound", "access_key_id"),
        ("SignatureDoesNotMatch", "access_key_id"),
        ("isv.PRODUCT_UN_SUBSCRIPT", "open the service"),
        ("isv.NEVER_HEARD_OF", "list of error codes"),
        ("evil\n" + NUMBER, "an unreadable code"),
    ],
)
def test_what_would_be_refused_again_is_not(receiver: Receiver, code: str, remedy: str) -> None:
    receiver.reply = answer(code, NUMBER, 404 if "AccessKey" in code else 200)
    with pytest.raises(Unrecoverable, match=remedy) as caught:
        send(sms(receiver))
    assert NUMBER not in caught.value.reason
    assert isinstance(caught.value, NotForChannel) == ("MOBILE" in code), (
        "one wrong number is no broken channel"
    )


def test_silence_is_recoverable_and_within_its_time(receiver: Receiver) -> None:
    receiver.reply = Reply(hang=True)
    with pytest.raises(Recoverable, match=re.escape("no answer within 0.2 s")):
        send(sms(receiver, timeout_s=0.2))


@pytest.mark.parametrize("address", ["", "12345", "13800138000,13900139000", "057188776655", "+852 51234567"])
def test_an_address_that_is_no_mobile_number_is_refused_without_telling_it(
    receiver: Receiver, address: str
) -> None:
    with pytest.raises(NotForChannel, match="not a mainland mobile number") as caught:
        send(sms(receiver), to=Recipient("P1", address))
    assert not address or address not in caught.value.reason
    assert receiver.requests == []


def test_a_purpose_without_a_template_is_named(receiver: Receiver) -> None:
    with pytest.raises(NotForChannel, match=r"no approved template for 'digest'.*set template_digest"):
        send(sms(receiver), replace(FALL, about="digest"))
    send(sms(receiver), replace(FALL, about="test"))
    assert parameters(receiver.requests[0])["TemplateCode"] == "SMS_3"
    assert "TemplateParam" not in parameters(receiver.requests[0])


@pytest.mark.parametrize(
    ("listed", "proven"),
    [
        ([], None),
        ([{"SendStatus": 1, "ErrCode": ""}], None),
        ([{"SendStatus": 3, "ErrCode": "DELIVERED"}], Proven(Proof.REACHED, text="DELIVERED")),
        ([{"SendStatus": 3}, {"SendStatus": 1}], None),
        ([{"SendStatus": 2, "ErrCode": "MOBILE_NOT_ON_SERVICE"}], Proven(None, text="MOBILE_NOT_ON_SERVICE")),
    ],
    ids=["nothing", "waiting", "reached", "in-part", "failed"],
)
def test_a_status_report_proves_that_it_is_on_the_telephone(
    receiver: Receiver, listed: list[dict[str, object]], proven: Proven | None
) -> None:
    receipt = send(sms(receiver))
    for detail in listed:
        detail |= {"PhoneNum": NUMBER, "Content": "【莲花社区养老】紧急", "OutId": MESSAGE_ID}
    receiver.reply = answer("OK", TotalCount=str(len(listed)), SmsSendDetailDTOs={"SmsSendDetailDTO": listed})
    assert proof(sms(receiver), receipt) == proven
    asked = receiver.requests[-1]
    assert signature_fits(asked, SECRET)
    assert asked.headers["x-acs-action"] == "QuerySendDetails"
    assert parameters(asked) == {
        "PhoneNumber": NUMBER,
        "BizId": "900619746936498440^0",
        "SendDate": "20261127",
        "PageSize": "10",
        "CurrentPage": "1",
    }


@pytest.mark.parametrize(
    ("record", "proven"),
    [
        ({"state": "200000", "dtmf": "1"}, Proven(Proof.READ, accepted=True, text="key pressed, 200000")),
        ({"state": "200000", "dtmf": "2"}, Proven(Proof.READ, text="key pressed, 200000")),
        ({"state": "200000"}, Proven(Proof.REACHED, text="answered, 200000")),
        ({"state": 200008, "dtmf": None}, Proven(Proof.REACHED, text="answered, 200008")),
        ({"state": "200003", "callee": NUMBER}, Proven(None, text="200003")),
        ({"state": "200101"}, None),
        (None, None),
    ],
)
def test_a_pressed_key_is_read_and_a_call_answered_only_reached(
    receiver: Receiver, record: dict[str, object] | None, proven: Proven | None
) -> None:
    receipt = send(voice(receiver, keys=True))
    receiver.reply = answer("OK", **({"Data": json.dumps(record)} if record else {}))
    assert proof(voice(receiver, keys=True), receipt) == proven
    asked = parameters(receiver.requests[-1])
    assert asked["ProdId"] == "11000000300005"
    assert asked["CallId"] == "116012854210^10281427"
    assert int(asked["QueryDate"]) == at("2026-11-27T00:00:00")


def test_a_call_without_keys_may_be_booked_under_either_product(receiver: Receiver) -> None:
    receipt = send(voice(receiver))
    receiver.replies = [answer("OK"), answer("OK", Data=json.dumps({"state": "200001"}))]
    assert proof(voice(receiver), receipt) == Proven(Proof.REACHED, text="answered, 200001")
    assert [parameters(asked)["ProdId"] for asked in receiver.requests[1:]] == [
        "11000000300006",
        "11010000138001",
    ]


def test_a_receipt_of_another_kind_proves_nothing_and_asks_nobody(receiver: Receiver) -> None:
    assert proof(sms(receiver), Receipt("HTTP 200")) is None
    assert proof(sms(receiver), Receipt("OK, CallId 1^1 20261127")) is None
    assert receiver.requests == []


def test_a_number_is_told_within_the_providers_limits_and_a_share_is_kept_for_life_safety(
    receiver: Receiver,
) -> None:
    clock = [1_000]
    channel = voice(receiver, clock)

    async def flood() -> None:
        await channel.send("1", BATTERY, WANG)
        with pytest.raises(OverBudget) as caught:
            await channel.send("2", FALL, WANG)
        assert caught.value.retry_after_s == 60.0
        await channel.send("3", FALL, Recipient("P2", "13900139000"))  # another telephone
        for _ in range(2):
            clock[0] += 60_000
            await channel.send("4", BATTERY, WANG)
        clock[0] += 60_000
        with pytest.raises(Recoverable):
            await channel.send("5", BATTERY, WANG)  # the fourth of the hour is for life safety
        await channel.send("6", FALL, WANG)
        await channel.aclose()

    asyncio.run(flood())
    assert len(receiver.requests) == 5


def test_what_the_provider_refused_does_not_count(receiver: Receiver) -> None:
    channel = voice(receiver)

    async def again() -> None:
        receiver.replies = [answer("isp.SYSTEM_ERROR")]
        with pytest.raises(Recoverable):
            await channel.send("1", FALL, WANG)
        await channel.send("1", FALL, WANG)
        await channel.aclose()

    asyncio.run(again())


def test_variables_follow_the_policy_of_places_and_keep_the_marks_of_the_sentence() -> None:
    vague = variables_of(message("neighbourhood"), VARIABLES, written)
    assert vague["place"] == "莲花二村一住户"
    assert "1201" not in json.dumps(vague, ensure_ascii=False)
    late = message(
        rung=2, recorded=False, active_at=FACTS.raised_at - 3 * 3_600_000, why={"zh": "未见活动", "en": ""}
    )
    marked = variables_of(late, VARIABLES, written)
    assert marked["severity"] == "紧急（第2次上报）"
    assert marked["kind"] == "疑似跌倒（迟到3小时）（未存档）"
    assert marked["number"] == "0417"
    hall = PlaceFacts(kind="facility", path=HOME.path, name="长者活动室", address="党群服务中心二楼")
    crowd = message(
        place=hall, kind="facility", title={"zh": "超过核定容量", "en": ""}, why={"zh": "", "en": ""}
    )
    assert variables_of(crowd, ("place", "seen"), written) == {
        "place": "莲花社区长者活动室",
        "seen": "14:01卫生间",
    }


def test_a_sentence_of_another_form_gives_no_place_away() -> None:
    odd = replace(FALL, text={"zh": "莲花社区3栋1201有警情", "en": ""})
    filled = variables_of(odd, ("severity", "kind", "place", "seen", "number"), written)
    assert filled == {
        "severity": "紧急",
        "kind": "疑似跌倒",
        "place": "见值班台",
        "seen": "详见值班台",
        "number": "0417",
    }
    assert variables_of(replace(FALL, number=0), ("number",), written) == {"number": "未编号"}


@given(
    st.text(alphabet=st.sampled_from("跌倒3栋，。；：%:-/#【】…[]{}$ 13800138000http://a.cn王"), max_size=120)
)
def test_no_variable_is_too_long_empty_or_unfit(text: str) -> None:
    told = replace(
        FALL, text={"zh": f"紧急：{text}。{text}，{text}。请接警", "en": ""}, title={"zh": text, "en": ""}
    )
    for write in (written, spoken):
        for value in variables_of(told, VARIABLES, write).values():
            assert 1 <= len(value) <= 35
            assert not re.search(r"[【】\[\]{}$#…]|http|1[3-9]\d{9}", value), value
            assert write is written or not re.search(r"[/:%-]", value)


def test_a_long_place_keeps_its_end_and_long_evidence_its_beginning() -> None:
    place = "莲花" * 20 + "3栋1201王女士"
    seen = "最后一次活动09:12，已有4小时未见活动，" + "比平时久很多" * 6
    told = replace(FALL, text={"zh": f"紧急：疑似跌倒。{place}，{seen}。请接警", "en": ""})
    filled = variables_of(told, ("place", "seen"), written)
    assert filled["place"] == place[-35:]
    assert filled["seen"] == "最后一次活动09:12，已有4小时未见活动"


def test_speech_has_no_sign_the_provider_forbids() -> None:
    assert spoken("14:03，93%，12-3-1201") == "14点03分，百分之93，12杠3杠1201"


GIVEN = {"access_key_id": ID, "sign_name": "莲花", "template_alert": "SMS_1"}


@pytest.mark.parametrize(
    ("kind", "options", "secret", "word"),
    [
        ("sms", {"access_key_id": ID, "sign_name": "莲花"}, SECRET, "template_alert is missing"),
        ("sms", {**GIVEN, "access_key_id": ""}, SECRET, "access_key_id is missing"),
        ("sms", {**GIVEN, "sign_name": ""}, SECRET, "sign_name is missing"),
        ("sms", GIVEN, "", "secret is missing"),
        ("sms", {**GIVEN, "template_alart": "x"}, SECRET, "did you mean 'template_alert'?"),
        ("sms", {**GIVEN, "variables_alert": "kind,city"}, SECRET, "unknown 'city'; use severity, kind"),
        ("sms", {**GIVEN, "per_day": "many"}, SECRET, "per_day must be a number"),
        ("sms", {**GIVEN, "show_number": "1"}, SECRET, "unknown 'show_number'"),
        (
            "voice",
            {"access_key_id": ID, "template_alert": "T", "template_pressed": "P"},
            SECRET,
            "needs show_number",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(
    kind: str, options: dict[str, str], secret: str, word: str
) -> None:
    with pytest.raises(ChannelError) as caught:
        open_channel(kind, Given(name="tel", secret=secret, options=options))
    assert word in str(caught.value)
    assert "channel 'tel'" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_settings_open_either_channel(receiver: Receiver) -> None:
    options = {**GIVEN, "variables_alert": "kind, place", "per_day": "1", "template_digest": "SMS_5"}
    channel = open_channel("sms", Given(name="tel", url=receiver.url, secret=SECRET, options=options))
    assert isinstance(channel, Telephone)
    assert (channel.personal, channel.gathers, channel.proves) == (True, True, Proof.TAKEN)

    async def twice() -> None:
        await channel.send("1", FALL, WANG)
        with pytest.raises(Recoverable, match="over what one number may be sent"):
            await channel.send("2", FALL, WANG)
        await channel.aclose()

    asyncio.run(twice())
    assert json.loads(parameters(receiver.requests[0])["TemplateParam"]).keys() == {"kind", "place"}
    calls = open_channel(
        "voice", Given(name="tel", secret=SECRET, options={"access_key_id": ID, "template_alert": "TTS_1"})
    )
    assert not calls.gathers  # without a template for digests
    asyncio.run(calls.aclose())


def test_the_settings_shown_open_and_the_templates_shown_hold_the_variables_they_get(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "通知渠道.md").read_text(encoding="utf-8")
    shown = {"MAIL_URL": "mailtos://u:p@example.org?to=a@example.org"}
    shown["LETTERS_URL"] = shown["MAIL_URL"].replace("a@example.org", "{address}")
    monkeypatch.setattr(mqtt_topic, "_trust", lambda *_: None)  # the file shown is nobody's
    opened = []
    for text in re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for name in re.findall(r'"env:(\w+)"', text):
            monkeypatch.setenv(name, shown.get(name, SECRET))
        for channel in Settings(**tomllib.loads(text)).channels:
            if channel.kind in {"sms", "voice", "apprise", "mqtt"}:
                options = {name: value.get_secret_value() for name, value in channel.options.items()}
                url, secret = channel.url.get_secret_value(), channel.secret.get_secret_value()
                given = Given(name=channel.name, url=url, secret=secret, options=options)
                asyncio.run(open_channel(channel.kind, given).aclose())
                opened.append(channel.kind)
    assert opened == ["sms", "voice", "apprise", "apprise", "mqtt"]
    rows = re.findall(r"^\| `(\w+)` [^|`]+ \| `([^`]+)` \| ([\w, ]+|（没有）) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(HELD)
    for about, text, told in rows:
        held = tuple(re.findall(r"\$\{(\w+)\}", text))
        assert held == HELD[about]
        assert told == (", ".join(held) or "（没有）")
        assert not re.search(r"\}[^\w]*\$\{", text), "two variables side by side are sent back"


def test_no_secret_and_no_number_in_logs_reasons_or_receipts(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [repr(WANG)]
    replies = [
        answer("OK", NUMBER, BizId=NUMBER + " x"),
        answer("isv.MOBILE_NUMBER_ILLEGAL", NUMBER),
        answer("isv.BUSINESS_LIMIT_CONTROL", NUMBER),
        answer(NUMBER + "?", NUMBER, 400),
        Reply(502, NUMBER.encode()),
        Reply(302, headers={"Location": f"http://example.org/{NUMBER}"}),
        Reply(hang=True),
    ]
    for reply in replies:
        receiver.reply = reply
        try:
            told.append(send(sms(receiver, timeout_s=0.2)).text)
        except (Recoverable, Unrecoverable) as error:
            told += [repr(error), error.reason, repr(error.__cause__)]
    assert any("HTTP Request" in record.getMessage() for record in caplog.records)
    told.append(caplog.text)
    for secret in (SECRET, NUMBER, NUMBER[3:], ID):
        assert secret not in "\n".join(told)
