"""OpenID Connect, code flow with PKCE. The protocol is Authlib's; here is what is asked of it, and what is believed."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError

from gateway.accounts.identity import Identity, SignOnError, Ticket

# Signed by the provider's private key only: "none" is nobody's word, and an HMAC is made by whoever knows the secret.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
WITHIN_S = 10.0
VALUES_MAX = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The provider and how this hub is known to it; ``claim`` (groups, roles …) is where ``Identity.values`` come from."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "openid profile"
    claim: str = ""


class SingleSignOn:
    """Sends a browser to the provider, and finds out who comes back."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._app: Any = OAuth().register(
            "carehub",
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            client_kwargs={"scope": provider.scope, "code_challenge_method": "S256", "timeout": WITHIN_S},
        )

    async def begin(self, back: str) -> tuple[str, Ticket]:
        """The address to send a browser to, and what it must bring ``back``; raises ``SignOnError``."""
        try:
            await self._know_provider()
            begun = await self._app.create_authorization_url(back)
        except (httpx2.HTTPError, AuthlibBaseError, ValueError, RuntimeError) as error:
            raise self._failed(error) from error
        return begun["url"], Ticket(begun["state"], begun["nonce"], begun["code_verifier"])

    async def finish(self, given: Mapping[str, str], ticket: Ticket, back: str) -> Identity:
        """Who has come back; raises ``SignOnError`` where anything does not fit."""
        if not hmac.compare_digest(given.get("state", "").encode(), ticket.state.encode()):
            raise SignOnError("state", "the answer is to another question: begin again")
        if (
            given.get("iss", self._provider.issuer) != self._provider.issuer
        ):  # RFC 9207: mixed up with another provider
            raise SignOnError("issuer", f"answered by {given['iss'][:100]!r}, not by {self._provider.issuer}")
        if "code" not in given:
            raise SignOnError("denied", f"the provider says {given.get('error', 'nothing')[:100]!r}")
        try:
            await self._know_provider()
            token = await self._app.fetch_access_token(
                redirect_uri=back, code=given["code"], code_verifier=ticket.verifier
            )
            claims = await self._app.parse_id_token(token, ticket.nonce, claims_options=self._wanted())
        except (httpx2.HTTPError, AuthlibBaseError, JoseError, ValueError, RuntimeError) as error:
            raise self._failed(error) from error
        if not claims:
            raise SignOnError("unsigned", "the provider gave no id_token; does the scope contain openid?")
        return self._identity(claims)

    def _wanted(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "values": [self._provider.issuer]},
            "aud": {"essential": True, "value": self._provider.client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }

    async def _know_provider(self) -> None:
        """Read what the provider says of itself, once; it must be the one that is asked for, and sign as it should."""
        metadata = await self._app.load_server_metadata()
        if metadata.get("issuer") != self._provider.issuer:
            raise ValueError(
                f"it calls itself {str(metadata.get('issuer'))[:100]!r}; write [sso] issuer exactly so"
            )
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]
        if not metadata["id_token_signing_alg_values_supported"]:
            raise ValueError(f"it signs with {offered}, none of which proves that it was the provider")

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        found = claims.get(self._provider.claim, ()) if self._provider.claim else ()
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
        return Identity(
            subject=f"{self._provider.issuer} {claims['sub']}",
            name=name,
            values=tuple(str(value) for value in values[:VALUES_MAX]),
        )

    def _failed(self, error: Exception) -> SignOnError:
        """The reason for the log, without what the provider answered: that may hold a token."""
        said = error.description if isinstance(error, AuthlibBaseError) and error.description else error
        text = f"{type(error).__name__}: {str(said)[:200]}"
        log.warning("single sign-on by %s failed: %s", self._provider.issuer, text)
        return SignOnError("failed", text)
