"""The console's address in the dashboards: the text box ``$console``, from which every link to it is made. Pure."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlsplit

CONSOLE = "http://127.0.0.1:8080"
"""What the committed dashboards say: a console on the machine of the browser."""


class AddressError(ValueError):
    """The address cannot be that of a console."""


def with_console(page: dict[str, Any], address: str) -> dict[str, Any]:
    """Give the dashboard with that address as what ``$console`` begins with.

    Raises AddressError where it is no http address.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise AddressError(f"the console's address is {address!r}: give it as https://care.example.org")
    page = copy.deepcopy(page)
    value = address.rstrip("/")
    for variable in page["templating"]["list"]:
        if variable["name"] == "console":
            variable["query"] = value
            variable["current"] = {"selected": True, "text": value, "value": value}
    return page
