"""Pushing: the committed dashboards arrive in the folder, under the token; what goes wrong is said with a remedy."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asking import PAGES
from parts import free_port

from dashboards.push import PushError, push

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "glsa_of_the_test"


@dataclass
class Grafana:
    """As much of Grafana's API as a push uses; remembers what it was sent."""

    folders: list[dict[str, str]] = field(default_factory=list)
    pushed: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, sent: Any) -> tuple[int, Any]:  # noqa: ANN401 JSON
        self.paths.append(path)
        path = path.partition("?")[0]
        if path.endswith("/api/folders") and method == "GET":
            return 200, self.folders
        if path.endswith("/api/folders"):
            self.folders.append({"uid": f"folder{len(self.folders)}", "title": sent["title"]})
            return 200, self.folders[-1]
        if path.endswith("/api/dashboards/db"):
            self.pushed.append(sent)
            return 200, {"url": f"/d/{sent['dashboard']['uid']}/x", "status": "success"}
        return 404, {"message": "not found"}


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    state = Grafana()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, body = 401, {"message": "Invalid API key"}
            else:
                status, body = state.answer(self.command, self.path, sent)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _handle  # noqa: N815 the names http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's signature
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_dashboards_arrive_in_their_folder_which_is_made_once(grafana: Grafana) -> None:
    for _ in range(2):
        addresses = push(url=grafana.url, token=TOKEN, folder="福田区")
    assert [folder["title"] for folder in grafana.folders] == ["福田区"]
    assert addresses == [f"{grafana.url}/d/{page['uid']}/x" for page in PAGES.values()]
    assert [sent["dashboard"] for sent in grafana.pushed] == 2 * [*PAGES.values()]
    assert all(sent["overwrite"] is True and sent["folderUid"] == "folder0" for sent in grafana.pushed)


def test_links_lead_to_the_console_that_is_said(grafana: Grafana) -> None:
    push(url=grafana.url, token=TOKEN, console="https://care.example.org/")
    for sent in grafana.pushed:
        box = next(one for one in sent["dashboard"]["templating"]["list"] if one["name"] == "console")
        assert box["query"] == box["current"]["value"] == "https://care.example.org"
    assert all("https://care" not in json.dumps(page) for page in PAGES.values())


@pytest.mark.parametrize("address", ["care.example.org", "javascript:alert(1)", "https://", "https://x/?a=1"])
def test_a_console_that_cannot_be_is_said(grafana: Grafana, address: str) -> None:
    with pytest.raises(PushError, match="console's address"):
        push(url=grafana.url, token=TOKEN, console=address)
    assert not grafana.paths


def test_a_grafana_under_a_path(grafana: Grafana) -> None:
    push(url=f"{grafana.url}/grafana", token=TOKEN)
    assert all(path.startswith("/grafana/api/") for path in grafana.paths)


def test_a_refused_token_is_said(grafana: Grafana) -> None:
    with pytest.raises(PushError, match="token valid"):
        push(url=grafana.url, token="glsa_wrong")


def test_an_unreachable_grafana_is_said() -> None:
    with pytest.raises(PushError, match="does not answer"):
        push(url=f"http://127.0.0.1:{free_port()}", token=TOKEN)


@pytest.mark.parametrize(
    ("url", "token", "word"), [("grafana:3000", TOKEN, "http://"), ("http://x", "", "token")]
)
def test_a_missing_setting_is_said(url: str, token: str, word: str) -> None:
    with pytest.raises(PushError, match=word):
        push(url=url, token=token)


def test_the_command(grafana: Grafana, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboards"]
    done = subprocess.run(
        [*command, "push"], env={"GRAFANA_URL": grafana.url, "GRAFANA_TOKEN": TOKEN}, cwd=ROOT, check=True
    )
    assert done.returncode == 0
    assert len(grafana.pushed) == len(PAGES)
    subprocess.run([*command, "render", "-o", str(tmp_path)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert {path.stem for path in tmp_path.iterdir()} == set(PAGES)
    refused = subprocess.run(
        [*command, "push"],
        env={"GRAFANA_URL": "nowhere"},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2
    assert "http://host:3000" in refused.stderr


def test_a_copy_for_a_grafana_of_ones_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboards", "copy", str(tmp_path / "new")]
    subprocess.run(
        [*command, "--console", "https://care.example.org"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    for name, page in PAGES.items():
        copied = (tmp_path / "new" / f"{name}.json").read_text(encoding="utf-8")
        assert copied.replace("https://care.example.org", "http://127.0.0.1:8080") == (
            json.dumps(page, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        )
    refused = subprocess.run(
        [*command, "--console", "nowhere"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "https://care.example.org" in refused.stderr
