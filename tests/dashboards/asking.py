"""Asking a real InfluxDB as Grafana does, and the committed dashboards to be asked."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from dashboards.filling import Asked, Chosen, asked_by, filled
from dashboards.render import JSON_FOLDER

PAGES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(JSON_FOLDER.glob("*.json"))
}
ASKED: list[Asked] = [one for page in PAGES.values() for one in asked_by(page)]


@dataclass(frozen=True)
class Places:
    """The bucket that Grafana reads, in an InfluxDB of the tests'."""

    url: str
    database: str = "care_places"

    def ask(self, influxql: str) -> list[dict[str, Any]]:
        form = urllib.parse.urlencode({"db": self.database, "epoch": "ms", "q": influxql}).encode()
        with urllib.request.urlopen(f"{self.url}/query", data=form) as answer:  # noqa: S310 our own loopback part
            result = json.load(answer)["results"][0]
        assert "error" not in result, f"{influxql}\n{result['error']}"
        return list(result.get("series", []))

    def write(self, lines: list[str]) -> None:
        url = f"{self.url}/write?db={self.database}&precision=ms"
        request = urllib.request.Request(url, data="\n".join(lines).encode())  # noqa: S310 our own loopback part
        with urllib.request.urlopen(request) as answer:  # noqa: S310 our own loopback part
            assert answer.status == 204

    def rows(self, asked: Asked, chosen: Chosen) -> list[list[Any]]:
        """What comes back with a value in its last column."""
        found = self.ask(filled(asked, chosen))
        return [row for series in found for row in series["values"] if row[-1] is not None]


def target(page: str, panel: int, ref: str = "A") -> Asked:
    """A panel's query by the panel's id, which stays."""
    uid = PAGES[page]["uid"]
    return next(
        one
        for one in ASKED
        if one.dashboard == uid and one.where.startswith(f"{panel} ") and one.where.endswith(f" {ref}")
    )
