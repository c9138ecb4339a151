"""Misspelt place paths: what one file says about the same street or community in two ways.

A street has one district and a community one street; two of them are almost always a typo, and a typo here sends an
alert to the wrong station. That is a fault. Two names under one parent that differ by one character (福民社区, 福山社区)
are often both real, so they are only pointed out in the dry run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.registry.values import LEVELS, RegistryFault

_ORDINALS = frozenset("0123456789一二三四五六七八九十东南西北中上下前后左右新老大小ABCDEFGHabcdefgh")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something worth a second look before importing, in one line each; it hinders nothing."""

    line: int
    zh: str
    en: str


def shared_names(places: Iterable[tuple[str, int]]) -> list[RegistryFault]:
    """Streets under two districts and communities under two streets; ``places`` are (path, line) of each place.

    The parent with more places is taken for right (the one seen first, if equal); each other one is one fault, at the
    line where it is first seen.
    """
    good = [(path.split("/"), line) for path, line in places if path.count("/") == len(LEVELS) - 1]
    return [fault for level in (1, 2) for fault in _shared_at(level, good)]


def _shared_at(level: int, places: list[tuple[list[str], int]]) -> list[RegistryFault]:
    parents: defaultdict[str, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], tuple[list[str], int]] = {}
    for names, line in places:
        parents[names[level]][names[level - 1]] += 1
        first.setdefault((names[level], names[level - 1]), (names, line))
    faults = []
    for name, seen in parents.items():
        right = max(
            seen, key=lambda parent: seen[parent]
        )  # of equals the first: a Counter keeps insertion order
        right_names, since = first[name, right]
        for parent in seen:
            if parent != right:
                names, line = first[name, parent]
                mended = "/".join([*right_names[:level], *names[level:]])
                what = f"{LEVELS[level]} {name!r} stands under {parent!r} here and under {right!r} since line {since}"
                remedy = f"did you mean {mended!r}? If both are real, tell them apart by name"
                faults.append(RegistryFault(line, "place", what, remedy))
    return faults


def doubts(places: Iterable[tuple[str, int]]) -> list[Doubt]:
    """Names that occur at one place only and differ by one character from a more frequent one beside them."""
    count: Counter[tuple[str, ...]] = Counter()
    line_of: dict[tuple[str, ...], int] = {}
    for path, line in places:
        names = path.split("/")
        for depth in range(1, len(names) + 1):
            prefix = tuple(names[:depth])
            count[prefix] += 1
            line_of.setdefault(prefix, line)
    beside: defaultdict[tuple[object, ...], list[tuple[str, ...]]] = defaultdict(list)
    for prefix in count:
        # Two names that differ in one character are equal with that one left out: file each under its every gap.
        for gap in range(len(prefix[-1])):
            beside[(prefix[:-1], prefix[-1][:gap], prefix[-1][gap + 1 :])].append(prefix)
    found: dict[tuple[str, ...], Doubt] = {}
    for alike in beside.values():
        frequent = max(alike, key=lambda prefix: (count[prefix], prefix))
        for rare in alike:
            if count[rare] == 1 < count[frequent] and not _numbered(rare[-1], frequent[-1]):
                found.setdefault(rare, _doubt(rare, frequent, line_of[rare], count[frequent]))
    return sorted(found.values(), key=lambda doubt: doubt.line)


def _numbered(one: str, other: str) -> bool:
    """Whether the character in which two names of one length differ is a number or a direction (一村, 二村)."""
    return all({a, b} <= _ORDINALS for a, b in zip(one, other, strict=True) if a != b)


def _doubt(rare: tuple[str, ...], frequent: tuple[str, ...], line: int, places: int) -> Doubt:
    kind = LEVELS[len(rare) - 1]
    return Doubt(
        line,
        f"第 {line} 行：{kind}“{rare[-1]}”只出现一次，与“{frequent[-1]}”（{places} 处）仅差一字，请核对",
        f"line {line}: {kind} {rare[-1]!r} occurs once and differs by one character from {frequent[-1]!r} "
        f"({places} places): check it",
    )
