"""A count between two truths, put right afterwards.

Theory of operation
-------------------
A *truth* is a moment at which the number of people is known: a person has counted, or the place was empty at night. What the
counters say between two of them does not add up: the *residual*. How the error grows with who came and who went, and how
much of it is chance, the head count has learned (``rules.drift``). Given the residual at the second truth, the error at a
moment
before it is what is then most likely: its mean and its variance under that condition (of jointly normal errors). Where nothing
is learned yet that is the residual's share of the passages so far, and for chance alone ab / (a + b) of the variance of one
(a Brownian bridge). It is nothing at both ends.

Where passages are lost (a counter began anew, or was silent when the truth was told) a stretch *breaks*: before the break one
can only reckon onwards from the truth before it, behind the break backwards from the truth after it. What is lost is no drift.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.drift import Drift


@dataclass(frozen=True, slots=True)
class Live:
    """The estimate as the rules had it at that moment; the band None while it is open."""

    people: float
    lower: float | None
    upper: float | None


@dataclass(slots=True)
class Mark:
    """A moment in a stretch: who ``came`` and ``went`` since its beginning, as counted.

    ``people``, its band and ``put_right`` (by how much the drift was corrected up to here; None: not known yet) are set when
    the stretch ends.
    """

    came: float
    went: float
    live: Live
    people: float = 0.0
    lower: float | None = None
    upper: float | None = None
    put_right: float | None = None

    def becomes(self, people: float, half: float) -> None:
        """So many, give or take ``half``; nobody is the least."""
        self.people = max(people, 0.0)
        self.lower, self.upper = max(self.people - half, 0.0), self.people + half


@dataclass(slots=True)
class Stretch:
    """From one truth to the next, or to a break. ``start`` None: it begins behind a break.

    ``behind`` are passages that were counted before it and are in ``start`` (a counter's own count, taken over).
    """

    start: float | None
    behind: float = 0.0
    came: float = 0.0
    went: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def goes_on(self, came: float, went: float) -> None:
        """So many more have come and gone."""
        self.came += came
        self.went += went

    def mark(self, live: Live) -> Mark:
        """Remember this moment."""
        made = Mark(self.came, self.went, live)
        self.marks.append(made)
        return made

    def residual(self, truth: float) -> float | None:
        """By how much the truth at its end differs from what was counted; None where that cannot be said."""
        return None if self.start is None else truth - self.start - self.came + self.went

    def breaks(self) -> None:
        """It breaks, or is still open: each moment stands as the rules had it."""
        for one in self.marks:
            one.people, one.lower, one.upper = one.live.people, one.live.lower, one.live.upper

    def ends(self, truth: float, drift: Drift) -> None:
        """Say what each moment was, now that the number at its end is known; ``drift`` as it was known until then."""
        for one in self.marks:
            if self.start is None:
                came, went = self.came - one.came, self.went - one.went
                people = truth - came + went - drift.corrected(came, went)
                one.becomes(people, drift.z * drift.variance(came, went) ** 0.5)
            else:
                self._between(one, self.start, truth, drift)

    def _between(self, one: Mark, start: float, truth: float, drift: Drift) -> None:
        off = truth - start - self.came + self.went
        end = (self.behind / 2 + self.came, self.behind / 2 + self.went)
        then = (self.behind / 2 + one.came, self.behind / 2 + one.went)
        whole = drift.variance(*end)
        if (
            not whole
        ):  # nobody passed between two truths that contradict each other: the first holds until the second
            one.put_right = 0.0
            one.becomes(start, abs(off))
            return
        share = drift.together(*end, *then) / whole
        one.put_right = drift.corrected(*then) + share * (off - drift.corrected(*end))
        left = drift.variance(*then) - share * share * whole
        one.becomes(start + one.came - one.went + one.put_right, drift.z * max(left, 0.0) ** 0.5)
