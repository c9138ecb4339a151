"""How a command asks a running hub, and how it ends when the hub refuses."""

# ruff: noqa: PLC0415 -- each command imports what it needs, so that --help answers at once

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from gateway.settings import Settings
from gateway.terminal import fail

if TYPE_CHECKING:
    import httpx


def address_of(settings: Settings, hub: str = "") -> str:
    """Where the hub is: as the command was told, else as the settings say; one that listens everywhere listens here too."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.http.host, settings.http.host)  # noqa: S104 asked, not bound
    return hub or f"http://{f'[{host}]' if ':' in host else host}:{settings.http.port}"


def ask(
    address: str,
    path: str,
    settings: Settings,
    *,
    method: str = "POST",
    csv: str = "",
    json: dict[str, Any] | None = None,
    **query: int | str,
) -> httpx.Response:
    """Ask a running hub for something; raises ``httpx.HTTPError`` when none answers."""
    import httpx

    token = settings.http.token.get_secret_value()
    headers = ({"content-type": "text/csv"} if csv else {}) | (
        {"authorization": f"Bearer {token}"} if token else {}
    )
    url = f"{address.rstrip('/')}/api/v1/{path}"
    given: dict[str, Any] = {"content": csv.encode()} if json is None else {"json": json}
    return httpx.request(method, url, params=query, headers=headers, timeout=120, **given)


def asked(address: str, path: str, settings: Settings, **given: Any) -> dict[str, Any]:  # noqa: ANN401 as ask takes them
    """As ``ask``: what the hub answers; where it refuses, the command ends with its words."""
    answer = ask(address, path, settings, **given)
    report = report_of(answer)
    if not answer.is_success:
        fail_as_told(address, answer, report)
    return report


def report_of(answer: httpx.Response) -> dict[str, Any]:
    """What the hub answered, as JSON; nothing where it was none."""
    found: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return found


def texts(found: object) -> list[str]:
    """A list of an answer as texts."""
    return [str(each) for each in found] if isinstance(found, list) else []


def fail_as_told(address: str, answer: httpx.Response, report: dict[str, Any]) -> NoReturn:
    """End with the mistakes that the hub names, else with its words, else with its whole answer."""
    if errors := texts(report.get("errors")):
        fail("\n".join(errors))
    words = report.get("words")
    said = words.get("en") if isinstance(words, dict) else None
    fail(f"{address}: answered {answer.status_code}: {said or report or answer.text[:200]}", 1)
