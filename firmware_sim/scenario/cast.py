"""Who plays in a scenario: its homes, facilities and devices as a layout of the town."""

from __future__ import annotations

import re
from dataclasses import replace

from firmware_sim import places
from firmware_sim.places import COMMUNITY, NEIGHBOURHOODS, SITE, STATION, Fitted, Layout, settle
from firmware_sim.scenario.format import Facility, Home, Own, Scenario
from firmware_sim.wire import Identity

TOWN_SEED = 7  # names and addresses are those of the demo's town


def cast(scenario: Scenario) -> Layout:
    """The layout: a station with the gateways of all homes, unless a facility of the scenario holds them."""
    homes = tuple(_home(each) for each in scenario.places if isinstance(each, Home))
    facilities = [_facility(each) for each in scenario.places if isinstance(each, Facility)]
    fitted = Layout(SITE, homes, tuple(facilities)).fitted()
    hung = {each.who.device for each in fitted}
    links = {each.who.via for each in fitted if each.who.via}
    gateways = tuple(Fitted(Identity(SITE, gateway), "gateway", "值班室") for gateway in sorted(links - hung))
    if gateways:
        station = next(
            each for each in settle(homes=1, seed=TOWN_SEED).facilities if each.facility == STATION
        )
        facilities.insert(0, replace(station, devices=gateways))
    return Layout(SITE, homes, tuple(facilities))


def _home(asked: Home) -> places.Home:
    number = re.fullmatch(r"H([0-9]{4})", asked.id)
    lived = settle(homes=max(int(number[1]), 1) if number else 1, seed=TOWN_SEED).homes[-1]
    full = settle(homes=1, seed=TOWN_SEED, kit="full").homes[0]
    kit = [_renamed(each, full.home, asked) for each in full.devices] if asked.kit == "full" else []
    own = [_own(each, each.via or asked.gateway) for each in asked.devices]
    return replace(lived, home=asked.id, devices=(*kit, *own))


def _renamed(fitted: Fitted, home: str, asked: Home) -> Fitted:
    device = asked.id + fitted.who.device.removeprefix(home)
    return replace(fitted, who=Identity(SITE, device, asked.gateway))


def _facility(asked: Facility) -> places.Facility:
    return places.Facility(
        asked.id,
        f"{COMMUNITY}/{NEIGHBOURHOODS[0]}",
        asked.name or asked.id,
        NEIGHBOURHOODS[0],
        asked.capacity,
        tuple(_own(each, each.via) for each in asked.devices),
    )


def _own(asked: Own, via: str | None) -> Fitted:
    return Fitted(Identity(SITE, asked.id, via), asked.kind, asked.room)
