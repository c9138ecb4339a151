"""Send the committed dashboards to a running Grafana over its HTTP API.

The target needs a data source with the uid ``carehub-places`` (docker-compose provisions one).
"""

from __future__ import annotations

from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException

from dashboards.console import CONSOLE, AddressError
from dashboards.render import committed


class PushError(Exception):
    """Grafana could not be reached, refused the token, or refused a dashboard."""


def push(*, url: str, token: str, folder: str = "Carehub", console: str = CONSOLE) -> list[str]:
    """Create or replace every committed dashboard in a Grafana folder; return their addresses.

    The token is a service account's with the role Editor; ``console`` is where links lead. Raises PushError with what to do.
    """
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise PushError(f"Grafana's address is {url!r}: give it as http://host:3000 (--url or GRAFANA_URL)")
    if not token:
        raise PushError(
            "no token for Grafana: make a service account (role Editor), put its token in GRAFANA_TOKEN"
        )
    pages = _pages(console)
    root = url.rstrip("/") + "/"  # the client joins a path such as /grafana/ only with its last slash
    api: Any = GrafanaApi.from_url(root, credential=token)
    addresses = []
    with closing(api.client.s):
        try:
            uid = _folder(api, folder)
            for page in pages:
                answer = api.dashboard.update_dashboard(
                    {
                        "dashboard": page,
                        "folderUid": uid,
                        "overwrite": True,
                        "message": "carehub dashboards push",
                    }
                )
                addresses.append(root + str(answer["url"]).lstrip("/"))
        except GrafanaException as refused:
            raise PushError(
                f"Grafana at {root} refused: {refused.message}. Is the token valid, its role Editor?"
            ) from refused
        except OSError as unreachable:
            raise PushError(
                f"Grafana at {root} does not answer ({unreachable}). Is it running?"
            ) from unreachable
    return addresses


def _pages(console: str) -> list[dict[str, Any]]:
    try:
        return [*committed(console).values()]
    except AddressError as wrong:
        raise PushError(str(wrong)) from wrong


def _folder(api: Any, title: str) -> str:  # noqa: ANN401 the client is untyped
    """Find the uid of the folder of that title; make the folder when there is none."""
    for found in api.folder.get_all_folders():
        if found["title"] == title:
            return str(found["uid"])
    return str(api.folder.create_folder(title)["uid"])
