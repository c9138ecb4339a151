"""kill -9 of the hub while people work through alerts: between raise and close no step is lost and no rung skipped.

At random moments, among them while a message is at the receiver, and at the very moments between which a promise could break.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from attending_people import Shift, a_shift, doors, hire
from attending_reckoning import (
    FOLLOWER,
    GROUP,
    LADDER,
    changed_words,
    follows,
    is_quiet,
    kept,
    reckon_acts,
    reckon_channel,
    reckon_follow_ups,
    reckon_follower,
    reckon_ladders,
    reckon_receipts,
)
from hub_nursery import Moment
from hub_process import HubProcess, a_hub, channel
from ledger_publisher import Publisher
from parts import Broker, wait_until
from quick_rules import DOOR, FALL
from receiver import Receiver, Reply, Request, receiving

DEEP = os.environ.get("CAREHUB_DEEP") == "1"
KILLS = 100 if DEEP else 4
HOMES = 5
TAKEN = Reply(body=b'{"errcode": 0}')
WEBHOOKS = [name for rung in LADDER for name in rung if name != GROUP]
CHANNELS = [*WEBHOOKS, GROUP, FOLLOWER]
HASTY = {
    "gateway.duty.ladder:Plan": {"recontact_s": 2},  # not three minutes
    "gateway.notify.gathering:GATHER_MS": 1_000,
    "gateway.notify.wecom:MESSAGES_A_MINUTE": 100_000,
}
MOMENTS = {
    "journalled, not written": Moment("gateway.operations.alert_log:obey", 2),
    "written, not answered": Moment("gateway.hub_port:Outcome", 2, before=True),
    "sent, and not written down": Moment("gateway.notify.outbox:settle", 3, before=True),
    "gathered, not sent": Moment("gateway.notify.outbox_words:compose_digest"),
    "steps put in, not committed": Moment("gateway.notify.following:_advance", 2),
}


@dataclass
class Deadly(Receiver):
    """Armed, it kills the hub while it holds the next message but ``after`` in its hands, before it has answered."""

    hub: HubProcess | None = None
    after: int = -1
    struck: list[str] = field(default_factory=list)

    def take(self, request: Request) -> Reply:
        with self.lock:
            now, self.after = self.after == 0, self.after - 1
        if now and self.hub is not None and self.hub.process is not None:
            os.kill(self.hub.process.pid, signal.SIGKILL)
            self.struck.append(request.path)
        return super().take(request)


def settings(url: str) -> str:
    """Four rungs a second apart, a robot among them that gathers, and a system that follows along."""
    said = "".join(channel(url, name=name) for name in [*WEBHOOKS, FOLLOWER])
    said += 'options = { follow = "all" }\n'
    said += f'[[channels]]\nname = "{GROUP}"\nkind = "wecom"\nurl = "{url}/{GROUP}?key=robot"\n'
    for after_s, names in enumerate(LADDER):
        said += f"[[ladder]]\nafter_s = {after_s}\nchannels = {list(names)!r}\n"
    return said


def kill_again_and_again(hub: HubProcess, shift: Shift, receiver: Deadly, dice: random.Random) -> None:
    """Anywhere from the first moment of the process; while it works; while a message is on its way: by turns."""
    for number in range(KILLS):
        if shift.has_failed():
            break
        hub.spawn()
        if number % 3:
            wait_until(hub.answers, within_s=40, what="the hub answering")
        if number % 3 == 1:
            receiver.after = dice.randint(0, 8)
            wait_until(lambda: hub.has_ended() or shift.has_failed(), within_s=60, what="a message to die at")
        else:
            tries = shift.tries + dice.randint(0, 40 if number % 3 else 200)
            wait_until(partial(shift.has_tried, tries), within_s=60, what="the next moment")
        hub.kill()


def strike(hub: HubProcess, shift: Shift, moment: Moment, name: str) -> None:
    """Let it run into the moment, and people go on for a while after it."""
    began = time.monotonic()
    if name == "gathered, not sent":
        doors(shift.publisher, HOMES, are_open=True)
    hub.spawn(moment)
    wait_until(hub.has_ended, within_s=40, what=f"the hub coming to: {name}; {hub.log()[-2000:]}")
    assert hub.process is not None
    assert hub.process.poll() == -9, (name, hub.log()[-2000:])
    hub.process = None
    print(f"{time.monotonic() - began:.1f} s to: {name}")  # noqa: T201 a figure of the run


def reckon(hub: HubProcess, shift: Shift, receiver: Receiver, *, kills: int) -> None:
    """Wait until nobody is to be told any more, end the hub, and hold everything against everything."""
    wait_until(partial(is_quiet, hub), within_s=60, what="everybody being told")
    hub.stop()
    found = kept(hub)
    assert {name for name, alert in found.alerts.items() if alert.rule == "fall"} == set(shift.alerts)
    acts = reckon_acts(shift.said, found)
    told = reckon_ladders(found)
    gathered = reckon_receipts(found)
    true = reckon_follow_ups(found)
    repeats = sum(reckon_channel(receiver, name, found, kills=kills) for name in CHANNELS)
    followed = reckon_follower(receiver, found)
    words = dict(changed_words(receiver, [*WEBHOOKS, FOLLOWER]))
    print(  # noqa: T201 a figure of the run
        f"reckoned after {kills} kills: {len(found.alerts)} alerts, {acts} acts taken and "
        f"{len(shift.said) - acts} refused in {shift.tries} tries, {told} messages ({gathered} gathered), {true} follow-ups, "
        f"{followed} steps followed; sent again {repeats}, of which words had changed: {words}"
    )


def test_killed_at_any_moment_nothing_is_lost_between_raise_and_close(
    mosquitto: Broker, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(1 << 32) if DEEP else 20_261_127
    print(f"seed {seed}")  # noqa: T201 shown when it fails
    with (
        receiving(TAKEN, receiver=Deadly()) as receiver,
        a_hub(
            tmp_path, mosquitto, homes=HOMES, rules=FALL + DOOR, more=settings(receiver.url), constants=HASTY,
            started=False,
        ) as hub,
        Publisher(mosquitto) as publisher,
    ):  # fmt: skip
        assert isinstance(receiver, Deadly)
        receiver.hub = hub
        hire(hub)
        hub.start()
        wait_until(partial(follows, hub), what="the follower's beginning being written")
        with a_shift(hub, publisher, homes=HOMES, seed=seed) as shift:
            hub.kill()
            for name, moment in MOMENTS.items():
                strike(hub, shift, moment, name)
            kill_again_and_again(hub, shift, receiver, random.Random(seed))  # noqa: S311 seeded on purpose
            hub.start()
        assert receiver.struck, "it never died while a message was on its way"
        reckon(hub, shift, receiver, kills=1 + len(MOMENTS) + KILLS)
