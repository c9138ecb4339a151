"""The faults by name. What stands earlier works first: a message is measured, dated, worded, heard by radio, and travels."""

from __future__ import annotations

from firmware_sim.faults.clock_jump import ClockJump
from firmware_sim.faults.clock_skew import ClockSkew
from firmware_sim.faults.corrupt_payload import CorruptPayload
from firmware_sim.faults.drifting_counter import DriftingCounter
from firmware_sim.faults.duplicates import Duplicates
from firmware_sim.faults.fault import Fault
from firmware_sim.faults.flapping_gateway import FlappingGateway
from firmware_sim.faults.flapping_radio import FlappingRadio
from firmware_sim.faults.gateway_outage import GatewayOutage
from firmware_sim.faults.lost_will import LostWill
from firmware_sim.faults.power_cut import PowerCut
from firmware_sim.faults.reconnect_storm import ReconnectStorm
from firmware_sim.faults.reordering import Reordering
from firmware_sim.faults.retained_leftover import RetainedLeftover
from firmware_sim.faults.stuck_value import StuckValue
from firmware_sim.faults.wrong_unit import WrongUnit

FAULTS: dict[str, type[Fault]] = {
    each.name: each
    for each in (
        PowerCut,
        StuckValue,
        DriftingCounter,
        ClockSkew,
        ClockJump,
        WrongUnit,
        RetainedLeftover,
        FlappingRadio,
        Reordering,
        Duplicates,
        CorruptPayload,
        GatewayOutage,
        LostWill,
        FlappingGateway,
        ReconnectStorm,
    )
}
RANK = {name: place for place, name in enumerate(FAULTS)}
