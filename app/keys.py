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
from typing import TYPE_CHECKING, Final, NamedTuple

from app import keychain, locker
from app.redact import secrets as hidden
from engine.core.errors import AuthFailed, InputError
from engine.core.ids import DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING, VenueId
from engine.venues.ccxt.endpoints import exchange_of, venue_of
from engine.views import alarms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.keychain import Vault
    from app.redact import Secrets
    from engine.host import messengers
    from engine.venues.ccxt.keys import CcxtKeys
    from engine.venues.deribit.keys import Keys as DeribitKeys
    from engine.venues.derive.keys import DeriveKeys
    from engine.venues.kalshi.keys import Keys
    from engine.venues.polymarket.keys import PolymarketKeys
    from engine.venues.rysk.keys import RyskKeys

    Found = CcxtKeys | DeribitKeys | DeriveKeys | Keys | PolymarketKeys | RyskKeys | messengers.Keys | str
    """A venue's keys, or a channel's; of a weather service, the text that it wants."""

LONGEST: Final = 8_192
"""Characters of one value."""
KEYRING: Final = "keyring"
FILE: Final = "file"
SESSION: Final = "session"
ENVIRONMENT: Final = "environment"


class Wanted(NamedTuple):
    """One thing a venue wants."""

    name: str
    label: str
    variable: str
    """Environment variable that holds it."""
    secret: bool = True
    lines: bool = False
    optional: bool = False
    hint: str = ""


FIELDS: Final[dict[VenueId, tuple[Wanted, ...]]] = {
    KALSHI: (
        Wanted("key_id", "Key id", "KALSHI_API_KEY_ID", secret=False, hint="as shown beside the key"),
        Wanted("private_key", "Private key", "KALSHI_PRIVATE_KEY", lines=True, hint="the text of the .key file"),
    ),
    POLYMARKET: (
        Wanted("private_key", "Wallet key", "PK", hint="64 hexadecimal digits"),
        Wanted("signature_type", "Signature type", "SIGNATURE_TYPE", secret=False, optional=True, hint="0 to 3"),
        Wanted("wallet", "Funder address", "FUNDER_ADDRESS", secret=False, optional=True, hint="0x…, for types 1 to 3"),
        Wanted("api_key", "API key", "CLOB_API_KEY", optional=True, hint="derived from the wallet key without it"),
        Wanted("secret", "API secret", "CLOB_SECRET", optional=True),
        Wanted("passphrase", "API passphrase", "CLOB_PASS_PHRASE", optional=True),
    ),
    DERIBIT: (
        Wanted("client_id", "Client id", "DERIBIT_CLIENT_ID", secret=False, hint="as the API page shows it"),
        Wanted("client_secret", "Client secret", "DERIBIT_CLIENT_SECRET", hint="of a key of the kind HMAC"),
    ),
    DERIVE: (
        Wanted("private_key", "Session key", "DERIVE_SESSION_KEY", hint="64 hexadecimal digits; not the owner's own"),
        Wanted("wallet", "Owner address", "DERIVE_WALLET", secret=False, hint="0x…, whose account it is"),
        Wanted("subaccount", "Subaccount", "DERIVE_SUBACCOUNT_ID", secret=False, hint="a number"),
    ),
    RYSK: (
        Wanted("private_key", "Maker key", "RYSK_MAKER_KEY", hint="64 hexadecimal digits; its address pays premiums"),
    ),
    VISUAL_CROSSING: (Wanted("key", "API key", "VISUAL_CROSSING_KEY", hint="as its account page shows it"),),
}
"""What each venue or weather service wants; one that is not here takes no keys."""
TELEGRAM: Final = VenueId(alarms.TELEGRAM)
NTFY: Final = VenueId(alarms.NTFY)
WEBHOOK: Final = VenueId(alarms.WEBHOOK)
CHANNELS: Final[dict[VenueId, tuple[Wanted, ...]]] = {
    TELEGRAM: (
        Wanted("token", "Bot token", "ATMX_TELEGRAM_TOKEN", hint="as BotFather gave it"),
        Wanted("chat", "Chat id", "ATMX_TELEGRAM_CHAT", secret=False, hint="a number, or @channel"),
    ),
    NTFY: (
        Wanted("topic", "Topic", "ATMX_NTFY_TOPIC", hint="who knows it can read it: make it long"),
        Wanted("server", "Server", "ATMX_NTFY_SERVER", secret=False, optional=True, hint="https://ntfy.sh without it"),
        Wanted("token", "Access token", "ATMX_NTFY_TOKEN", optional=True),
    ),
    WEBHOOK: (
        Wanted("url", "Address", "ATMX_WEBHOOK_URL", hint="https://…, which takes JSON by POST"),
        Wanted("token", "Bearer token", "ATMX_WEBHOOK_TOKEN", optional=True),
    ),
}
"""What the channels of alerts want; kept where the keys of venues are."""
PATHS: Final = {"KALSHI_PRIVATE_KEY": "KALSHI_PRIVATE_KEY_PATH"}
"""Variables whose value may lie in a file that another one names."""
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{4,128}")
_SERVICE_KEY: Final = re.compile(r"[A-Za-z0-9]{8,64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{0,400}")
_BOT: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
_CHAT: Final = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]{4,64}")
_EXCHANGE: Final = re.compile(r"CCXT_([A-Z0-9]{1,40})_KEY")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


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


