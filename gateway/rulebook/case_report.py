"""The verdict on a case in words people read, Chinese first, and in the JSON that programs read."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.rulebook.cases import Case, Expected
from gateway.rulebook.comparing import Verdict, sentence
from gateway.rulebook.trial import Came
from rules.effects import Hold


def lines_of(verdict: Verdict) -> Iterator[str]:
    """The verdict, one line if all is well; else what differs and everything that came, on the case's own clock."""
    case = verdict.case
    yield f"{'✓' if verdict.passed else '✗'} {case.name}"
    if verdict.passed:
        return
    yield f"  {case.source}:{case.line}"
    for expected in verdict.missing:
        yield f"  没有出现 missing     {_awaited(case, expected)}"
    for came in verdict.unexpected:
        yield f"  不应出现 unexpected  {_came(case, came)}"
        yield _because(case, came)
    for expected, came, differs in verdict.otherwise:
        yield f"  不符 otherwise       {_awaited(case, expected)} · {differs}"
        yield _because(case, came)
    for refused in verdict.refused:
        yield f"  无法执行 impossible   {refused}"
    yield "  实际 what came:" + ("" if verdict.came else " 无 nothing")
    for came in verdict.came:
        yield f"    {_came(case, came)}"


def as_json(verdict: Verdict) -> dict[str, object]:
    """The verdict as plain data; times are epoch milliseconds."""
    case = verdict.case
    return {
        "case": case.name,
        "file": case.source,
        "line": case.line,
        "passed": verdict.passed,
        "missing": [_expected_json(one) for one in verdict.missing],
        "unexpected": [_came_json(case, one) for one in verdict.unexpected],
        "otherwise": [
            {"expected": _expected_json(expected), "came": _came_json(case, came), "differs": differs}
            for expected, came, differs in verdict.otherwise
        ],
        "impossible": list(verdict.refused),
        "came": [_came_json(case, one) for one in verdict.came],
    }


def _awaited(case: Case, expected: Expected) -> str:
    parts = [expected.rule, case.clock.text(expected.at), expected.subject]
    if expected.ends is not None:
        parts.append(f"→ {case.clock.text(expected.ends) if expected.ends else 'never'}")
    return " ".join(part for part in parts if part)


def _came(case: Case, came: Came) -> str:
    effect = came.effect
    ended = case.clock.text(came.ended) if came.ended else ""
    times = f" ×{came.count}" if came.count > 1 else ""
    held = f"（未通知 held by {effect.by}）" if isinstance(effect, Hold) else ""
    until = f" → {ended}" if ended else ""
    return f"{effect.rule} {case.clock.text(effect.active_at)} {effect.subject}{times}{until}{held}"


def _because(case: Case, came: Came) -> str:
    words = sentence(case, came)
    return f"           {words.zh} · {words.en}"


def _expected_json(expected: Expected) -> dict[str, object]:
    return {
        "rule": expected.rule,
        "at": expected.at,
        "within_ms": expected.within,
        "subject": expected.subject or None,
        "ends": expected.ends,
    }


def _came_json(case: Case, came: Came) -> dict[str, object]:
    effect, words = came.effect, sentence(case, came)
    return {
        "rule": effect.rule,
        "at": effect.active_at,
        "subject": effect.subject,
        "place": effect.key,
        "ended": came.ended or None,
        "severity": came.severity,
        "count": came.count,
        "held_by": effect.by if isinstance(effect, Hold) else None,
        "why": {"zh": words.zh, "en": words.en},
    }
