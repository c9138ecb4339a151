"""The kinds of simulated device, by their registry name: every module of this folder is looked through for them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from random import Random
from typing import TypeVar

from firmware_sim.devices.device import Device, UnknownWordError

Some = TypeVar("Some", bound=Device)


def kinds_in(folders: Iterable[str]) -> dict[str, type[Device]]:
    """Each class in these folders that is a device and says its ``kind`` itself; two of one kind are refused."""
    found: dict[str, type[Device]] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(folders)):
        for name, value in vars(importlib.import_module(f"{__name__}.{module}")).items():
            if not isinstance(value, type) or not issubclass(value, Device) or "kind" not in vars(value):
                continue
            if found.setdefault(value.kind, value) is not value:
                other = found[value.kind].__module__
                raise ValueError(
                    f"{module}.{name}: {other} already has the kind {value.kind!r}; choose another"
                )
    return dict(sorted(found.items()))


KINDS = kinds_in(__path__)


def flawed(device: Some, draw: Random) -> Some:
    """The same device, with the flaws its kind usually has; ``draw`` decides which of them how much."""
    device.take_usual_flaws(draw)
    return device


__all__ = ["KINDS", "Device", "UnknownWordError", "flawed", "kinds_in"]
