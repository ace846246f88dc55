"""Tokens and passwords in the system's keyring, by the address that they are for.

Nothing is written anywhere else, least of all into a plain file: where there is no keyring (a Linux
machine without a desktop, a container) saving says so, and FRAMEPACK_STUDIO_TOKEN is the way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framepack_widgets.errors import FramePackError
from framepack_widgets.studio.address import from_environment as studio_in_environment
from framepack_widgets.studio.address import parse

ENVIRONMENT = "FRAMEPACK_STUDIO_TOKEN"
_SERVICE = "framepack-widgets"
# What keeps secrets readable by anybody who can read the user's files, or keeps nothing at all.
_NO_SAFE = ("keyrings.alt.file", "keyring.backends.null", "keyring.backends.fail")
_CHAIN = "keyring.backends.chainer"


@dataclass(frozen=True)
class Login:
    """A way in that was kept; never shown.

    token: a bearer token. auth: user and password of the Studio's own login page. basic: user and
    password of HTTP Basic. source: where it is from, for messages.
    """

    token: str | None = field(default=None, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    source: str = "the keyring"


def save_token(url: str, token: str) -> None:
    """Keep a bearer token in the system's keyring; `connect(url)` then finds it by itself.

    It is sent to that address only, and only if the server turns us away without it.
    Raises FramePackError where this machine has no keyring, StudioUnreachable for what is no
    address.
    """
    if not token.strip():
        raise FramePackError("The token is empty: nothing was saved.")
    _save(url, {"token": token.strip()})


def save_login(url: str, user: str, password: str, *, basic: bool = False) -> None:
    """Keep user and password in the system's keyring; `connect(url)` then finds them by itself.

    basic: they are a proxy's (HTTP Basic), not those of the Studio's own login page.
    Raises as `save_token`.
    """
    _save(url, {"basic" if basic else "auth": [user, password]})


def forget_login(url: str) -> bool:
    """Remove what the keyring has for that address; False: there was nothing. Raises as above."""
    address, store = _address(url), _required()
    try:
        if store.get_password(_SERVICE, address) is None:
            return False
        store.delete_password(_SERVICE, address)
    except Exception as error:
        raise FramePackError(f"The keyring did not remove the login: {error}.") from error
    return True


def saved(url: str) -> Login | None:
    """What the keyring has for that address; None where it has nothing, or fails. May block."""
    try:
        store = _store()
        text = None if store is None else store.get_password(_SERVICE, _address(url))
        found = json.loads(text) if text else {}
    except Exception:  # noqa: BLE001 - a keyring that is broken is as good as none
        return None
    return _login(found) if isinstance(found, Mapping) else None


def from_environment(url: str) -> Login | None:
    """The token in FRAMEPACK_STUDIO_TOKEN, if it is meant for that address.

    It is where FRAMEPACK_STUDIO_URL names the same address, or is not set.
    """
    token, given = os.environ.get(ENVIRONMENT, "").strip(), studio_in_environment()
    if not token or (given and (given == "demo" or _address(given) != _address(url))):
        return None
    return Login(token=token, source=ENVIRONMENT)


def _login(found: Mapping[str, Any]) -> Login | None:
    pairs = {
        name: (str(found[name][0]), str(found[name][1]))
        for name in ("auth", "basic")
        if isinstance(found.get(name), list) and len(found[name]) == 2
    }
    token = found.get("token")
    login = Login(str(token) if token else None, pairs.get("auth"), pairs.get("basic"))
    return None if login == Login() else login


def _save(url: str, secret: Mapping[str, Any]) -> None:
    address, store = _address(url), _required()
    try:
        store.set_password(_SERVICE, address, json.dumps(secret))
    except Exception as error:
        raise FramePackError(
            f"The keyring did not take it: {type(error).__name__}. Is it locked? Nothing was saved."
        ) from error


def _address(url: str) -> str:
    """The address as a key: as it is connected to, without the port that goes without saying."""
    root = parse(url).root
    scheme, _, rest = root.partition("://")
    host, slash, path = rest.partition("/")
    usual = {"https": ":443", "http": ":80"}[scheme]
    return f"{scheme}://{host.removesuffix(usual)}{slash}{path}"


def _required() -> Any:
    try:
        store = _store()
    except Exception as error:
        raise FramePackError(_none(f"{type(error).__name__}: {error}")) from error
    if store is None:
        raise FramePackError(_none("no keyring that keeps secrets was found"))
    return store


def _none(why: str) -> str:
    return (
        f"This machine has no keyring to keep it in ({why}), and a plain file is no place for it: "
        f"nothing was saved. Set {ENVIRONMENT} for the program instead, or give token=... (On "
        "Linux a keyring comes with the desktop: GNOME Keyring, KWallet. One without a desktop is "
        "often locked or not there.)"
    )


def _store() -> Any:
    """The keyring to use; None where there is none that keeps secrets."""
    import keyring

    chosen: Any = keyring.get_keyring()
    several = type(chosen).__module__ == _CHAIN
    stores = list(chosen.backends) if several else [chosen]
    safe = [store for store in stores if not type(store).__module__.startswith(_NO_SAFE)]
    return safe[0] if safe else None
