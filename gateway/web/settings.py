"""How the web is served, and what the demo panel offers."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.alerts.record import Targets
from gateway.web.sign_on import SignOnHere

TOKEN_CHARS_MIN = 16  # 64 bits even as hex: beyond guessing over a network
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEntry:
    """A button of the demo panel. It is ticked when an alert of ``rule`` at ``place_id`` (empty: anywhere) comes.

    With ``step`` = "escalated" it is ticked when such an alert has gone up a rung, and cannot be pressed while
    escalation is held.
    """

    scenario: str
    title: dict[str, str]
    sees: dict[str, str]
    rule: str
    place_id: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the web listens and who may come in; raises ValueError when it would be open to the network."""

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = field(default="", repr=False)
    zone: str = "Asia/Shanghai"
    language: str = "zh"
    demo: tuple[DemoEntry, ...] | None = None
    public_url: str = ""
    phone: str = ""  # the community's, for those who come by a link
    sso: SignOnHere | None = None
    targets: Targets = field(default_factory=Targets)
    kept_days: Mapping[str, int] = field(
        default_factory=dict
    )  # for how long what is kept, by the setting's name

    def __post_init__(self) -> None:
        if not self.exposed:
            return
        if not self.token:
            raise ValueError(
                f"[http] host {self.host!r} listens beyond this machine: set a token (CAREHUB_HTTP__TOKEN), "
                "or use host 127.0.0.1"
            )
        if len(self.token) < TOKEN_CHARS_MIN:
            raise ValueError(
                f"[http] token: needs at least {TOKEN_CHARS_MIN} characters; make one with: openssl rand -hex 16"
            )

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can come: bound beyond loopback, or published under a public URL."""
        return not (_is_loopback(self.host) and (not self.public_host or _is_loopback(self.public_host)))

    @property
    def public_host(self) -> str:
        """Host name of ``public_url``, or empty."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def address(self) -> str:
        """Where browsers reach it, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if _is_loopback(self.host) else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS, so that cookies can be kept to it."""
        return self.public_url.startswith("https:")

    def cookie(self, purpose: str) -> str:
        """Name of a cookie; browsers do not keep ports apart, so two hubs on one machine need two names."""
        return f"carehub_{purpose}_{self.port}"

    @property
    def pass_cookie(self) -> str:
        """Value of the cookie of a browser that has shown the token; a new token makes it void."""
        return hashlib.sha256(f"carehub pass {self.token}".encode()).hexdigest()


def _is_loopback(host: str) -> bool:
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
