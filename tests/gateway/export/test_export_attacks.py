"""What is asked of an export, and the file it goes to, stand in a question to DuckDB: they stay what they are there."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from gateway.backtest.scratch import quoted
from gateway.export.slices import Wanted, _question

HOSTILE = [
    "'", "''", "' OR 1=1 --", "'; COPY (SELECT 1) TO '/tmp/x'; --", "\\' OR 1=1 --", "$$ || 1 $$", "/* */", "%", "a\nb",
    "E'\\x27'",
    "\N{RIGHT SINGLE QUOTATION MARK}", "../../etc/passwd", "{0}", "$1", "?",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_words_in_a_question_are_words(words: str) -> None:
    with duckdb.connect() as asked:
        (found,) = asked.execute(f"SELECT {quoted(words)}").fetchone() or ("",)
    assert found == words


@pytest.mark.parametrize("words", HOSTILE)
def test_an_export_gives_what_is_called_so_and_nothing_else(tmp_path: Path, words: str) -> None:
    """Of a device, a place, a metric of that name; into a file of that name beside the others."""
    live = tmp_path / "live 'x'.parquet"
    rows = (
        "SELECT 'd' AS device, 'p' AS place, true AS home, 'm' AS metric, 5000000 AS time_ns, 1.0 AS value, NULL AS text, "
        "0 AS quality, '' AS boot, 0 AS seq, 0 AS received_at"
    )
    target = tmp_path / f"out {words.replace('/', '_')}.parquet"
    with duckdb.connect() as asked:
        asked.execute(f"COPY ({rows}) TO {quoted(str(live))} (FORMAT parquet)")
        for wanted, many in (
            (Wanted(0, 10, device=words), 0), (Wanted(0, 10, place=words), 0), (Wanted(0, 10, metric=words), 0),
            (Wanted(0, 10), 1),
        ):  # fmt: skip
            asked.execute(_question(wanted, live, [str(live)], {True: 0, False: 0}, target))
            (found,) = asked.execute(
                "SELECT count(*) FROM read_parquet($1)", [str(target).replace("?", "[?]")]
            ).fetchone() or (0,)
            assert found == many * 2
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([live.name, target.name])
