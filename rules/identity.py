"""The memory by which a device's message is told apart from its repeats.

A device counts its messages (``seq``) from each power-up (``boot``). What was seen is kept as ranges of ``seq``: a device that
loses nothing needs one range, however long it runs. Both numbers of ranges and of boots are bounded; what falls out of the
memory counts as new, because a reading too many is better than one too few.
"""

from __future__ import annotations

from bisect import bisect_right

import msgspec

RANGES_MAX = 8  # gaps a boot may show before the oldest range is forgotten
BOOTS_MAX = 3  # power-ups remembered per device
EVENT_IDS_MAX = 32  # event ids remembered per device: more than one sends while a hub restarts


class Boot(msgspec.Struct, array_like=True, gc=False):
    """What was seen since one power-up: ``starts[i]``..``ends[i]`` inclusive, ascending, never touching.

    Tuples, because a garbage collector soon looks away from tuples of numbers: a city has hundreds of thousands of them.
    """

    name: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def seen_until(self, seq: int) -> None:
        """The newest range goes on to ``seq``."""
        self.ends = (*self.ends[:-1], seq)


def seen(boots: list[Boot], name: str, seq: int) -> bool:
    """Whether that message is in the memory."""
    if boots and boots[-1].name == name and seq > boots[-1].ends[-1]:
        return False  # nearly always: the next one
    for boot in boots:
        if boot.name == name:
            index = bisect_right(boot.starts, seq) - 1
            return index >= 0 and seq <= boot.ends[index]
    return False


def remember(boots: list[Boot], name: str, seq: int) -> bool:
    """Put the message into the memory; False when it was there already."""
    if boots and boots[-1].name == name and seq == boots[-1].ends[-1] + 1:
        boots[-1].seen_until(seq)  # nearly always: the next one
        return True
    for boot in boots:
        if boot.name == name:
            return _insert(boot, seq)
    boots.append(Boot(name, (seq,), (seq,)))
    if len(boots) > BOOTS_MAX:
        del boots[0]
    return True


def _insert(boot: Boot, seq: int) -> bool:
    index = bisect_right(boot.starts, seq)
    if index and seq <= boot.ends[index - 1]:
        return False
    starts, ends = list(boot.starts), list(boot.ends)
    joins_before = index > 0 and ends[index - 1] == seq - 1
    joins_after = index < len(starts) and starts[index] == seq + 1
    if joins_before and joins_after:
        del starts[index], ends[index - 1]
    elif joins_before:
        ends[index - 1] = seq
    elif joins_after:
        starts[index] = seq
    else:
        starts.insert(index, seq)
        ends.insert(index, seq)
    boot.starts, boot.ends = tuple(starts[-RANGES_MAX:]), tuple(ends[-RANGES_MAX:])
    return True


def remember_id(ids: list[str], event_id: str) -> bool:
    """Put an event id into the memory; False when it was there already."""
    if event_id in ids:
        return False
    ids.append(event_id)
    if len(ids) > EVENT_IDS_MAX:
        del ids[0]
    return True
