"""What can be held of the documents: links, commands, settings, rules, limits, dependencies, and where they speak of others."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from firmware_sim.cli import app as carehub_sim
from firmware_sim.scenario.reading import scenario_of
from gateway.cli import app as carehub
from gateway.duty.file import read_plan
from gateway.registry.csv_file import parse
from gateway.rulebook.cases import read_cases
from gateway.rulebook.comparing import judge
from gateway.rulebook.differences import read_differences
from gateway.rulebook.load import load_rules, read_rules
from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PROGRAMS = {"carehub": typer.main.get_command(carehub), "carehub-sim": typer.main.get_command(carehub_sim)}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
# Somebody's own folders, and the hosts that packages come from: a mirror must be able to stand in for every one of them.
FOREIGN = re.compile(
    r"(?<![\w.:$}-])/(?:work|root|home|Users)/\w|\b(?:pypi|files\.pythonhosted)[.]org|\bregistry[.]npmjs|\bghcr[.]io|\bdocker[.]io"
)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def commands(page: Path) -> list[str]:
    """Lines to paste: what stands in fences without a language, less the comments."""
    lines = [line.partition(" #")[0].strip() for block in blocks(page, "") for line in block.splitlines()]
    return [
        line
        for line in lines
        if re.match(r"make |carehub|\.venv/bin/|\w+=\S+ |docker |curl |mosquitto_pub ", line)
    ]


def programs(page: Path) -> Iterator[list[str]]:
    """Every ``carehub …`` and ``carehub-sim …`` of a page, in lines to paste and within sentences, as words."""
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))
    for line in [*commands(page), *inline]:
        found = re.search(r"(?:^|\s|bin/)(carehub(?:-sim)?) (\S.*)$", line)
        if found:
            yield [found[1], *shlex.split(re.split(r"\s[>|<&]", found[2])[0])]


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for linked, image in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        target, _, anchor = (linked or image).partition("#")
        if re.match(r"https?:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links {linked or image}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name} links #{anchor}, which {file.name} has not"


@pages
def test_every_command_that_is_named_exists(page: Path) -> None:
    for name, *words in programs(page):
        known = PROGRAMS[name]
        while parts := getattr(known, "commands", None):
            assert words, f"{page.name}: {name} wants a command"
            wanted = words.pop(0)
            assert wanted in parts, f"{page.name}: {name} has no command {wanted!r}"
            known = parts[wanted]
        options = {
            option for parameter in known.params for option in [*parameter.opts, *parameter.secondary_opts]
        }
        for word in words:
            if word.startswith("-"):
                assert word.partition("=")[0] in options, f"{page.name}: {name} {known.name} has no {word}"


@pages
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    inline = re.findall(r"`(make [a-z-]+)", page.read_text(encoding="utf-8"))
    for line in [*commands(page), *inline]:
        if line.startswith("make "):
            assert line.split()[1] in targets, f"{page.name}: the Makefile has no {line.split()[1]}"


@pages
def test_settings_rules_and_registries_that_are_shown_are_right(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in blocks(page, "toml"):
        for name in re.findall(r'"env:(\w+)"', text):
            monkeypatch.setenv(name, "somebody's")
        Settings(**tomllib.loads(text))
    for text in blocks(page, "yaml"):
        if text.startswith("- case:"):
            assert all(judge(case).passed for case in read_cases(text, source=page.name, rules=load_rules()))
        elif text.startswith("# duty.yaml"):
            channels = set(re.findall(r"(wecom|sms|voice|[a-z]+-group)(?=:|\])", text))
            personal = {name for name in channels if not name.endswith("-group")}
            assert read_plan(text, source=page.name, channels=channels, personal=personal).desks
        elif "format: carehub-scenario/1" in text:
            assert scenario_of(text, source=page.name).steps
        elif text.startswith(("- {home:", "- home:")):
            assert read_differences(text, source=page.name, rules=load_rules())
        else:
            assert read_rules(text, source=page.name)
    for text in blocks(page, "csv"):
        assert parse(text, source=page.name).devices


def test_both_readmes_name_the_same_commands_and_pages() -> None:
    english, chinese = READMES
    assert commands(english) == commands(chinese) != []
    text = [page.read_text(encoding="utf-8") for page in READMES]
    linked = [
        {
            a or b
            for a, b in LINK.findall(one)
            if not (a or b).startswith(("http", "README")) and "screenshots" not in b
        }
        for one in text
    ]
    assert linked[0] == linked[1]
    assert len(re.findall(r"^## ", text[0], re.MULTILINE)) == len(re.findall(r"^## ", text[1], re.MULTILINE))


def test_both_readmes_say_that_it_is_no_substitute_for_120() -> None:
    assert "not a medical device and no substitute for calling 120" in READMES[0].read_text(encoding="utf-8")
    assert "不是医疗器械，不能代替 120" in READMES[1].read_text(encoding="utf-8")


def test_the_dependencies_page_lists_exactly_the_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    product, tools, _ = page.split("\n## ")[1:]
    for listed, declared in (
        (product, project["dependencies"]),
        (tools, project["optional-dependencies"]["dev"]),
    ):
        rows = re.findall(r"^\| `([\w.-]+)` \| (.+) \|$", listed, re.MULTILINE)
        assert [name for name, _ in rows] == [re.match(r"[\w.-]+", each)[0] for each in declared]  # type: ignore[index]
        assert all(reason.strip() for _, reason in rows)


def test_the_limits_that_are_told_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)\.([A-Z_0-9]+)` \| ([\d.]+) \|", page, re.MULTILINE)
    assert len(rows) > 20
    for module, name, told in rows:
        assert getattr(importlib.import_module(module), name) == float(told), f"{module}.{name}"


def test_decisions_are_numbered_and_have_their_parts_and_are_linked() -> None:
    index = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [page.name[:5] for page in ADRS] == [f"{number:04d}-" for number in range(1, len(ADRS) + 1)]
    for page in ADRS:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert f"(adr/{page.name})" in index


def test_the_rules_that_are_counted_are_those_of_the_library() -> None:
    assert len(load_rules()) == 32, "CHANGELOG.md says thirty-two"


def test_no_file_speaks_of_somebodys_own_machine_or_of_a_package_host() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        file = ROOT / name
        if not file.is_file() or file.suffix == ".png":
            continue
        found = FOREIGN.search(file.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{name}: {found[0] if found else ''}"
