"""Secret addresses for people without an account: of a guard's slip, of an alert to accept, of a family's page.

Theory of operation
-------------------
What is sent in a message is computed, not kept: a token is an HMAC-SHA256 over what it is for, under the hub's secret, cut to
128 bits (NIST SP 800-107 allows that for a MAC). So a message can be put together at any time, after a restart or from memory
while nothing can be written, and is the same each time. A token is checked by computing it again, in constant time.

Such an address begins with the beginning of the alert's id, which leads to it by the index; a slip's ends with its desk:

    /a/<token><beginning of the id>        /s/<token><beginning of the id>.<desk in base64>

It holds no longer than the alert is open, and nothing has to be revoked. A family's address is another matter: it lasts, so it
is made by a command, may be ended by one, and only its hash is known to the journal and the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.operations.tables import Alert

Purpose: TypeAlias = Literal["accept", "slip"]

TOKEN_BYTES = 16  # 128 bits
TOKEN_CHARS = 22  # the same in base64 without padding
BEGINNING_CHARS = 8  # of an alert's id, which has 16: few alerts, mostly one, begin so
CANDIDATES_MAX = 20
LINK_CHARS_MAX = 256
PATHS: dict[Purpose, str] = {"accept": "/a/", "slip": "/s/"}
FAMILY_PATH = "/f/"


def slip_token(secret: bytes, alert_id: str, desk: str) -> str:
    """The token of the slip of that alert for that desk: 22 characters, fit for an address."""
    return _token(secret, "slip", alert_id, desk)


def accept_token(secret: bytes, alert_id: str) -> str:
    """The token for accepting that alert: 22 characters, fit for an address."""
    return _token(secret, "accept", alert_id)


def family_token(secret: bytes, act_id: str) -> str:
    """The token of a family's page that this act makes; the same act repeated makes the same."""
    return _token(secret, "family", act_id)


def hash_of(token: str) -> str:
    """What is kept of a family's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the links of one hub. ``public_url`` is where people outside reach it, '' where they do not."""

    secret: bytes
    public_url: str = ""

    def __repr__(self) -> str:
        return f"Links(public_url={self.public_url!r})"

    def link_of(self, purpose: Purpose, alert_id: str, desk: str = "") -> str:
        """The address to put into a message; '' where people outside do not reach this hub."""
        return self._outside(self.path_of(purpose, alert_id, desk))

    def path_of(self, purpose: Purpose, alert_id: str, desk: str = "") -> str:
        """The address within this hub."""
        token = self._token(purpose, alert_id, desk)
        ending = "." + _to_base64(desk.encode()) if purpose == "slip" else ""
        return PATHS[purpose] + token + alert_id[:BEGINNING_CHARS] + ending

    def family_link(self, token: str) -> str:
        """The address of a family's page; '' where people outside do not reach this hub."""
        return self._outside(FAMILY_PATH + token)

    def find(self, engine: Engine, purpose: Purpose, given: str) -> tuple[str, str] | None:
        """The alert and the desk that a link (the end of its address) is for; None where it is none.

        A link that is wrong takes the work of one that is right.
        """
        token, beginning, desk = _parts(given)
        starts = (Alert.id >= beginning, Alert.id < beginning + "\uffff")
        with Session(engine) as session:
            found = session.scalars(
                select(Alert.id).where(*starts).order_by(Alert.id).limit(CANDIDATES_MAX)
            ).all()
        right = [
            alert_id
            for alert_id in found or ("",)
            if hmac.compare_digest(self._token(purpose, alert_id, desk).encode(), token.encode())
        ]
        if not right or PATHS[purpose] + given != self.path_of(purpose, right[0], desk):
            return None  # one link has one address: what is done by it is counted by that
        return (right[0], desk) if right[0] else None

    def _token(self, purpose: Purpose, alert_id: str, desk: str) -> str:
        if purpose == "slip":
            return slip_token(self.secret, alert_id, desk)
        return accept_token(self.secret, alert_id)

    def _outside(self, path: str) -> str:
        return self.public_url.rstrip("/") + path if self.public_url else ""


def _parts(given: str) -> tuple[str, str, str]:
    """Token, beginning of the alert's id, desk; empty where it cannot be read."""
    head, _, ending = given[:LINK_CHARS_MAX].partition(".")
    try:
        desk = base64.urlsafe_b64decode(ending + "=" * (-len(ending) % 4)).decode()
    except (binascii.Error, ValueError):
        desk = ""
    return head[:TOKEN_CHARS], head[TOKEN_CHARS : TOKEN_CHARS + BEGINNING_CHARS], desk


def _token(secret: bytes, *said: str) -> str:
    """Said as JSON: no two lists of texts read alike."""
    return _to_base64(hmac.digest(secret, json.dumps(said).encode(), "sha256")[:TOKEN_BYTES])


def _to_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
