"""The core asks nobody for anything: no clock, no dice, no files, no log."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rules

FOLDER = Path(rules.__file__ or "").parent
FILES = sorted(FOLDER.rglob("*.py"))
MAY_IMPORT = {
    "__future__",
    "bisect",
    "chinese_calendar",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "math",
    "msgspec",
    "numpy",
    "rules",
    "typing",
    "zlib",
    "zoneinfo",
}
MAY_NOT_CALL = {"print", "open", "input", "eval", "exec", "__import__", "id", "hash"}
MAY_NOT_ASK = {
    "now",
    "utcnow",
    "today",
    "monotonic",
    "perf_counter",
    "getenv",
    "environ",
    "urandom",
    "random",
    "uuid4",
}


def imports(tree: ast.AST) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {
        ("." * node.level) + (node.module or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }


def impurities(text: str) -> list[str]:
    tree = ast.parse(text)
    found = [f"imports {name}" for name in sorted(imports(tree)) if name.split(".")[0] not in MAY_IMPORT]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MAY_NOT_ASK:
            found.append(f"line {node.lineno} asks for {node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAY_NOT_CALL:
            found.append(f"line {node.lineno} calls {node.func.id}")
        if isinstance(node, ast.Global | ast.Nonlocal | ast.AsyncFunctionDef):
            found.append(f"line {node.lineno} has {type(node).__name__}")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_the_core_is_pure(file: Path) -> None:
    assert impurities(file.read_text(encoding="utf-8")) == []


def test_the_test_finds_what_it_looks_for() -> None:
    assert len(FILES) >= 15
    assert impurities("import random") == ["imports random"]
    assert impurities("from gateway import hub") == ["imports gateway"]
    assert impurities("x = datetime.now(UTC)") == ["line 1 asks for now"]
    assert impurities("print(1)") == ["line 1 calls print"]
