"""Faults on demand: what goes wrong with devices, their radio and their connections, by name and in windows of time."""

from __future__ import annotations

from firmware_sim.faults.asked import build, parameters, parse, shown
from firmware_sim.faults.course import Course
from firmware_sim.faults.fault import ALL, FOREVER_MS, Fault, FaultError
from firmware_sim.faults.kinds import FAULTS
from firmware_sim.faults.words import Cut, Mend, Word

__all__ = [
    "ALL", "FAULTS", "FOREVER_MS", "Course", "Cut", "Fault", "FaultError", "Mend", "Word",
    "build", "parameters", "parse", "shown",
]  # fmt: skip
