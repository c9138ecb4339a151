"""Which words the scripts of a page can ask for: found in the scripts themselves, so that a page carries no others."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from gateway.web.words import WORDS

FOLDER: Final = Path(__file__).parent
_LOADED = re.compile(r'<script type="module" src="/static/([\w-]+\.js)">')
_IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']\./([\w-]+\.js)["']""")
_QUOTED = re.compile(r"""["']([\w.]+)["']""")
_BUILT = re.compile(r"`([\w.]+)\$\{")  # a key put together: its beginning
_SAID = re.compile(r'data-say="(\w+)"')  # the key stands in the page, the script says it anew


@cache
def words_asked_for(template: str) -> frozenset[str]:
    """The keys of the words that the scripts of a template's page can ask for; none where it has no script."""
    scripts = _LOADED.findall((FOLDER / "templates" / template).read_text(encoding="utf-8"))
    return (
        frozenset().union(_said(), *(_keys(script) for script in _with_imports(scripts)))
        if scripts
        else frozenset()
    )


def _with_imports(scripts: list[str]) -> set[str]:
    """These scripts, and whatever they import."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            waiting += _IMPORTED.findall(_source(script))
    return found


@cache
def _keys(script: str) -> frozenset[str]:
    """Every word that is named in a script, and those whose names begin as it begins to put one together."""
    source = _source(script)
    begun = tuple(_BUILT.findall(source))
    return frozenset(WORDS).intersection(_QUOTED.findall(source)) | {
        key for key in WORDS if begun and key.startswith(begun)
    }


@cache
def _said() -> frozenset[str]:
    pages = (FOLDER / "templates").glob("*.html")
    return frozenset(key for page in pages for key in _SAID.findall(page.read_text(encoding="utf-8")))


@cache
def _source(script: str) -> str:
    return (FOLDER / "static" / script).read_text(encoding="utf-8")
