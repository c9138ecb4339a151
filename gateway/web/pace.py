"""Holds what may be done again and again to so many times a minute."""

from __future__ import annotations

import ipaddress
import threading
from collections import deque

MINUTE_MS = 60_000
NAMES_MAX = 10_000


class Pace:
    """At most ``most`` a minute for each name; from any thread. Times are wall clock ms."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lately: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def too_fast(self, name: str, now_ms: int) -> bool:
        """Count one more; whether it is one too many."""
        with self._lock:
            times = self._lately.setdefault(name, deque(maxlen=self._most + 1))
            times.append(now_ms)
            if len(self._lately) > NAMES_MAX:
                del self._lately[next(iter(self._lately))]
            return len(times) > self._most and now_ms - times[0] < MINUTE_MS


def origin_of(host: str) -> str:
    """Whose tries are counted together: an address; of IPv6 its network, in which one machine has as many as it likes."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a socket, a test
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
