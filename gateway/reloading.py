"""Rules and duty plan are read again while the hub runs, when somebody asks or sends SIGHUP; what is wrong changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from gateway.duty_keeper import DutyGapsError
from gateway.mistakes import FileMistakes
from gateway.rules_in_force import Reloaded
from rules.world import changed_rules

if TYPE_CHECKING:
    from gateway.hub import Hub

log = logging.getLogger(__name__)


class Reloads:
    """Reads again for a hub; ``tasks`` are those that a signal began."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.turn = asyncio.Lock()  # the console's changes of rules take turns with these
        self.tasks: set[asyncio.Task[None]] = set()

    async def rules(self) -> Reloaded:
        """Read the rule files again and judge by them from now on; raises ``FileMistakes`` and goes on as before."""
        hub = self._hub
        async with self.turn:
            try:
                hub.rules.take(await asyncio.to_thread(hub.rules.read))
            except FileMistakes as error:
                hub.rules.refuse(error)
                raise
            before, after = hub.engine.world.definition, hub.definition()
            answer = await hub.line.change_world(after)
            changed = changed_rules(before, after, in_words=True)
            log.info("rules read again: %s", ", ".join(changed) or "nothing has changed")
            return Reloaded(
                version=answer.version,
                rules=tuple(rule.id for rule in after.rules),
                differences=tuple(map(str, hub.rules.book.differences)),
                changed=changed,
                anew=changed_rules(before, after),
            )

    def soon(self) -> None:
        """Read both, on the running loop."""
        task = asyncio.get_running_loop().create_task(self._both(), name="reload")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _both(self) -> None:
        with contextlib.suppress(FileMistakes):  # they are in the log and in the figures
            await self.rules()
        try:
            await self._hub.duty_keeper.reload()
        except (FileMistakes, DutyGapsError) as error:
            log.error("the duty plan is not read again; it goes on as before: %s", error)  # noqa: TRY400 its words say it all
