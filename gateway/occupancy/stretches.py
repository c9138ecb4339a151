"""A count between two truths, put right afterwards.

Theory of operation
-------------------
A *truth* is a moment at which the number of people is known: a person has counted, or the place was empty at night. What the
counters say between two of them does not add up: the *residual*. Which passages were missed nobody knows, so the residual is
spread evenly over all of them. Somewhere between two truths the count is off by chance only, and by less than on either side
alone: after a of the a + b passages it stands as after ab / (a + b) of them (a Brownian bridge), which is 0 at both ends.

Where passages are lost (a counter began anew, or was silent when the truth was told) a stretch *breaks*: before the break one
can only reckon onwards from the truth before it, behind the break backwards from the truth after it. What is lost is no drift.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.headcount import half_width


@dataclass(frozen=True, slots=True)
class Live:
    """The estimate as the rules had it at that moment; the band None while it is open."""

    people: float
    lower: float | None
    upper: float | None


@dataclass(slots=True)
class Mark:
    """A moment in a stretch: ``passed`` and ``net`` (in - out) since its beginning.

    ``people``, its band and ``put_right`` (by how much the drift was corrected up to here; None: not known yet) are set when
    the stretch ends.
    """

    passed: float
    net: float
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
    passed: float = 0.0
    net: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def goes_on(self, passed: float, net: float) -> None:
        """So many more have passed, and so many more are there."""
        self.passed += passed
        self.net += net

    def mark(self, live: Live) -> Mark:
        """Remember this moment."""
        made = Mark(self.passed, self.net, live)
        self.marks.append(made)
        return made

    def residual(self, truth: float) -> float | None:
        """By how much the truth at its end differs from what was counted; None where that cannot be said."""
        return None if self.start is None else truth - self.start - self.net

    def ends(self, truth: float | None) -> None:
        """Say what each moment was, now that the number at its end is known; None: it breaks, or is still open."""
        for one in self.marks:
            if truth is None:
                one.people, one.lower, one.upper = one.live.people, one.live.lower, one.live.upper
            elif self.start is None:
                one.becomes(truth - (self.net - one.net), half_width(self.passed - one.passed))
            else:
                self._between(one, self.start, truth)

    def _between(self, one: Mark, start: float, truth: float) -> None:
        off = truth - start - self.net
        before, after = self.behind + one.passed, self.passed - one.passed
        if not before + after:  # two truths that contradict each other: the first holds until the second
            one.put_right = 0.0
            one.becomes(start, abs(off))
            return
        one.put_right = off * before / (before + after)
        one.becomes(start + one.net + one.put_right, half_width(before * after / (before + after)))
