"""A picture of a report as SVG text: bars or lines, told apart in black and white too. Pure.

Presentation attributes only: it holds under a policy that allows no inline style, and in print.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final

from gateway.reports.document import Lang, Picture, Series
from gateway.reports.said import number, said

WIDTH: Final = 720
HEIGHT: Final = 230
LEFT: Final = 46
RIGHT: Final = 10
TOP: Final = 30
BOTTOM: Final = 30
LABELS_MAX: Final = 31
FILLS: Final = ("#1f4e79", "#b8cce4")  # dark and light: also on a printer without colour
LINES: Final = (("#1f4e79", ""), ("#7f7f7f", "5 4"))
INK: Final = "#222222"
FAMILY: Final = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


def drawing(picture: Picture, lang: Lang) -> str:
    """The SVG."""
    top = _top(picture.series)
    title = (
        f"{picture.title[lang]}（{picture.unit[lang]}）"
        if lang == "zh"
        else f"{picture.title[lang]} ({picture.unit[lang]})"
    )
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'role="img" font-family="{FAMILY}" font-size="11" fill="{INK}" aria-label="{escape(_words(picture, lang))}">'
        ),
        f'<text x="0" y="14" font-size="13" font-weight="bold">{escape(title)}</text>',
        *_scale(top),
        *_marks(picture.labels, lang),
        *(_bars(picture, top) if picture.shape == "bars" else _lines(picture, top)),
        *_legend(picture, lang),
        "</svg>",
    ]
    return "".join(parts)


def _top(series: Sequence[Series]) -> float:
    """What the highest line of the scale stands for: 1, 2 or 5 times a power of ten, times at most four lines."""
    most = max((value for one in series for value in one.values if value is not None), default=0)
    step = 1.0
    while step * 4 < most:
        step *= 2.5 if f"{step:g}".startswith("2") else 2
    return step * 4


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP), 2)


def _scale(top: float) -> list[str]:
    found = []
    for line in range(5):
        value = top * line / 4
        y = _y(value, top)
        found.append(
            f'<line x1="{LEFT}" y1="{y:g}" x2="{WIDTH - RIGHT}" y2="{y:g}" stroke="#cccccc" '
            f'stroke-width="{1 if line else 1.5:g}"/>'
            f'<text x="{LEFT - 5}" y="{y + 4:g}" text-anchor="end">{number(value)}</text>'
        )
    return found


def _slot(many: int) -> float:
    return (WIDTH - LEFT - RIGHT) / max(many, 1)


def _marks(labels: Sequence[object], lang: Lang) -> list[str]:
    """The labels below; where they would touch one another every second, third … is left."""
    wide = _slot(len(labels))
    texts = [said(label, lang) for label in labels]  # type: ignore[arg-type]
    need = max((sum(2 if ord(c) > 0x2E80 else 1 for c in text) for text in texts), default=1) * 6 + 4  # noqa: PLR2004 CJK
    every = max(1, -(-int(need) // max(int(wide), 1)))
    return [
        f'<text x="{LEFT + wide * (at + 0.5):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{escape(text)}</text>'
        for at, text in enumerate(texts)
        if at % every == 0
    ]


def _bars(picture: Picture, top: float) -> list[str]:
    slot = _slot(len(picture.labels))
    wide = slot * 0.8 / max(len(picture.series), 1)
    base = HEIGHT - BOTTOM
    found = []
    for order, one in enumerate(picture.series):
        for at, value in enumerate(one.values):
            if value is None or value <= 0:
                continue
            x, y = LEFT + slot * (at + 0.1) + wide * order, _y(value, top)
            found.append(
                f'<rect x="{x:.1f}" y="{y:g}" width="{max(wide - 0.5, 0.5):.1f}" height="{base - y:.2f}" '
                f'fill="{FILLS[order % 2]}" '
                f'stroke="{FILLS[0]}" stroke-width="0.5"/>'
            )
    return found


def _lines(picture: Picture, top: float) -> list[str]:
    slot = _slot(len(picture.labels))
    found = []
    for order, one in enumerate(picture.series):
        colour, dash = LINES[order % 2]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        for known, run in groupby(enumerate(one.values), key=lambda each: each[1] is not None):
            points = [(LEFT + slot * (at + 0.5), _y(value, top)) for at, value in run if value is not None]
            if known and len(points) == 1:
                found.append(f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:g}" r="2" fill="{colour}"/>')
            elif known:
                path = " ".join(f"{x:.1f},{y:g}" for x, y in points)
                found.append(
                    f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
                )
    return found


def _legend(picture: Picture, lang: Lang) -> list[str]:
    found, x = [], WIDTH - RIGHT
    for order, one in reversed(list(enumerate(picture.series))):
        text = one.name[lang]
        x -= sum(12 if ord(c) > 0x2E80 else 7 for c in text)  # noqa: PLR2004 CJK
        found.append(f'<text x="{x}" y="14">{escape(text)}</text>')
        x -= 22
        if picture.shape == "bars":
            found.append(
                f'<rect x="{x}" y="5" width="16" height="10" fill="{FILLS[order % 2]}" stroke="{FILLS[0]}" stroke-width="0.5"/>'
            )
        else:
            colour, dash = LINES[order % 2]
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            found.append(
                f'<line x1="{x}" y1="10" x2="{x + 16}" y2="10" stroke="{colour}" stroke-width="2"{dashed}/>'
            )
        x -= 14
    return found


def _words(picture: Picture, lang: Lang) -> str:
    """What it shows, for who cannot see it."""
    parts = []
    for one in picture.series:
        values = (
            f"{said(label, lang)} {said(value, lang, 1 if isinstance(value, float) else 0)}"
            for label, value in zip(picture.labels, one.values, strict=True)
        )
        parts.append(f"{one.name[lang]}: {', '.join(values)}")
    return f"{picture.title[lang]}. {'; '.join(parts)}"
