"""Channels from their settings: ``[[channels]] name, kind, url, secret, options``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.duty.plan import CLASSES
from gateway.notify.aliyun import Aliyun
from gateway.notify.aliyun_telephone import SMS_URL, VOICE_URL, AliyunSms, AliyunVoice
from gateway.notify.channel import Channel
from gateway.notify.dingtalk import DingTalkRobot
from gateway.notify.feishu import FeishuRobot
from gateway.notify.http import ChannelError
from gateway.notify.mention import Mention, read_mention
from gateway.notify.mqtt_topic import MqttTopic, classes_of, place_of
from gateway.notify.provider import TelephoneProvider
from gateway.notify.telephone import (
    LIMITS,
    SMS,
    VOICE,
    Telephone,
    Way,
    held_of,
    limited,
)
from gateway.notify.template import HELD
from gateway.notify.webhook import Webhook
from gateway.notify.wecom import WeComRobot
from gateway.notify.wecom_app import WeComApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A channel's settings. ``options`` are what only its kind needs; any of them may be a secret."""

    name: str
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def only(self, *known: str) -> None:
        """Refuse what the kind does not know; raises ``ChannelError``."""
        for name in self.options:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                remedy = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}"
                raise ChannelError(f"channel {self.name!r}: options: unknown {name!r}; {remedy}")

    def needed(self, name: str, what: str) -> str:
        """An option that must be there; ``what`` says what it is. Raises ``ChannelError``."""
        value = self.options.get(name, "")
        if not value:
            raise ChannelError(f"channel {self.name!r}: options: {name} is missing; give {what}")
        return value


def followed_by(given: Given) -> frozenset[str]:
    """The classes of alerts of which a channel is told every step; raises ``ChannelError``. Only a webhook follows along."""
    said = given.options.get("follow", "")
    classes = (
        frozenset(CLASSES) if said == "all" else frozenset(filter(None, said.replace(" ", "").split(",")))
    )
    for name in sorted(classes - set(CLASSES)):
        raise ChannelError(
            f"channel {given.name!r}: options: follow names {name!r}; write all, or some of {', '.join(CLASSES)}"
        )
    return classes


def _webhook(given: Given) -> Channel:
    given.only("follow")
    followed_by(given)
    return Webhook(given.name, url=given.url, secret=given.secret)


def _wecom(given: Given) -> Channel:
    given.only("mention", "mention_mobiles")
    return WeComRobot(given.name, url=given.url, secret=given.secret, mention=_mention(given))


def _wecom_app(given: Given) -> Channel:
    given.only("corpid", "agentid")
    return WeComApp(
        given.name,
        corpid=given.needed(
            "corpid", "the ID of the enterprise (企业ID), from 我的企业 in the admin console"
        ),
        agentid=given.needed(
            "agentid", "the number of the app (AgentId), from its page in the admin console"
        ),
        secret=given.secret,
        url=given.url,
    )


def _dingtalk(given: Given) -> Channel:
    given.only("mention", "mention_mobiles")
    return DingTalkRobot(given.name, url=given.url, secret=given.secret, mention=_mention(given))


def _feishu(given: Given) -> Channel:
    given.only("mention")
    return FeishuRobot(given.name, url=given.url, secret=given.secret, mention=_mention(given))


def _mention(given: Given) -> Mention:
    options = given.options
    return read_mention(given.name, options.get("mention", ""), options.get("mention_mobiles", ""))


_TEMPLATES = tuple(f"template_{purpose}" for purpose in HELD)
_HELD = tuple(f"variables_{purpose}" for purpose in HELD)
_TELEPHONE = ("access_key_id", *_TEMPLATES, *_HELD, *LIMITS)


def _aliyun(given: Given, url: str) -> Aliyun:
    access_key_id = given.needed(
        "access_key_id", "the id of an access key whose RAM user may use this service only"
    )
    if not given.secret:
        raise ChannelError(f"channel {given.name!r}: secret is missing; it is the AccessKey Secret")
    return Aliyun(given.name, url=given.url or url, access_key_id=access_key_id, secret=given.secret)


def _telephone(given: Given, provider: TelephoneProvider, way: Way) -> Channel:
    return Telephone(
        given.name,
        provider,
        limited(given.name, way, given.options),
        templates={purpose: given.options.get(f"template_{purpose}", "") for purpose in HELD},
        held=held_of(given.name, given.options),
    )


def _sms(given: Given) -> Channel:
    given.only(*_TELEPHONE, "sign_name")
    sign_name = given.needed("sign_name", "the approved signature, without 【】")
    return _telephone(given, AliyunSms(_aliyun(given, SMS_URL), sign_name=sign_name), SMS)


def _voice(given: Given) -> Channel:
    given.only(*_TELEPHONE, "show_number", "template_pressed")
    show_number, pressed = given.options.get("show_number", ""), given.options.get("template_pressed", "")
    if pressed and not show_number:
        raise ChannelError(
            f"channel {given.name!r}: options: template_pressed asks for a key, which needs show_number, a number of one's own"
        )
    service = _aliyun(given, VOICE_URL)
    return _telephone(given, AliyunVoice(service, show_number=show_number, pressed_template=pressed), VOICE)


def _apprise(given: Given) -> Channel:
    from gateway.notify.apprise_url import AppriseUrl  # noqa: PLC0415 it loads some 190 services: only where one is used

    given.only("personal")
    personal = given.options.get("personal", "no")
    if personal not in {"yes", "no"}:
        raise ChannelError(f"channel {given.name!r}: options: personal is {personal!r}; use yes or no")
    if given.url and given.secret:
        raise ChannelError(f"channel {given.name!r}: give the Apprise URL as 'url' or as 'secret', not both")
    return AppriseUrl(given.name, url=given.secret or given.url, personal=personal == "yes")


def _mqtt(given: Given) -> Channel:
    given.only("topic", "payload_on", "classes", "ca_file")
    topic = given.needed("topic", "the topic the siren or light is subscribed to")
    return MqttTopic(
        given.name,
        place_of(given.name, given.url, topic, given.secret, given.options.get("ca_file", "")),
        payload_on=given.options.get("payload_on", ""),
        classes=classes_of(given.name, given.options.get("classes", "life_safety")),
    )


KINDS: dict[str, Callable[[Given], Channel]] = {
    "webhook": _webhook,
    "wecom": _wecom,
    "wecom_app": _wecom_app,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "sms": _sms,
    "voice": _voice,
    "apprise": _apprise,
    "mqtt": _mqtt,
}


def open_channel(kind: str, given: Given) -> Channel:
    """The channel these settings describe; raises ``ChannelError`` with what to do, without any secret."""
    if kind not in KINDS:
        raise ChannelError(
            f"channel {given.name!r}: kind {kind!r} is unknown; use one of {', '.join(sorted(KINDS))}"
        )
    return KINDS[kind](given)
