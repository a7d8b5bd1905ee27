"""Keys by kind: what each venue, weather service and channel of alerts wants, and keys made of what was given.

Made keys hold what a gateway or a messenger signs with; what is wrong with the values is one sentence without them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.errors import AuthFailed, InputError
from engine.core.ids import DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING, VenueId
from engine.venues.ccxt.endpoints import exchange_of
from engine.views import alarms

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{4,128}")
_SERVICE_KEY: Final = re.compile(r"[A-Za-z0-9]{8,64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{0,400}")
_BOT: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
_CHAT: Final = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]{4,64}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


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