def made(venue: VenueId, values: Mapping[str, str], source: str) -> Found:
    """Return keys made of the values of a venue's fields.

    Raises
    ------
    InputError
        In one sentence without any of the values, if they are not what the venue wants.
    """
    for one in wanted(venue):
        if not one.optional and not values.get(one.name):
            raise InputError(f"{one.label}: is missing")
        if len(values.get(one.name, "")) > LONGEST:
            raise InputError(f"{one.label}: longer than {LONGEST} characters")
    if venue == KALSHI:
        return _kalshi(values, source)
    if venue == POLYMARKET:
        return _polymarket(values)
    if venue == DERIBIT:
        return _deribit(values, source)
    if venue == DERIVE:
        return _derive(values, source)
    if venue == RYSK:
        return _rysk(values, source)
    if venue == VISUAL_CROSSING:
        return _service(values)
    if venue in CHANNELS:
        return _channel(venue, values)
    if exchange_of(venue):
        return _ccxt(values, source)
    raise InputError(f"{venue[:40]} takes no keys")


def wanted(venue: VenueId) -> tuple[Wanted, ...]:
    """Return what a venue, a weather service or a channel of alerts wants."""
    if name := exchange_of(venue):
        start = f"CCXT_{name.upper()}"
        return (
            Wanted("key", "API key", f"{start}_KEY"),
            Wanted("secret", "API secret", f"{start}_SECRET"),
            Wanted("password", "API passphrase", f"{start}_PASSWORD", optional=True),
        )
    return FIELDS.get(venue) or CHANNELS.get(venue, ())


def _channel(name: VenueId, values: Mapping[str, str]) -> messengers.Keys:
    from engine.host import messengers

    token = values.get("token", "")
    if not _TOKEN.fullmatch(token):
        raise InputError("Token: letters, digits and signs without spaces, at most 400")
    if name == TELEGRAM:
        if not _BOT.fullmatch(token):
            raise InputError("Bot token: digits, a colon, and letters and digits, as BotFather gave it")
        if not _CHAT.fullmatch(values["chat"]):
            raise InputError("Chat id: a number, or @ and the name of a channel")
        return messengers.Telegram(token, values["chat"])
    if name == NTFY:
        if not _TOPIC.fullmatch(values["topic"]):
            raise InputError("Topic: letters, digits, dashes and underscores, at most 64")
        return messengers.Ntfy(values["topic"], token, messengers.address(values.get("server") or messengers.NTFY_HOST))
    return messengers.Webhook(messengers.address(values["url"]), token)


