"""Who may call: API keys, and the admin key apart. The service knows only their hashes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import Flask, Request

from service.errors import Forbidden, Unauthenticated
from service.settings import Settings, variable

ADMIN_ROUTES = "/v1/admin/"
CHALLENGE = 'Bearer realm="sentiment"'

View = TypeVar("View", bound=Callable[..., object])
_public: set[Callable[..., object]] = set()


def make() -> tuple[str, str]:
    """Return a new key of 256 random bits, and its hash for the settings."""
    key = secrets.token_urlsafe(32)
    return key, _hash(key)


def public(view: View) -> View:
    """Let a view answer without a key."""
    _public.add(view)
    return view


def is_public(view: Callable[..., object] | None) -> bool:
    """Whether a view answers without a key."""
    return view in _public


def check(asked: Request, app: Flask) -> None:
    """Refuse a request if it lacks the key that its route needs.

    Raises:
        Unauthenticated: there is no key in it, or an unknown one.
        Forbidden: its key is for other routes, or the route is switched off.
    """
    settings: Settings = app.extensions["settings"]
    if asked.path.startswith(ADMIN_ROUTES):
        if asked.method != "OPTIONS":
            _check_admin(_sent(asked), settings)
    elif settings.api_keys and asked.method != "OPTIONS":
        view = app.view_functions.get(asked.endpoint) if asked.endpoint else None
        if not is_public(view):
            _check_api(_sent(asked), settings)


def _check_api(key: str, settings: Settings) -> None:
    if not _among(key, settings.api_keys):
        if settings.admin_key and _among(key, [settings.admin_key]):
            raise Forbidden(f"The admin key is for {ADMIN_ROUTES} alone; send an API key.")
        raise _unauthenticated(key, "an API key")


def _check_admin(key: str, settings: Settings) -> None:
    if settings.admin_key is None:
        raise Forbidden(
            f"{ADMIN_ROUTES} is switched off. To use it, make a key with"
            f" `python -m service key` and put its hash into {variable('admin_key')}."
        )
    if not _among(key, [settings.admin_key]):
        if _among(key, settings.api_keys):
            raise Forbidden("An API key does not do here; send the admin key.")
        raise _unauthenticated(key, "the admin key")


def _sent(asked: Request) -> str:
    """The key in a request, or nothing."""
    scheme, _, credentials = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return asked.headers.get("X-API-Key", "")


def _among(key: str, hashes: Iterable[str]) -> bool:
    """Whether the key fits one of the hashes. The time taken does not tell how nearly."""
    received = _hash(key)
    return any([hmac.compare_digest(received, known) for known in hashes])


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _unauthenticated(key: str, needed: str) -> Unauthenticated:
    challenge = f'{CHALLENGE}, error="invalid_token"' if key else CHALLENGE
    return Unauthenticated(
        f"{'The key is not known' if key else 'There is no key in the request'}; send {needed}"
        ' as "Authorization: Bearer ..." or "X-API-Key: ...".',
        challenge=challenge,
    )
