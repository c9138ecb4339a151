"""What the variables offer."""

from __future__ import annotations

from typing import Final

FACILITIES: Final = 'SHOW TAG VALUES FROM "use.people" WITH KEY = "place"'
"""``$place``: every facility whose head count the hub keeps."""

DEVICE_FACILITIES: Final = 'SHOW TAG VALUES FROM "device.online" WITH KEY = "place"'
"""``$place`` of the devices: every facility that has one, a station with nothing but its gateway as well."""

STREETS: Final = 'SHOW TAG VALUES FROM "area.stations" WITH KEY = "place"'
"""``$street``: of every community's path, what ``STREET_OF`` cuts out."""

STREET_OF: Final = "/^([^\\/]+\\/[^\\/]+)\\/.+$/"
"""Grafana shows the group: district/street."""

COMMUNITIES: Final = (
    'SHOW TAG VALUES FROM "area.stations" WITH KEY = "place" WHERE "place" =~ /^$street(\\/|$)/'
)
"""``$community``: those of the chosen streets."""