def _service(values: Mapping[str, str]) -> str:
    if not _SERVICE_KEY.fullmatch(values["key"]):
        raise InputError("API key: letters and digits, as the account page shows it")
    return values["key"]


def _kalshi(values: Mapping[str, str], source: str) -> Keys:
    from engine.venues.kalshi.keys import Keys
    from engine.venues.kalshi.sign import Signer

    if not _KEY_ID.fullmatch(values["key_id"]):
        raise InputError("Key id: letters, digits and dashes, as the venue shows it")
    keys = Keys(values["key_id"], values["private_key"], source)
    try:
        Signer(keys)
    except AuthFailed as e:
        raise InputError(f"Private key: {e}") from None
    return keys


def _polymarket(values: Mapping[str, str]) -> PolymarketKeys:
    from engine.venues.polymarket.keys import Credentials, PolymarketKeys, private_key_of

    kind = values.get("signature_type", "0")
    if kind not in {"0", "1", "2", "3"}:
        raise InputError("Signature type: 0, 1, 2 or 3")
    wallet = values.get("wallet", "")
    if wallet and not _ADDRESS.fullmatch(wallet):
        raise InputError("Funder address: 0x and 40 hexadecimal digits")
    if kind != "0" and not wallet:
        raise InputError(f"Funder address: is missing, and signature type {kind} needs it")
    try:
        key = private_key_of(values["private_key"])
    except ValueError:
        raise InputError("Wallet key: 64 hexadecimal digits, with or without 0x") from None
    parts = [values.get(name, "") for name in ("api_key", "secret", "passphrase")]
    if any(parts) and not all(parts):
        raise InputError("API key, secret and passphrase: all three, or none and they are derived")
    return PolymarketKeys(key, int(kind), wallet, Credentials(*parts) if all(parts) else None)


def _deribit(values: Mapping[str, str], source: str) -> DeribitKeys:
    from engine.venues.deribit.keys import Keys as DeribitKeys

    for name, label in (("client_id", "Client id"), ("client_secret", "Client secret")):
        if not _CLIENT.fullmatch(values[name]):
            raise InputError(f"{label}: letters, digits, dashes and underscores, as the API page shows it")
    return DeribitKeys(values["client_id"], values["client_secret"], source)


def _ccxt(values: Mapping[str, str], source: str) -> CcxtKeys:
    from engine.venues.ccxt.keys import CcxtKeys

    if not all(_TOKEN.fullmatch(values[name]) for name in ("key", "secret")):
        raise InputError("API key and secret: letters, digits and signs without spaces, at most 400")
    return CcxtKeys(values["key"], values["secret"], values.get("password", ""), source)


def _derive(values: Mapping[str, str], source: str) -> DeriveKeys:
    from engine.venues.derive.keys import DeriveKeys
    from engine.venues.polymarket.keys import private_key_of

    if not _ADDRESS.fullmatch(values["wallet"]):
        raise InputError("Owner address: 0x and 40 hexadecimal digits")
    if not _NUMBER.fullmatch(values["subaccount"]):
        raise InputError("Subaccount: a whole number, as the venue shows it")
    try:
        key = private_key_of(values["private_key"])
    except ValueError:
        raise InputError("Session key: 64 hexadecimal digits, with or without 0x") from None
    return DeriveKeys(key, values["wallet"], int(values["subaccount"]), source)


def _rysk(values: Mapping[str, str], source: str) -> RyskKeys:
    from engine.venues.polymarket.keys import private_key_of
    from engine.venues.rysk.keys import RyskKeys

    try:
        return RyskKeys(private_key_of(values["private_key"]), source)
    except ValueError:
        raise InputError("Maker key: 64 hexadecimal digits, with or without 0x") from None
