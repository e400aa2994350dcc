"""Logging in at the company's own identity provider: OpenID Connect, code flow with state, nonce and PKCE.

It opens a session for a person who is known here by the same login, and never makes one: the login is the verified
e-mail address or the `preferred_username` that the provider vouches for. The provider's address comes from the settings
of whoever runs this, so it may be a private one; it is https, and no redirect of it is followed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.archive.errors import ArchiveError
from service.archive.logins import LoginRefused
from service.settings import Settings

SCOPE = "openid email profile"
TIMEOUT_S = 8.0
BEGUN_S = 600
"""How long somebody may take at the provider."""
LEEWAY_S = 60
MOST_BYTES = 1 << 20
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures by a key of the provider's. None, or one by the shared secret, is no proof."""


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and the cookie that it brings back."""

    url: str
    cookie: str


class Provider:
    """The provider that the settings name. `transport`: how requests travel; tests give one.

    Every error on the way is LoginRefused or one sentence about the settings: nothing the provider says is shown.
    """

    def __init__(self, settings: Settings, *, transport: Any = None) -> None:
        """Raises ArchiveError when the settings or the extra are incomplete."""
        self._issuer, self._id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
        if not (self._issuer.startswith("https://") and self._id and secret):
            raise ArchiveError("people.oidc_settings")
        try:
            from authlib.integrations.httpx_client import OAuth2Client
            from itsdangerous import URLSafeTimedSerializer
        except ImportError as exc:
            raise ArchiveError("people.oidc_extra") from exc
        self._cookies = URLSafeTimedSerializer(secret, salt="timbre-oidc")
        how: dict[str, Any] = {"timeout": TIMEOUT_S, "trust_env": False, "transport": transport}
        self._client = OAuth2Client(self._id, secret, scope=SCOPE, code_challenge_method="S256", **how)

    def begin(self, back: str) -> Begun:
        """Off to the provider, which sends the browser to `back`. Raises LoginRefused when it can't be reached."""
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._client as client, _refusing():
            url, _ = client.create_authorization_url(
                _https(self._about(), "authorization_endpoint"),
                state=kept["state"],
                code_verifier=kept["verifier"],
                nonce=kept["nonce"],
                redirect_uri=back,
            )
        return Begun(url, str(self._cookies.dumps(kept)))

    def logins(self, back: str, cookie: str, state: str, code: str) -> tuple[str, ...]:
        """The logins that the provider vouches for, of the browser that began with `cookie`. Raises LoginRefused."""
        with self._client as client, _refusing():
            kept = self._cookies.loads(cookie, max_age=BEGUN_S)
            if not code or not secrets.compare_digest(kept["state"].encode(), state.encode()):
                raise ValueError("state")
            about = self._about()
            token = client.fetch_token(
                _https(about, "token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=kept["verifier"],
                redirect_uri=back,
            )
            keys = self._get(_https(about, "jwks_uri"))
            return _vouched(self._claims(token, about, keys, kept["nonce"]))

    def _about(self) -> Mapping[str, Any]:
        """What the provider says of itself; under another name than ours it is not the one."""
        about = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if about["issuer"].rstrip("/") != self._issuer.rstrip("/"):
            raise ValueError("issuer")
        return about

    def _get(self, url: str) -> Mapping[str, Any]:
        answer = self._client.request("GET", url, withhold_token=True, follow_redirects=False)
        if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
            raise ValueError("answer")
        found: Mapping[str, Any] = answer.json()
        return found

    def _claims(
        self, token: Mapping[str, Any], about: Mapping[str, Any], keys: Mapping[str, Any], nonce: str
    ) -> Mapping[str, Any]:
        """What the signed token says, once signature, issuer, audience, times and nonce are right."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        read = jwt.decode(
            token["id_token"], KeySet.import_key_set({"keys": list(keys["keys"])}), algorithms=sorted(ALGORITHMS)
        )
        options = {"iss": {"essential": True, "values": [about["issuer"]]}}
        asked = {"nonce": nonce, "client_id": self._id, "access_token": token.get("access_token")}
        claims = CodeIDToken(read.claims, read.header, options, asked)
        claims.validate(leeway=LEEWAY_S)
        audience = claims["aud"]
        if self._id not in (audience if isinstance(audience, list) else [audience]):
            raise ValueError("audience")
        found: Mapping[str, Any] = dict(claims)
        return found


class _refusing:
    """Whatever goes wrong at the provider is one refusal: its texts are not ours to show."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, where: object) -> None:
        if isinstance(exc, Exception):
            raise LoginRefused("people.oidc_refused") from exc


def _https(about: Mapping[str, Any], name: str) -> str:
    url = str(about[name])
    if not url.startswith("https://"):
        raise ValueError(name)
    return url


def _vouched(claims: Mapping[str, Any]) -> tuple[str, ...]:
    email = claims.get("email") if claims.get("email_verified") is True else None
    found = [name for name in (email, claims.get("preferred_username")) if isinstance(name, str) and name]
    return tuple(dict.fromkeys(found))
