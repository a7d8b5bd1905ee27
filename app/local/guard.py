"""Who may ask the local server what. Pure: facts of a request in, what it may do or why not out.

A page in a browser on this machine can reach 127.0.0.1, under a name of its own choosing and with forms that need no
permission. It cannot read a file of the profile, so every request carries a token from one; and it cannot hide where
it comes from, so a foreign ``Host`` or ``Origin`` is refused before the token is looked at. There are no CORS
headers anywhere. (Promise P29 and threat 4 of the threat model.)
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCAL: Final = "127.0.0.1"
NAMES: Final = frozenset({LOCAL, "localhost"})
"""The whole host, letter by letter: ``127.evil.com`` and ``[::1]`` are none of it."""
LONGEST_PATH: Final = 2_000
JSON: Final = "application/json"
_READS: Final = frozenset({"GET", "HEAD"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})


class Scope(Enum):
    """What a token lets its holder do; every one of them also reads."""

    READ = "read"
    OPERATE = "operate"
    """List markets of the embedded exchange."""
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a session; empty is a scope that is off."""

    read: str
    operate: str = ""
    order: str = ""

    def scope_of(self, given: str) -> Scope | None:
        """Return what a token is good for; compared in constant time, every one of them."""
        found = None
        for scope in Scope:
            known = getattr(self, scope.value)
            if hmac.compare_digest(known.encode(), given.encode()) and known:
                found = scope
        return found


class Ask(NamedTuple):
    """What a request says of itself."""

    method: str
    path: str
    """As it was sent, with its query."""
    headers: Sequence[tuple[str, str]]
    """Names in small letters, in their order, twice where they came twice."""

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]


class Refusal(NamedTuple):
    """Why a request is not answered."""

    status: int
    text: str


def check(ask: Ask, port: int, tokens: Tokens) -> Scope | Refusal:
    """Return what a request may do, or why it may do nothing.

    Parameters
    ----------
    ask : Ask
        The request.
    port : int
        Where we listen; ``Host`` must name it.
    tokens : Tokens
        Those of this session.
    """
    wrong = _foreign(ask, port)
    if wrong is not None:
        return wrong
    path = ask.path
    if not path.startswith("/") or len(path) > LONGEST_PATH or not path.isascii() or "%00" in path:
        return Refusal(400, "the address names another host, is too long, or holds what none of ours does")
    scope = tokens.scope_of(_token(ask))
    if scope is None:
        return Refusal(401, "a token is wanted: Authorization: Bearer, from the folder api of the profile")
    if ask.method not in _READS and ask.method != "DELETE" and ask.all("content-type") != [JSON]:
        return Refusal(415, f"what is sent must be {JSON}")
    return scope


def _foreign(ask: Ask, port: int) -> Refusal | None:
    """Return why a request is not one of this machine's own programs, or None."""
    hosts = ask.all("host")
    name, colon, number = hosts[0].partition(":") if len(hosts) == 1 else ("", "", "")
    if name not in NAMES or not colon or number != str(port):
        return Refusal(421, f"the host must be {LOCAL}:{port}")
    origins = ask.all("origin")
    if any(origin not in {f"http://{own}:{port}" for own in NAMES} for origin in origins):
        return Refusal(403, "pages of other sites get nothing here")
    if any(site not in _OWN_SITE for site in ask.all("sec-fetch-site")):
        return Refusal(403, "pages of other sites get nothing here")
    return None


def _token(ask: Ask) -> str:
    given = ask.all("authorization")
    kind, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token if kind.lower() == "bearer" and token.isascii() else ""
