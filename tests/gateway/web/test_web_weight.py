"""A page with all it loads is light enough for an old phone, and carries no word that its scripts cannot ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from web_pages import Shown, Town, whole_town

from gateway.web.render import FOLDER
from gateway.web.script_words import words_asked_for
from gateway.web.words import WORDS

PAGE_BYTES_MAX = 150_000  # HTML, styles and scripts, before anything is compressed
LOADED = re.compile(r'(?:src|href)="(/static/[^"]+|/icon\.svg)"')
IMPORTED = re.compile(r"""\bfrom\s*["']\./([\w-]+\.js)["']""")
PAGES = sorted(
    path.name for path in (FOLDER / "templates").glob("*.html") if 'type="module"' in path.read_text("utf-8")
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with whole_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def browser_of(town: Town, shown: Shown) -> httpx.Client:
    cookie = {"Cookie": town.cookies[shown.who]} if shown.who else {}
    return httpx.Client(base_url=town.url, headers={"User-Agent": "Mozilla/5.0", **cookie})


def test_every_page_with_all_it_loads_is_light(town: Town) -> None:
    weights = {}
    for shown in town.pages:
        with browser_of(town, shown) as client:
            answer = client.get(shown.address, headers={"Accept": "text/html"})
            assert answer.status_code == shown.status, shown
            waiting, loaded = LOADED.findall(answer.text), {shown.address: len(answer.content)}
            while waiting:
                file = waiting.pop()
                if file not in loaded:
                    found = client.get(file).raise_for_status()
                    loaded[file] = len(found.content)
                    waiting += [f"/static/{name}" for name in IMPORTED.findall(found.text)]
            weights[str(shown)] = sum(loaded.values())
    assert weights["/ 李敏"] > 80_000, "it has its styles and scripts with it"
    assert {page: bytes_ for page, bytes_ in weights.items() if bytes_ > PAGE_BYTES_MAX} == {}


def test_a_page_carries_the_words_its_scripts_ask_for_and_no_others(town: Town) -> None:
    shown = next(one for one in town.pages if one.route == "/calls")
    with browser_of(town, shown) as client:
        text = client.get(shown.address).text
    data = json.loads(
        re.findall(r'<script type="application/json" id="page">(.*?)</script>', text, re.DOTALL)[0]
    )
    assert set(data["words"]) == words_asked_for("calls.html")
    assert {"calls.note_ok", "problem.network", "hours"} <= set(data["words"]), (
        "put together, asked for by what every script imports, and by that itself"
    )
    assert len(data["words"]) < len(WORDS) / 5


@pytest.mark.parametrize("template", PAGES)
def test_what_a_script_asks_for_by_name_is_there(template: str) -> None:
    """Asked of each script by itself, in another way than the words are found."""
    waiting = re.findall(r'src="/static/([\w-]+\.js)"', (FOLDER / "templates" / template).read_text("utf-8"))
    seen: set[str] = set()
    while waiting:
        script = waiting.pop()
        if script in seen:
            continue
        seen.add(script)
        source = (FOLDER / "static" / script).read_text("utf-8")
        waiting += IMPORTED.findall(source)
        for key in re.findall(r'\bt\(\s*"([\w.]+)"', source):
            assert key in words_asked_for(template), (script, key)
    assert {"waiting", "in_hand"} <= words_asked_for(template), "the ages on a card are said by the script"


def test_a_page_without_a_script_carries_none() -> None:
    assert words_asked_for("help.html") == frozenset()
