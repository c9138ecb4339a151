"""An event loop on virtual time: whoever waits for ten minutes has them at once, in order, and nothing else changes."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")


class _Jump(selectors.SelectSelector):
    """Does not wait: it moves the loop's time on instead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits for something that no time will bring"
        self.loop.passed_s += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """``passed_s`` is its time. What is given to a thread is done at once: while it runs, no time passes."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        jump = _Jump()
        jump.loop = self
        super().__init__(jump)

    def time(self) -> float:
        return self.passed_s

    def run_in_executor(  # type: ignore[override]  # the same but for the type of the future
        self,
        executor: Executor | None,  # noqa: ARG002 there is no other thread here
        func: Callable[..., T],
        *args: Any,  # noqa: ANN401 whatever it is called with
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 it goes to who waits for it
            done.set_exception(error)
        return done


def live_through(life: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run it on a loop of its own."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(life(loop))
