"""Who somebody is to a provider of single sign-on, and which roles that gives them here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.accounts.who import Grant


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser must bring back from the provider; kept here, never sent to it whole."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the provider knows them: ``subject`` is for ever theirs, ``values`` are of the claim that roles come from."""

    subject: str
    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever has ``value`` in the claim has this role there."""

    value: str
    role: str
    at: str = ""


class SignOnError(Exception):
    """Somebody could not be signed on; ``reason`` is for programs, the message for the log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def grants_of(identity: Identity, rules: Iterable[Rule]) -> Sequence[Grant]:
    """The roles that the provider's word gives somebody."""
    return sorted({Grant(rule.role, rule.at) for rule in rules if rule.value in identity.values})
