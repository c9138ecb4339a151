"""Dashboards as files: built by code, written as JSON, committed, provisioned and pushed from there.

``render_all`` needs grafana-foundation-sdk (``pip install 'carehub[dev]'``); what is committed does not.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.console import with_console

JSON_FOLDER = Path(__file__).parent / "json"
"""Where the committed dashboards are; docker-compose mounts it into Grafana."""


class SdkMissingError(Exception):
    """Rendering was asked for where grafana-foundation-sdk is not installed."""


def rendered() -> Mapping[str, bytes]:
    """File name → bytes of every dashboard; the same code gives the same bytes.

    Raises SdkMissingError without the SDK.
    """
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise SdkMissingError(
            "rendering dashboards needs grafana-foundation-sdk: pip install 'carehub[dev]'; "
            f"the rendered ones are in {JSON_FOLDER}"
        )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: PLC0415 development only

    from dashboards.pages import area, duty, fleet, heat, hub, occupancy  # noqa: PLC0415 needs the SDK

    pages = {
        f"{module.__name__.rpartition('.')[2]}.json": module.page().build()
        for module in (area, duty, fleet, heat, hub, occupancy)
    }
    return {name: _bytes(json.loads(json.dumps(page, cls=JSONEncoder))) for name, page in pages.items()}


def render_all(folder: Path = JSON_FOLDER) -> list[Path]:
    """Write every dashboard into the folder (made if absent) and return the paths written.

    Raises SdkMissingError without the SDK.
    """
    return _written(rendered(), folder)


def committed(console: str) -> Mapping[str, dict[str, Any]]:
    """File name → the committed dashboard, its links leading to that console. Needs no SDK; raises AddressError."""
    return {
        path.name: with_console(json.loads(path.read_text(encoding="utf-8")), console)
        for path in sorted(JSON_FOLDER.glob("*.json"))
    }


def copy_all(folder: Path, *, console: str) -> list[Path]:
    """Write the committed dashboards into a folder, their links leading to that console; for Grafana to be given it.

    Needs no SDK. Raises AddressError.
    """
    return _written({name: _bytes(page) for name, page in committed(console).items()}, folder)


def _bytes(page: Mapping[str, Any]) -> bytes:
    return (json.dumps(page, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _written(pages: Mapping[str, bytes], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, page in pages.items():
        path = folder / name
        path.write_bytes(page)
        paths.append(path)
    return paths
