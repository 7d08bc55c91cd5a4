"""How Google's libraries get in: the sandbox's service account, whose tokens come from the imitation."""

from __future__ import annotations

from ..sandbox import google_key


def credentials(base: str, scope: str, key: dict | None = None):
    """Credentials of google-auth that ask the imitation at `base` for tokens."""
    from google.oauth2 import service_account

    given = key or google_key(f"{base}/token")
    return service_account.Credentials.from_service_account_info(given, scopes=[scope])


def without_scheme(base: str) -> str:
    """What the libraries call a host; these take a path behind it."""
    return base.removeprefix("http://")
