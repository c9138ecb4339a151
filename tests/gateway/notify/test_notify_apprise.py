"""Apprise against a real SMTP server and one that never answers: what counts as sent, and what never leaks."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from parts import free_port
from test_notify_channels import FALL

from gateway.notify.apprise_url import AppriseUrl, body_of, title_of
from gateway.notify.channel import (
    GROUP,
    Channel,
    NotForChannel,
    Proof,
    Receipt,
    Recipient,
    Recoverable,
    Unrecoverable,
)
from gateway.notify.http import ChannelError
from gateway.notify.opening import Given, open_channel

SENT = Receipt("已发出，未证实 / sent, unconfirmed")
WANG = Recipient("P1", "wang+care@example.org")


@dataclass
class Post:
    """A post office: ``refusal`` is its answer to each recipient, '' takes all."""

    port: int = 0
    refusal: str = ""
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return f"{self.refusal} {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 as above
        self.envelopes.append(envelope)
        return "250 OK"

    def letter(self) -> EmailMessage:
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        return email.message_from_bytes(content, policy=email.policy.default)

    def url(self, to: str) -> str:
        return f"mailto://127.0.0.1:{self.port}/?from=hub@example.org&to={to}&mode=insecure"


@pytest.fixture
def post() -> Iterator[Post]:
    office = Post(port=free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    yield office
    controller.stop()


def send(channel: Channel, to: Recipient = GROUP) -> Receipt:
    async def once() -> Receipt:
        try:
            return await channel.send("0123abcd", FALL, to)
        finally:
            await channel.aclose()

    return asyncio.run(once())


def test_a_letter_arrives_with_sentence_steps_and_english(post: Post) -> None:
    channel = open_channel("apprise", Given(name="mail", url=post.url("station@example.org")))
    assert (channel.proves, channel.personal, channel.gathers) == (Proof.TAKEN, False, True)
    assert send(channel) == SENT
    assert post.envelopes[0].rcpt_tos == ["station@example.org"]
    letter = post.letter()
    assert letter["Subject"] == "紧急 疑似跌倒 警情0417 / Critical: Possible fall"
    assert letter.get_content().replace("\r\n", "\n").strip().splitlines() == [
        "紧急：疑似跌倒。警情0417，请接警",
        "1. 先电话",
        "2. 敲门",
        "Critical: Possible fall. Alert 0417: please accept.",
        "1. Phone first",
        "2. Knock",
        "",
        "ID 0123abcd",
    ]


def test_each_person_gets_it_at_their_own_address(post: Post) -> None:
    given = Given(name="mail", secret=post.url("{address}"), options={"personal": "yes"})
    channel = open_channel("apprise", given)
    assert channel.personal
    assert send(channel, WANG) == SENT
    assert post.envelopes[0].rcpt_tos == ["wang+care@example.org"]
    with pytest.raises(NotForChannel, match="no address"):
        send(open_channel("apprise", given))
    assert len(post.envelopes) == 1


def test_an_address_cannot_become_part_of_the_url(post: Post) -> None:
    channel = AppriseUrl("mail", url=post.url("{address}"), personal=True)
    with contextlib.suppress(Recoverable, Unrecoverable):
        send(channel, Recipient("P1", "wang@example.org&to=eve@example.org"))
    assert all("eve@example.org" not in envelope.rcpt_tos for envelope in post.envelopes)


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [("550 no such user", Unrecoverable), ("451 try again later", Recoverable), ("452 full", Recoverable)],
)
def test_what_the_post_office_refuses_is_not_sent(post: Post, refusal: str, kind: type[Exception]) -> None:
    post.refusal = refusal
    with pytest.raises(kind):
        send(AppriseUrl("mail", url=post.url("{address}"), personal=True), WANG)
    assert post.envelopes == []


def test_a_post_office_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = Post(port=deaf.getsockname()[1]).url("a@example.org")
        began = time.monotonic()
        with pytest.raises(Recoverable, match=re.escape("not sent within 0.3 s")):
            send(AppriseUrl("mail", url=url, timeout_s=0.3))
        assert time.monotonic() - began < 2
    with pytest.raises(Recoverable, match="could not send"):
        send(AppriseUrl("mail", url=Post(port=free_port()).url("a@example.org")))


@pytest.mark.parametrize(
    ("url", "options", "word"),
    [
        ("", {}, "the Apprise URL is missing"),
        ("pigeon://loft", {}, "does not understand the URL"),
        ("wecombot://botkey-botkey", {}, 'use kind = "wecom"'),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=botkey-botkey", {}, 'use kind = "wecom"'),
        ("dingtalk://abcdefghij1234", {}, 'use kind = "dingtalk"'),
        ("feishu://abcdefghij1234", {}, 'use kind = "feishu"'),
        ("lark://abcdefghij1234", {}, 'use kind = "feishu"'),
        ("mailto://h/?to={address}", {}, "go together"),
        ("mailto://u:pass-word@example.org", {"personal": "yes"}, "go together"),
        ("mailto://u:pass-word@example.org", {"personal": "ja"}, "use yes or no"),
        ("mailto://u:pass-word@example.org", {"personnel": "yes"}, "did you mean 'personal'?"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(url: str, options: dict[str, str], word: str) -> None:
    with pytest.raises(ChannelError) as caught:
        open_channel("apprise", Given(name="mail", url=url, options=options))
    assert word in str(caught.value)
    assert "channel 'mail'" in str(caught.value)
    assert "pass-word" not in str(caught.value)
    assert "botkey" not in str(caught.value)


def test_nothing_of_the_url_or_the_person_is_logged(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for refusal in ("", "550 no", "451 no"):
        post.refusal = refusal
        try:
            told.append(send(AppriseUrl("mail", url=post.url("{address}"), personal=True), WANG).text)
        except (Recoverable, Unrecoverable) as error:
            told += [repr(error), error.reason, repr(error.__cause__)]
    deaf = f"json://user:pass-word@127.0.0.1:{free_port()}/key-key-key"
    with pytest.raises(Recoverable) as caught:
        send(AppriseUrl("other", url=deaf))
    told.append(repr(caught.value))
    # The post office logs too, in this very process: its lines are not ours.
    told += [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    for secret in ("wang", "example.org", "pass-word", "key-key-key"):
        assert secret not in "\n".join(told)


def test_what_is_missing_leaves_no_gap() -> None:
    bare = replace(
        FALL, number=0, severity="notice", todo={"zh": [], "en": []}, text={"zh": "提示：一条", "en": ""}
    )
    assert title_of(bare) == "提示 疑似跌倒 / Notice: Possible fall"
    assert body_of("1", bare) == "提示：一条\n\nID 1"
