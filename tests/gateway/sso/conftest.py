"""A real provider of single sign-on, and the small hub that the web is tested on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import NPM, free_port, listens, npm_part, real_part, wait_until

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from sso_provider import SECRET, Running
from web_desk import Desk


@pytest.fixture(scope="module")
def provider() -> Iterator[Running]:
    npm_part("oidc-provider")
    port, hub_port = free_port(), free_port()
    command = [
        real_part("node"), str(NPM / "provider.mjs"), str(port), SECRET, f"http://127.0.0.1:{hub_port}/sso/back",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), within_s=30, what="the provider listens")
        yield Running(f"http://127.0.0.1:{port}", hub_port)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.settle_in()
    yield made
    made.engine.dispose()
