"""By how much a facility's counters are off: learned at every truth, corrected in the estimate, and the width of its band.

Theory of operation
-------------------
Since the last truth the counters have counted so many entries and exits. There were ``1 + entries`` people to each counted
entry, ``1 + exits`` to each counted exit (the drift: a beam that two break at once counts one), and each passage may be missed
or counted twice by chance. So the people there now are start + came x (1 + entries) - went x (1 + exits), give or take an
error whose variance is that of the two shares, and ``chance`` for each passage.

At the next truth the error is known. It is one equation for the two shares: a linear regression carried on by one row
(Kalman), with a prior. An empty night (came = went) tells how the two differ, which is what makes a count run away; what they
have in common (a miss of 5 % both ways) only a count amid the day can tell. ``chance`` is what the shares do not explain,
averaged. Both forget: a lens gets dusty, a door is wedged open.

The prior lies between what vendors claim (80 to 98 % of people counted right; beams at the lower end, because people who enter
together count as one) and a real entrance that is worse (UCI CalIt2, 15 weeks; on its 50 days with more than 100 passages
in - out was 7 +- 7 % of the entries, best explained by one share of 7 % and 0.44 a passage by chance). With few truths it
has a wider band, by Student's t. On those 50 days, learning from day to day, the next morning's residual lay within it on 47.
"""

from __future__ import annotations

from math import erfc, exp, pi, sqrt

import msgspec

COMMON_SD = 0.025  # of what entries and exits are missed alike
SIDED_SD = 0.04  # of how they differ: the entrance above lies at 1.4 of these
COMMON_WANDERS_SD, SIDED_WANDERS_SD = 0.002, 0.004  # from truth to truth
CHANCE = 0.06  # people squared a passage
CHANCE_MIN = 0.004  # one in 250 is off, and nobody knows which
CHANCE_TRUTHS = 2.0  # as many truths the prior counts for,
CHANCE_FADES = (
    0.95  # and so much of what was learned is left after another: some fourteen truths are remembered
)
PASSAGES_MIN = 10.0  # fewer teach nothing
SURPRISE_SD = (
    3.0  # what is further off was no drift: a party by the back door; it is learned from as if it were so far
)
Z_90 = 1.645
TAILS = 1.15  # of Student's t: its 90 % lies this share of 1/freedom further out (within 2 % from 3 on)
FREEDOM_BEFORE = 4.0  # of the prior: chance differs less among counters than one truth tells
FAR = 5.0  # standard deviations beyond which the tail of the normal distribution is taken for exponential
DRIFT_BYTES_MAX = 5 + 7 * 9


class Drift(msgspec.Struct, array_like=True, gc=False):
    """The shares that are missed of entries and exits, their covariance, and what is left to chance. Changed by ``learn``."""

    entries: float = 0.0
    exits: float = 0.0
    var_entries: float = COMMON_SD**2 + SIDED_SD**2 / 4
    covariance: float = COMMON_SD**2 - SIDED_SD**2 / 4
    var_exits: float = COMMON_SD**2 + SIDED_SD**2 / 4
    chance: float = CHANCE
    truths: float = CHANCE_TRUTHS

    def corrected(self, came: float, went: float) -> float:
        """By how many people that many counted entries and exits are off, as far as it is learned (signed)."""
        return self.entries * came - self.exits * went

    def together(self, came: float, went: float, came_then: float, went_then: float) -> float:
        """Covariance of the error now with that of an earlier moment since the same truth, people squared."""
        shares = (
            self.var_entries * came * came_then
            - self.covariance * (came * went_then + went * came_then)
            + self.var_exits * went * went_then
        )
        return max(shares, 0.0) + self.chance * (came_then + went_then)

    def variance(self, came: float, went: float) -> float:
        """Of the error after so many entries and exits, people squared."""
        return self.together(came, went, came, went)

    @property
    def z(self) -> float:
        """How many standard deviations a band for nine cases of ten is wide to each side."""
        return Z_90 * (1 + TAILS / (self.truths - CHANCE_TRUTHS + FREEDOM_BEFORE))


def learn(drift: Drift, came: float, went: float, more: float, *, doubt: float = 0.0) -> None:
    """A truth: after so many counted entries and exits there were ``more`` people than at the last one (signed).

    ``doubt`` is the variance of what is in it beside these: people for whom what is usual stood in.

    By that, came - went is known to be wrong where it is not ``more``. So entries and exits are taken to have been such that it
    is: a share of what was miscounted would else be put down to the shares themselves.
    """
    passages, off = came + went, more - came + went
    if passages < PASSAGES_MIN:
        return
    more = min(max(more, -passages), passages)
    came, went = (passages + more) / 2, (passages - more) / 2
    _wander(drift)
    to_entries = drift.var_entries * came - drift.covariance * went
    to_exits = drift.covariance * came - drift.var_exits * went
    by_shares = max(to_entries * came - to_exits * went, 0.0)
    by_chance = drift.chance * passages
    whole = by_shares + by_chance + doubt
    surprise = off - drift.corrected(came, went)
    bound = SURPRISE_SD * sqrt(whole)
    surprise = min(max(surprise, -bound), bound)
    drift.entries += to_entries / whole * surprise
    drift.exits += to_exits / whole * surprise
    drift.var_entries -= to_entries * to_entries / whole
    drift.covariance -= to_entries * to_exits / whole
    drift.var_exits -= to_exits * to_exits / whole
    seen = ((by_chance / whole * surprise) ** 2 + by_chance * (by_shares + doubt) / whole) / passages
    before = drift.truths * CHANCE_FADES
    drift.chance = max((before * drift.chance + seen) / (before + 1), CHANCE_MIN)
    drift.truths = before + 1


def beyond(low: float, variance: float) -> tuple[float, float]:
    """Mean and variance of a normal error around 0, of which is known that it is at least ``low``."""
    sd = sqrt(variance)
    at = low / sd
    if at > FAR:
        return low + sd / at, variance / at**2
    tail = erfc(at / sqrt(2)) / 2
    hazard = exp(-at * at / 2) / sqrt(2 * pi) / tail
    return sd * hazard, variance * max(1 + at * hazard - hazard * hazard, 0.0)


def _wander(drift: Drift) -> None:
    common, sided = COMMON_WANDERS_SD**2, SIDED_WANDERS_SD**2 / 4
    drift.var_entries += common + sided
    drift.covariance += common - sided
    drift.var_exits += common + sided
