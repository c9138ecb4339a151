"""What a home is fitted with, from little to all: what a score without some devices leaves out of the truth."""

from __future__ import annotations

KITS: dict[str, frozenset[str]] = {  # name -> kinds of device that a home then has not
    "door_pir": frozenset({"pendant", "radar"}),
    "door_pir_pendant": frozenset({"radar"}),
    "full": frozenset(),
}
FULL = "full"
NAMES = {
    "door_pir": "门磁 + 红外\ndoor + PIR",
    "door_pir_pendant": "+ 挂坠\n+ pendant",
    "full": "全套\nfull kit",
}
