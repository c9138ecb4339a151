"""Figures as Prometheus' text format has them (version 0.0.4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from gateway.web.port import Figure, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_IN_LABELS = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def exposition(figures: Iterable[Figure]) -> str:
    """The whole page, a figure's samples together under its HELP and TYPE."""
    return "\n".join(line for figure in figures for line in _lines(figure)) + "\n"


def _lines(figure: Figure) -> Iterator[str]:
    yield f"# HELP {figure.name} {figure.help.translate(_IN_HELP)}"
    yield f"# TYPE {figure.name} {figure.kind}"
    for sample in figure.samples:
        yield f"{figure.name}{sample.suffix}{_labels(sample)} {number(sample.value)}"


def _labels(sample: Sample) -> str:
    if not sample.labels:
        return ""
    return (
        "{" + ",".join(f'{name}="{text.translate(_IN_LABELS)}"' for name, text in sample.labels.items()) + "}"
    )


def number(value: float) -> str:
    """A value as Prometheus reads one."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.15g}"
