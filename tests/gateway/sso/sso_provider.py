"""A provider of single sign-on at work, and a hub that knows it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.accounts.identity import Rule
from gateway.sso.oidc import Provider, SingleSignOn
from gateway.web.settings import WebSettings
from gateway.web.sign_on import SignOnHere

SECRET = "a secret of the tests, and of nobody else"
RULES = (Rule("duty", "duty", "福田区"), Rule("it", "admin"))


@dataclass(frozen=True)
class Running:
    """A provider at work, and the hub that it knows."""

    issuer: str
    hub_port: int

    def sign_on(self, *, secret: str = SECRET, issuer: str = "") -> SingleSignOn:
        provider = Provider(
            issuer=issuer or self.issuer,
            client_id="carehub",
            client_secret=secret,
            scope="openid profile groups",
            claim="groups",
        )
        return SingleSignOn(provider)


def settings(provider: Running, rules: tuple[Rule, ...] = ()) -> WebSettings:
    here = SignOnHere(provider=provider.sign_on(), name="社区统一登录", rules=rules)
    return WebSettings(port=provider.hub_port, sso=here)
