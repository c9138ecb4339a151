"""Columns of readings that hold few distinct words, or numbers with gaps: stored by the array, not by the row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]


class Coded(Sequence[str | None]):
    """A column of words: ``words`` once each, and for every row which of them it has (``codes``)."""

    __slots__ = ("codes", "words")

    def __init__(self, words: Sequence[str | None], codes: npt.NDArray[np.integer]) -> None:
        self.words = words
        self.codes = codes

    @classmethod
    def of(cls, column: Sequence[str | None]) -> Coded:
        """The same column, coded."""
        if isinstance(column, Coded):
            return column
        book: dict[str | None, int] = {}
        codes = [book.setdefault(word, len(book)) for word in column]
        return cls(list(book), np.array(codes, np.int32))

    def expanded(self) -> npt.NDArray[np.object_]:
        """A word for every row, each the one object."""
        words: npt.NDArray[np.object_] = np.array(self.words or [None], object)
        return words.take(self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str | None]:
        return map(self.words.__getitem__, self.codes.tolist())

    @overload
    def __getitem__(self, row: int) -> str | None: ...
    @overload
    def __getitem__(self, row: slice) -> Coded: ...
    def __getitem__(self, row: int | slice) -> str | Coded | None:
        if isinstance(row, slice):
            return Coded(self.words, self.codes[row])
        return self.words[int(self.codes[row])]


class Gapped(Sequence[int | None]):
    """A column of whole numbers of which some are not known: ``numbers``, valid where ``known``."""

    __slots__ = ("known", "numbers")

    def __init__(self, numbers: Ints, known: npt.NDArray[np.bool_]) -> None:
        self.numbers = numbers
        self.known = known

    @classmethod
    def of(cls, column: Sequence[int | None]) -> Gapped:
        """The same column as arrays; raises ``OverflowError`` for what 64 bits cannot hold."""
        if isinstance(column, Gapped):
            return column
        numbers = np.array([0 if number is None else number for number in column], np.int64)
        return cls(numbers, np.array([number is not None for number in column], np.bool_))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[int | None]:
        pairs = zip(self.numbers.tolist(), self.known.tolist(), strict=True)
        return (number if known else None for number, known in pairs)

    @overload
    def __getitem__(self, row: int) -> int | None: ...
    @overload
    def __getitem__(self, row: slice) -> Gapped: ...
    def __getitem__(self, row: int | slice) -> int | Gapped | None:
        if isinstance(row, slice):
            return Gapped(self.numbers[row], self.known[row])
        return int(self.numbers[row]) if self.known[row] else None
