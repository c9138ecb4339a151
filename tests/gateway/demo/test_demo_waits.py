"""The demo waits for a hub that is still coming up."""

from __future__ import annotations

import contextlib
from pathlib import Path

from parts import free_port

from gateway.demo.run import DemoOptions, _Demo
from gateway.listening import listen
from gateway.waiting_room import WaitingRoom


def test_a_hub_that_still_recovers_has_not_lived_through_its_day(tmp_path: Path) -> None:
    """Its waiting room answers, and knows nothing of time: on a slow machine the demo ended with a KeyError there."""
    port = free_port()
    options = DemoOptions(homes=4, speed=1.0, for_s=1.0, seed=7, days=1, port=0, broker_port=0, keep=None)
    with contextlib.ExitStack() as stack:
        demo = _Demo(options, tmp_path, stack)
        assert not demo._lived(), "nobody answers yet"
        demo._port = port
        listener = stack.enter_context(listen("127.0.0.1", port))
        room = WaitingRoom(listener, lambda: 0.5)
        room.open()
        stack.callback(room.close)
        assert not demo._lived()
        assert demo._ready["reasons"] == ["recovering, 50 %"]
