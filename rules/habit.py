"""What is usual for a person. (First sketch: helper A's to replace.)"""

from __future__ import annotations

import msgspec


class Habit(msgspec.Struct, array_like=True):
    """Nothing learned yet."""


HABIT_BYTES_MAX = 2_048
