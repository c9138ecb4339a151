"""A strict reader of Prometheus' text format 0.0.4, written from its specification; it shares no code with the hub."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
PARTS = ("_bucket", "_sum", "_count")

Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """One metric: its kind, its help, its samples by name and labels."""

    kind: str
    help: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)


def read(text: str) -> dict[str, Family]:
    """The families by name; raises AssertionError at the first line that breaks a rule."""
    assert text.endswith("\n"), "the last line must end"
    found: dict[str, Family] = {}
    helped, current = "", ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, about = line.removeprefix("# HELP ").partition(" ")
            assert name not in found, f"{name}: told twice"
            assert about, f"{name}: no help"
            helped, current, help_text = name, "", about
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            assert name == helped, f"{name}: TYPE without its HELP"
            assert re.fullmatch(NAME, name)
            assert kind in {"counter", "gauge", "histogram"}, line
            found[name], current = Family(kind, help_text), name
        else:
            _sample(line, found[current], current)
    for name, family in found.items():
        _check(name, family)
    return found


def _sample(line: str, family: Family, name: str) -> None:
    match = SAMPLE.fullmatch(line)
    assert match, f"no sample: {line!r}"
    full, labels, value = match[1], match[2] or "", match[match.re.groups]
    allowed = [name + part for part in PARTS] if family.kind == "histogram" else [name]
    assert full in allowed, f"{full} stands under {name}"
    key = full, tuple(sorted((a, b) for a, b in re.findall(LABEL, labels)))
    assert key not in family.samples, f"{line!r}: twice"
    assert len({a for a, _ in key[1]}) == len(key[1]), f"{line!r}: a label twice"
    family.samples[key] = float(value)


def _check(name: str, family: Family) -> None:
    assert (family.kind == "counter") == name.endswith("_total"), f"{name}: a {family.kind}"
    if family.kind == "counter":
        assert all(value >= 0 for value in family.samples.values())
    if family.kind != "histogram":
        return
    buckets: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for (full, labels), value in family.samples.items():
        if full.endswith("_bucket"):
            rest = tuple(pair for pair in labels if pair[0] != "le")
            buckets[rest].append((float(dict(labels)["le"]), value))
    for labels, ends in buckets.items():
        assert ends == sorted(ends), f"{name}: buckets out of order"
        assert [count for _, count in ends] == sorted(count for _, count in ends), f"{name}: not cumulative"
        assert ends[-1][0] == float("inf")
        assert ends[-1][1] == family.samples[name + "_count", labels]
        assert (name + "_sum", labels) in family.samples
