"""The log: a line for people or an object for programs, no line twice a minute, no words of an exception."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway import cli
from gateway.logs import ALIKE_MAX, JsonLines, SparingHandler, TextLines

SHENZHEN = ZoneInfo("Asia/Shanghai")
AT = 1_763_900_000.0


class Book:
    """A log written into memory at moments of the test's choosing."""

    def __init__(self, kind: type[logging.Formatter]) -> None:
        self.stream = io.StringIO()
        self.handler = SparingHandler(self.stream)
        self.handler.setFormatter(kind(SHENZHEN))

    def says(self, text: str, *args: object, at: float = 0.0, line: int = 1, **more: object) -> None:
        record = logging.LogRecord("gateway.line", logging.ERROR, __file__, line, text, args, None)
        record.created = AT + at
        vars(record).update(more)
        self.handler.emit(record)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_json_is_one_object_a_line_with_time_and_zone_and_what_was_given() -> None:
    book = Book(JsonLines)
    book.says("stopped at %d\nand 王", 7, position=7)
    (line,) = book.lines
    assert json.loads(line) == {
        "time": "2025-11-23T20:13:20.000+08:00",
        "level": "error",
        "logger": "gateway.line",
        "message": "stopped at 7\nand 王",
        "position": 7,
    }


def test_text_is_one_line_whatever_came_from_outside() -> None:
    book = Book(TextLines)
    book.says("broker: %s", "no\n2026 INFO all is well\x1b[2J", alert="a1")
    expected = r"ERROR gateway.line: broker: no\x0a2026 INFO all is well\x1b[2J alert=a1"
    assert book.lines == [f"2025-11-23T20:13:20.000+08:00 {expected}"]


@pytest.mark.parametrize("kind", [TextLines, JsonLines])
def test_an_exception_is_told_by_kind_and_place_never_in_its_words(kind: type[logging.Formatter]) -> None:
    book = Book(kind)
    try:
        {}["王女士 13800000001"]
    except KeyError as error:
        book.says("it failed", exc_info=(KeyError, error, error.__traceback__))
    text = book.stream.getvalue()
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert "王" not in text
    assert "138" not in text


def test_a_full_disk_told_each_second_is_a_line_a_minute_and_a_count() -> None:
    book = Book(TextLines)
    for second in range(3_600):
        book.says("cannot write: %s", "disk full", at=second)
    assert len(book.lines) == 60 * 2 - 1
    assert book.lines[1].endswith("repeated 59 times, last: cannot write: disk full")
    book.handler.close()
    assert book.lines[-1].endswith("repeated 59 times, last: cannot write: disk full")


def test_lines_that_differ_a_little_are_bounded_as_well_and_others_are_not_held_back() -> None:
    book = Book(TextLines)
    for number in range(1_000):
        book.says("message %d failed", number, at=number / 100)
    book.says("something else", at=11, line=2)
    assert len(book.lines) == ALIKE_MAX + 1
    book.says("later", at=100, line=3)
    assert any(
        line.endswith(f"repeated {1_000 - ALIKE_MAX} times, last: message 999 failed") for line in book.lines
    )


def test_a_wall_clock_set_back_does_not_silence_it() -> None:
    book = Book(TextLines)
    book.says("cannot write", at=7_200)
    book.says("cannot write", at=0)
    assert len(book.lines) == 2


@pytest.fixture
def log_given_back() -> Iterator[None]:
    """A command turns the whole process's log to its own ends; the next test finds it as it was."""
    root, named = logging.getLogger(), logging.root.manager.loggerDict
    handlers = root.handlers[:]
    levels = {each: each.level for each in (root, *named.values()) if isinstance(each, logging.Logger)}
    yield
    root.handlers[:] = handlers
    for each in (root, *named.values()):
        if isinstance(each, logging.Logger):
            each.setLevel(levels.get(each, logging.NOTSET))


@pytest.mark.usefixtures("log_given_back")
def test_a_hub_that_ends_by_a_fault_of_the_program_says_so_with_1_and_nobody_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_settings: object) -> None:
        raise ExceptionGroup("王女士", [KeyError("13800000001")])

    config = tmp_path / "carehub.toml"
    config.write_text('[log]\nformat = "json"\n', encoding="utf-8")
    monkeypatch.setattr(cli, "_run", breaks)
    done = CliRunner().invoke(cli.app, ["run", "-c", str(config)])
    assert done.exit_code == 1
    told = json.loads(done.stderr)
    assert told["message"] == "the hub has ended by a fault of the program"
    assert "KeyError" in told["error"]
    assert not set("王") & set(done.stderr)
    assert "138" not in done.stderr
