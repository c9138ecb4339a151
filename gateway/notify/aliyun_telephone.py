"""Short messages and calls of Alibaba Cloud, as ``TelephoneProvider``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from gateway.notify.aliyun import BEIJING, Aliyun, Answered, shown
from gateway.notify.channel import Proof, Proven
from gateway.notify.provider import Sent

SMS_URL = "https://dysmsapi.aliyuncs.com/"
VOICE_URL = "https://dyvmsapi.aliyuncs.com/"
OUT_ID_CALL_BYTES_MAX = 15  # of OutId in calls; in short messages it is 255
PLAY_TIMES = 2  # a call is often picked up in the middle of a word; 3 at most
KEY_WAIT_MS = 5000
ACCEPT_KEY = "1"

# ProdId of QueryCallDetailByCallId (document_detail/393529). SingleCallByTts is entered there as voice notice, in the SDK's own
# words as verification code: whichever has the record.
_PRODUCTS = {"CallId": ("11000000300006", "11010000138001"), "IvrCallId": ("11000000300005",)}

# document_detail/55085. Answered to the end, hung up before it, no key pressed in time.
_ANSWERED = frozenset({"200000", "200001", "200008"})
_STILL_CALLING = frozenset({"200101", "200102", "200103", "200201", ""})

_FIT_ID = re.compile(r"[\w^.-]{1,64}", re.ASCII)


class _Submitted(Answered):
    biz_id: str = ""
    call_id: str = ""


class _Detail(msgspec.Struct, rename="pascal"):
    send_status: int = 0
    err_code: str = ""


class _Details(msgspec.Struct):
    details: list[_Detail] = msgspec.field(default_factory=list, name="SmsSendDetailDTO")


class _SmsReport(Answered):
    listed: _Details = msgspec.field(default_factory=_Details, name="SmsSendDetailDTOs")


class _CallReport(Answered):
    data: str = ""


class _Call(msgspec.Struct):
    state: str | int | None = ""
    dtmf: str | int | None = ""


class AliyunSms:
    """SendSms (document_detail/55284) and QuerySendDetails. Not idempotent: what was sent twice comes twice."""

    def __init__(self, service: Aliyun, *, sign_name: str) -> None:
        self._service, self._sign_name = service, sign_name

    async def tell(
        self,
        message_id: str,
        number: str,
        template: str,
        variables: Mapping[str, str],
        *,
        purpose: str,  # noqa: ARG002 the template says it
    ) -> Sent:
        """Submit one short message."""
        parameters = {
            "PhoneNumbers": number,
            "SignName": self._sign_name,
            "TemplateCode": template,
            "OutId": message_id,
        }
        if variables:
            parameters["TemplateParam"] = _json(variables)
        day = self._service.today()
        submitted = _read(await self._service.call("SendSms", parameters), _Submitted)
        return Sent("BizId", _id(submitted.biz_id), day)

    async def report(self, sent: Sent, number: str) -> Proven | None:
        """The carriers' status report: on the telephone, or not, and their word why."""
        if sent.how != "BizId":
            return None
        body = await self._service.call(
            "QuerySendDetails",
            {
                "PhoneNumber": number,
                "BizId": sent.id,
                "SendDate": sent.day,
                "PageSize": "10",
                "CurrentPage": "1",
            },
        )
        details = _read(body, _SmsReport).listed.details
        # SendStatus: 1 waiting for the report, 2 failed, 3 delivered.
        for detail in details:
            if detail.send_status == 2:  # noqa: PLR2004 as above
                return Proven(None, text=shown(detail.err_code))
        if details and all(detail.send_status == 3 for detail in details):  # noqa: PLR2004 as above
            return Proven(Proof.REACHED, text="DELIVERED")
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()


class AliyunVoice:
    """SingleCallByTts (document_detail/393519), or IvrCall (/393521) where a key press is wanted.

    ``show_number`` is the number the person sees; without one the shared pool calls, and then there is no key press.
    ``pressed_template`` is what is read out after a key: it confirms the key, not that the alert was accepted.
    """

    def __init__(self, service: Aliyun, *, show_number: str = "", pressed_template: str = "") -> None:
        self._service, self._show_number, self._pressed = service, show_number, pressed_template

    async def tell(
        self, message_id: str, number: str, template: str, variables: Mapping[str, str], *, purpose: str
    ) -> Sent:
        """Start one call; an alert to staff asks for a key where keys are on."""
        keyed = bool(self._pressed) and purpose == "alert"
        words = {"StartCode": template} if keyed else {"TtsCode": template}
        if variables:
            words["StartTtsParams" if keyed else "TtsParam"] = _json(variables)
        if keyed:
            words |= {
                "MenuKeyMap.1.Key": ACCEPT_KEY,
                "MenuKeyMap.1.Code": self._pressed,
                "Timeout": str(KEY_WAIT_MS),
            }
        if self._show_number:
            words["CalledShowNumber"] = self._show_number
        parameters = {
            "CalledNumber": number,
            "PlayTimes": str(PLAY_TIMES),
            "OutId": message_id[:OUT_ID_CALL_BYTES_MAX],
            **words,
        }
        day = self._service.today()
        body = await self._service.call("IvrCall" if keyed else "SingleCallByTts", parameters)
        return Sent("IvrCallId" if keyed else "CallId", _id(_read(body, _Submitted).call_id), day)

    async def report(self, sent: Sent, number: str) -> Proven | None:  # noqa: ARG002 a call has an id of its own
        """What the record of the call says: READ is a key that was pressed, for an assistant on the telephone may answer.

        The records are documented without the key (``dtmf``), the pushed reports with it: where a record has it, it counts.
        """
        for product in _PRODUCTS.get(sent.how, ()):
            body = await self._service.call(
                "QueryCallDetailByCallId",
                {"CallId": sent.id, "ProdId": product, "QueryDate": str(_midnight_ms(sent.day))},
            )
            data = _read(body, _CallReport).data
            call = _read(data.encode(), _Call)
            state, keys = str(call.state or ""), "" if call.dtmf is None else str(call.dtmf)
            if state in _STILL_CALLING:
                continue
            if keys:
                return Proven(
                    Proof.READ, accepted=keys[-1] == ACCEPT_KEY, text=f"key pressed, {shown(state)}"
                )
            if state in _ANSWERED:
                return Proven(Proof.REACHED, text=f"answered, {shown(state)}")
            return Proven(None, text=shown(state))
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._service.aclose()


def _json(variables: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(variables)).decode()


def _read(body: bytes, kind: Any) -> Any:  # noqa: ANN401 one of the structures above, as asked for
    """The answer as ``kind``; what cannot be read as it is taken as empty: the message itself was taken."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except msgspec.DecodeError:
        return kind()


def _id(given: str) -> str:
    return given if _FIT_ID.fullmatch(given) else "unknown"


def _midnight_ms(day: str) -> int:
    """The beginning of a Beijing day: the record asked for lies within 24 h after it."""
    return int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=BEIJING).timestamp() * 1000)
