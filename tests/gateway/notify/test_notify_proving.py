"""What a provider says later: on the telephone, read, accepted with a key, or never arrived and then told the next way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from outbox_town import NOON_MS, People, raise_alert, rows, to, town
from sqlalchemy import select
from sqlalchemy.orm import Session
from virtual_loop import VirtualLoop, live_through

from gateway.notify.channel import Proof, Proven, Recipient, Recoverable
from gateway.notify.delivery import Delivery
from gateway.notify.outbox_words import Wording
from gateway.operations.tables import AlertStep, Outbox

WORDS = Wording(zone=ZoneInfo("Asia/Shanghai"), address_of=lambda person, channel: f"{person}@{channel}")


@dataclass
class Telephone(People):
    """A provider that is asked later; ``known`` are its answers by message, in order."""

    known: list[Proven | Exception | None] = field(default_factory=list)
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    proof_after_s: float = 15.0

    async def proof(self, message_id: str, receipt: str, to: Recipient) -> Proven | None:  # noqa: ARG002 the port's
        self.asked.append((self.passed_s(), receipt, to.address))
        answer = self.known.pop(0) if self.known else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def live(
    folder: Path, known: list[Proven | Exception | None], *, seconds: float = 60
) -> tuple[list[tuple[str, str, str]], Telephone, list[tuple[str, str, str]], list[tuple[str, str]]]:
    """A fall told to 李敏 by sms, then voice; what became of the messages, the channel, who accepted, and the proofs."""
    engine = town(folder)
    accepted: list[tuple[str, str, str]] = []

    async def life(loop: VirtualLoop) -> Telephone:
        sms = Telephone(lambda: loop.passed_s, personal=True, known=known)
        now_ms = lambda: NOON_MS + int(loop.passed_s * 1000)  # noqa: E731 the wall clock of this life

        async def take(alert: str, person: str, message: str) -> None:
            accepted.append((alert, person, message))

        voice = People(lambda: loop.passed_s, personal=True)
        worker = Delivery(
            engine, {"sms": sms, "voice": voice}, words=WORDS, now_ms=now_ms, hub_now_ms=now_ms, accepted=take
        )
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(1)
        raise_alert(engine, 1, to("limin", "sms", "voice"), kind="life_safety")
        worker.take(())
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.wait([running])
        return sms

    sms = live_through(life)
    with Session(engine) as session:
        proofs = [
            (row.channel, row.proof) for row in session.scalars(select(Outbox).order_by(Outbox.channel))
        ]
        steps = session.scalars(select(AlertStep.kind).order_by(AlertStep.id)).all()
    assert steps.count("delivered") == sum(proof in {"reached", "read"} for _, proof in proofs)
    return rows(engine), sms, accepted, proofs


def test_delivered_is_said_only_when_it_is_proven(tmp_path: Path) -> None:
    found, sms, _, proofs = live(tmp_path, [None, Recoverable("busy"), Proven(Proof.REACHED)])
    assert found == [("a1", "sms", "delivered")]
    assert proofs == [("sms", "reached")]
    assert len(sms.asked) == 3, "and it is not asked once it is known"
    assert sms.asked[0][0] >= 15
    assert sms.asked[0][1:] == ("errcode 0", "limin@sms")


def test_nothing_known_stays_sent_and_unconfirmed(tmp_path: Path) -> None:
    found, sms, _, proofs = live(tmp_path, [], seconds=2 * 3600)
    assert (found, proofs) == ([("a1", "sms", "sent")], [("sms", "taken")])
    assert sms.asked[-1][0] <= 3600 + 2, "after an hour nobody asks any more"


def test_what_never_arrived_goes_the_next_way(tmp_path: Path) -> None:
    found, _, _, _ = live(tmp_path, [Proven(None, text="the telephone is switched off")])
    assert found == [("a1", "sms", "failed"), ("a1", "voice", "sent")]


def test_pressing_one_accepts_in_the_persons_name(tmp_path: Path) -> None:
    found, _, accepted, proofs = live(tmp_path, [Proven(Proof.READ, accepted=True)])
    assert found == [("a1", "sms", "delivered")]
    assert proofs == [("sms", "read")]
    assert [(alert, person) for alert, person, _ in accepted] == [("a1", "limin")]
