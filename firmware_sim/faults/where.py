"""Whom a fault befalls: a device, what is heard through a gateway, what hangs in a home or facility, or everything."""

from __future__ import annotations

import difflib

from firmware_sim.faults.fault import ALL, FOREVER_MS, Fault, FaultError
from firmware_sim.places import Layout
from firmware_sim.script import Incident


class Where:
    """The names of a layout."""

    def __init__(self, layout: Layout) -> None:
        self._identities = {each.who.device: each.who for each in layout.fitted()}
        self._links = [device for device, who in self._identities.items() if who.via is None]
        self._places = {home.home: [each.who.device for each in home.devices] for home in layout.homes} | {
            each.facility: [fitted.who.device for fitted in each.devices] for each in layout.facilities
        }

    def behind(self, link: str) -> list[str]:
        """The devices whose messages travel on that connection, its holder among them."""
        return [device for device, who in self._identities.items() if who.link == link]

    def befallen(self, fault: Fault) -> list[str]:
        """The devices, or for faults of connections their holders; ``FaultError`` when nobody here is called so."""
        if fault.reach == "link":
            return self._connections(fault)
        if fault.on == ALL:
            return list(self._identities)
        if fault.on in self._places:
            return self._places[fault.on]
        if fault.on in self._links and fault.reach == "behind":
            return self.behind(fault.on)
        if fault.on in self._identities:
            return [fault.on]
        known = [*self._identities, *self._places]
        near = difflib.get_close_matches(fault.on, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"write {ALL}, or for example {known[-1]}"
        raise FaultError(
            f"fault {fault.name}: no device, gateway, home or facility {fault.on!r} here; {hint}"
        )

    def incident(self, fault: Fault, start_ms: int) -> Incident:
        """The fault as the truth tells it; ``to_ms`` is 9999-12-31 for one that nobody ends."""
        place = next((p for p, devices in self._places.items() if fault.on == p or fault.on in devices), "")
        to_ms = min(start_ms + fault.to_ms, FOREVER_MS)
        return Incident(f"fault_{fault.name}", place, fault.on, start_ms + fault.from_ms, to_ms)

    def _connections(self, fault: Fault) -> list[str]:
        if fault.on == ALL:
            return self._links
        if fault.on not in self._links:
            raise FaultError(
                f"fault {fault.name}: it befalls a connection of its own; "
                f"{fault.on!r} has none: write {ALL} or one of {', '.join(self._links[:20])}"
            )
        return [fault.on]
