"""The web on the hub's own loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn

from gateway.hub_port import WebPort
from gateway.web.app import create_app

if TYPE_CHECKING:
    from gateway.hub import Hub


class WebServer(uvicorn.Server):
    """uvicorn on the hub's loop; signals stay with the hub."""

    def __init__(self, hub: Hub) -> None:
        http = hub.web_settings
        app = create_app(WebPort(hub), http)
        super().__init__(
            uvicorn.Config(
                app, host=http.host, port=http.port, log_config=None, log_level="warning", access_log=False, lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )  # fmt: skip

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the hub."""
        yield
