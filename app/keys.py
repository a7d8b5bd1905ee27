"""Keys of the venues, and of a weather service: where they are kept, and whose turn it is.

::

    given in this session ─► the system's keyring ─► the profile's encrypted file ─► environment variables

The first place that has a venue's keys is used, and named wherever they are (`source_of`). A keyring is the place
to keep them; where there is none, they live for the session only, or in a file under a passphrase (scrypt, AES-GCM,
its owner's alone). Environment variables are for machines without either: read when set, never stored. Every value
is told to `app.redact` before anybody else has it.

A keyring may ask somebody, so what touches it blocks: call it in a thread.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import keychain, locker
from app.key_kinds import CHANNELS, FIELDS, LONGEST, made, wanted
from app.redact import secrets as hidden
from engine.core.errors import InputError
from engine.venues.ccxt.endpoints import venue_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.key_kinds import Found
    from app.keychain import Vault
    from app.redact import Secrets
    from engine.core.ids import VenueId

KEYRING: Final = "keyring"
FILE: Final = "file"
SESSION: Final = "session"
ENVIRONMENT: Final = "environment"
PATHS: Final = {"KALSHI_PRIVATE_KEY": "KALSHI_PRIVATE_KEY_PATH"}
"""Variables whose value may lie in a file that another one names."""
_EXCHANGE: Final = re.compile(r"CCXT_([A-Z0-9]{1,40})_KEY")


@dataclass(eq=False, slots=True)
class KeyRing:
    """The keys of one profile.

    Parameters
    ----------
    folder : Path
        Of the profile.
    vault : Vault, optional
        The system's keyring; None where there is none.
    environ : mapping of str to str
        Environment variables.
    secrets : Secrets
        Told of every value.
    """

    folder: Path
    vault: Vault | None = field(repr=False)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    secrets: Secrets = field(default=hidden, repr=False)
    _session: dict[VenueId, dict[str, str]] = field(default_factory=dict, repr=False)
    _opened: dict[VenueId, tuple[str, dict[str, str]]] = field(default_factory=dict, repr=False)
    """Read from the keyring or unlocked; so that nobody is asked twice."""

    @property
    def places(self) -> tuple[str, ...]:
        """Return where keys can be kept, the best first."""
        return (KEYRING, SESSION) if self.vault is not None else (SESSION, FILE)

    def source_of(self, venue: VenueId) -> str:
        """Return where a venue's keys come from, or an empty text when it has none that can be used now.

        What is wrong with them, if something is, `keys` says.
        """
        try:
            return self._find(venue)[0]
        except InputError:
            return ""

    def given(self, venue: VenueId) -> tuple[str, frozenset[str]]:
        """Return where a venue's keys come from, as `source_of`, and the names of the fields that have a value."""
        try:
            source, values = self._find(venue)
        except InputError:
            return "", frozenset()
        return source, frozenset(name for name, value in values.items() if value)

    def values(self) -> tuple[str, ...]:
        """Return every value that is kept or set, so that none of them gets into what is given away."""
        found = []
        known = dict.fromkeys((*FIELDS, *CHANNELS, *self._session, *self._opened, *self._exchanges()))
        for name in known:
            try:
                _, values = self._find(name)
            except InputError:
                continue
            for value in values.values():
                found += [value, *value.splitlines()]
        named = {one.variable for name in known for one in wanted(name)}
        found += [self.environ[variable] for variable in sorted(named) if variable in self.environ]
        return tuple(one for one in found if one and not one.startswith("-----"))

    def _exchanges(self) -> list[VenueId]:
        """Return the exchanges by way of CCXT that the environment has a key of."""
        found = (_EXCHANGE.fullmatch(name) for name in self.environ)
        return [venue_of(one[1].lower()) for one in found if one is not None]

    def locked(self, venue: VenueId) -> bool:
        """Whether keys lie in the encrypted file and wait for its passphrase."""
        return venue not in self._opened and self._file(venue).exists() and self.source_of(venue) in {"", ENVIRONMENT}

    def keep(self, venue: VenueId, values: Mapping[str, str], place: str, passphrase: str = "") -> None:
        """Check keys and keep them in a place; they replace what was there, and are the ones in use from then on.

        Raises
        ------
        InputError
            In one sentence, if they are not what the venue wants or the place cannot take them.
        """
        given = {name: value.strip() for name, value in values.items() if value.strip()}
        self._hide(given)
        made(venue, given, place)
        if place == KEYRING and self.vault is not None:
            keychain.put(self.vault, self._user(venue), json.dumps(given, separators=(",", ":")))
            self._opened[venue] = KEYRING, given
            self._file(venue).unlink(missing_ok=True)
        elif place == FILE:
            locker.seal(self._file(venue), venue, given, passphrase)
            self._opened[venue] = FILE, given
            if self.vault is not None:
                keychain.delete(self.vault, self._user(venue))
        elif place == SESSION:
            self._session[venue] = given
        else:
            raise InputError(f"keys cannot be kept in {place[:40]!r}")
        if place != SESSION:
            self._session.pop(venue, None)

    def unlock(self, venue: VenueId, passphrase: str) -> None:
        """Open the encrypted file for this session.

        Raises
        ------
        InputError
            If the passphrase is another, or the file damaged or gone.
        """
        values = locker.unseal(self._file(venue), venue, passphrase)
        self._hide(values)
        made(venue, values, FILE)
        self._opened[venue] = FILE, values

    def keys(self, venue: VenueId) -> Found | None:
        """Return a venue's keys, or None without any.

        Raises
        ------
        InputError
            In one sentence, if what is stored or set is not what the venue wants.
        """
        source, values = self._find(venue)
        return made(venue, values, source) if source else None

    def forget(self, venue: VenueId) -> None:
        """Delete what is kept, in every place; variables of the environment are not ours to delete."""
        self._session.pop(venue, None)
        self._opened.pop(venue, None)
        self._file(venue).unlink(missing_ok=True)
        if self.vault is not None:
            keychain.delete(self.vault, self._user(venue))

    def _find(self, venue: VenueId) -> tuple[str, dict[str, str]]:
        if venue in self._session:
            return SESSION, self._session[venue]
        if venue in self._opened:
            return self._opened[venue]
        if wanted(venue) and self.vault is not None and (kept := keychain.get(self.vault, self._user(venue))):
            values = {str(name): str(value) for name, value in json.loads(kept).items()}
            self._hide(values)
            self._opened[venue] = KEYRING, values
            return self._opened[venue]
        said = self._said(venue)
        return (ENVIRONMENT, said) if said else ("", {})

    def _said(self, venue: VenueId) -> dict[str, str]:
        """Return what the environment says; nothing unless it says all that has to be."""
        found = {one.name: self._variable(one.variable) for one in wanted(venue)}
        if any(not found[one.name] and not one.optional for one in wanted(venue)):
            return {}
        values = {name: value for name, value in found.items() if value}
        self._hide(values)
        return values

    def _variable(self, name: str) -> str:
        value = self.environ.get(name, "").strip()
        path = self.environ.get(PATHS.get(name, ""), "").strip()
        if value:
            return value.replace("\\n", "\n")[:LONGEST]  # a PEM text in one line
        if not path:
            return ""
        try:
            with Path(path).expanduser().open("rb") as file:
                return file.read(LONGEST).decode("ascii").strip()
        except (OSError, ValueError) as e:
            raise InputError(f"{PATHS[name]}: the file it names cannot be read ({type(e).__name__})") from None

    def _hide(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if name in {"wallet", "subaccount", "signature_type", "key_id", "client_id", "chat", "server"}:
                continue
            lines = value.splitlines()
            for text in (value, value.removeprefix("0x"), *(lines if len(lines) > 1 else ())):
                if not text.startswith("-----"):
                    self.secrets.hide(text.strip())
            if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", value):
                self.secrets.hide(str(int(value, 16)))

    def _file(self, venue: VenueId) -> Path:
        return self.folder / f"keys-{venue}.json"

    def _user(self, venue: VenueId) -> str:
        return f"{venue} {self.folder.resolve()}"
