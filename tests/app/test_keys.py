"""Keys of venues: found in the right place, refused in one clear sentence, and never seen by anybody else."""

from __future__ import annotations

import json
import stat
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from app import keychain, locker
from app.key_kinds import FIELDS, NTFY, TELEGRAM, WEBHOOK, made
from app.keys import KeyRing
from app.redact import HIDDEN, Secrets
from engine.core.errors import InputError
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING, VenueId

WALLET = "0x" + "Ab" * 20
HEX = "0x" + "5ca1ab1e" * 8
POLY = {"private_key": HEX}
PHRASE = "correct horse battery"


def _pem(key=None, encryption=None):
    key = key or ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


@pytest.fixture(scope="module")
def pem():
    return _pem()


@pytest.fixture
def kalshi(pem):
    return {"key_id": "9d2c-canary", "private_key": pem}


class Store:
    """A keyring in memory that takes as much at once as Windows does."""

    def __init__(self) -> None:
        self.kept, self.deaf, self.broken = {}, False, False

    def get_password(self, service, user):
        if self.broken:
            raise RuntimeError(f"locked: {self.kept}")
        return self.kept.get((service, user))

    def set_password(self, service, user, password):
        assert len(password.encode("utf-16-le")) <= 2_560
        if self.broken:
            raise RuntimeError(f"cannot store {password}")
        if not self.deaf:
            self.kept[service, user] = password

    def delete_password(self, service, user):
        del self.kept[service, user]


@pytest.fixture
def ring(tmp_path, monkeypatch):
    monkeypatch.setattr(locker, "COST", 16)
    monkeypatch.setattr(locker.seal, "__kwdefaults__", {"cost": 16})

    def make(vault=None, environ=None):
        return KeyRing(tmp_path, vault, environ or {}, Secrets())

    return make


def test_without_any_there_are_none(ring):
    for venue in (KALSHI, POLYMARKET, BINANCE):
        assert ring().source_of(venue) == ""
        assert ring().keys(venue) is None
        assert not ring().locked(venue)


def test_a_keyring_keeps_them_over_a_restart_in_parts(ring, kalshi, tmp_path):
    store = Store()
    ring(store).keep(KALSHI, {**kalshi, "private_key": _pem()}, "keyring")
    ring(store).keep(KALSHI, kalshi, "keyring")
    again = ring(store)
    assert again.places == ("keyring", "session")
    assert again.source_of(KALSHI) == "keyring"
    keys = again.keys(KALSHI)
    assert (keys.key_id, keys.private_key, keys.source) == ("9d2c-canary", kalshi["private_key"].strip(), "keyring")
    assert list(tmp_path.iterdir()) == [], "nothing is written beside it"
    again.forget(KALSHI)
    assert (again.source_of(KALSHI), store.kept) == ("", {})
    again.forget(KALSHI)


def test_a_long_secret_is_stored_in_parts():
    store, text = Store(), "k" * 4_321
    keychain.put(store, "me", text)
    assert len(store.kept) == 6
    assert keychain.get(store, "me") == text
    store.kept.pop((keychain.SERVICE, "me 2"))
    with pytest.raises(InputError, match="damaged: give them again"):
        keychain.get(store, "me")
    store.kept[keychain.SERVICE, "me"] = "nonsense"
    with pytest.raises(InputError, match="damaged"):
        keychain.get(store, "me")


def test_a_keyring_that_forgets_or_fails_says_so_at_once(ring, kalshi):
    store = Store()
    store.deaf = True
    with pytest.raises(InputError, match="did not give the keys back"):
        ring(store).keep(KALSHI, kalshi, "keyring")
    store.deaf, store.broken = False, True
    with pytest.raises(InputError, match=r"did not take the keys \(RuntimeError\)") as refused:
        ring(store).keep(KALSHI, kalshi, "keyring")
    assert kalshi["private_key"][40:60] not in "".join(traceback.format_exception(refused.value))
    assert ring(store).source_of(KALSHI) == ""
    with pytest.raises(InputError, match="cannot be read"):
        ring(store).keys(KALSHI)


def test_without_a_keyring_a_session_or_a_file_keeps_them(ring, tmp_path):
    first = ring()
    assert first.places == ("session", "file")
    first.keep(POLYMARKET, POLY, "session")
    assert first.source_of(POLYMARKET) == "session"
    assert ring().source_of(POLYMARKET) == "", "gone with the session"
    first.keep(POLYMARKET, POLY, "file", PHRASE)
    assert first.source_of(POLYMARKET) == "file"
    later = ring()
    assert later.locked(POLYMARKET)
    assert later.source_of(POLYMARKET) == ""
    later.unlock(POLYMARKET, PHRASE)
    assert not later.locked(POLYMARKET)
    assert later.keys(POLYMARKET).private_key == int(HEX, 16)
    later.forget(POLYMARKET)
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_in_one_place_is_gone_from_the_other(ring, kalshi, tmp_path):
    store = Store()
    one = ring(store)
    one.keep(KALSHI, kalshi, "file", PHRASE)
    one.keep(KALSHI, kalshi, "keyring")
    assert list(tmp_path.iterdir()) == []
    one.keep(KALSHI, kalshi, "file", PHRASE)
    assert store.kept == {}


def test_the_file_is_its_owners_and_shows_nothing(ring, kalshi, tmp_path):
    ring().keep(KALSHI, kalshi, "file", PHRASE)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    assert not [line for line in kalshi["private_key"].splitlines() if line in content]
    assert "canary" not in content


def test_a_wrong_passphrase_a_flipped_bit_or_another_name_opens_nothing(ring, kalshi, tmp_path):
    ring().keep(KALSHI, kalshi, "file", PHRASE)
    (file,) = tmp_path.iterdir()
    with pytest.raises(InputError, match="another passphrase, or the file is damaged"):
        ring().unlock(KALSHI, PHRASE + "!")
    content = file.read_bytes()
    (tmp_path / "keys-polymarket.json").write_bytes(content)
    with pytest.raises(InputError, match="another passphrase"):
        ring().unlock(POLYMARKET, PHRASE)
    document = json.loads(content)
    document["body"] = ("A" if document["body"][0] != "A" else "B") + document["body"][1:]
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match="damaged"):
        ring().unlock(KALSHI, PHRASE)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 9_999, b"\xff", b'{"salt":"","nonce":"","body":"","n":1099511627776}', b" " * 70_000],
)
def test_a_file_that_is_none_is_refused_before_anything_is_computed(ring, tmp_path, content):
    (tmp_path / "keys-kalshi.json").write_bytes(content)
    with pytest.raises(InputError):
        ring().unlock(KALSHI, PHRASE)


def test_a_missing_file_and_a_short_passphrase_are_named(ring, kalshi):
    with pytest.raises(InputError, match="cannot be read"):
        ring().unlock(KALSHI, PHRASE)
    with pytest.raises(InputError, match="at least 8 characters"):
        ring().keep(KALSHI, kalshi, "file", "short")
    for place in ("keyring", "clipboard"):
        with pytest.raises(InputError, match="cannot be kept"):
            ring().keep(KALSHI, kalshi, place)


def test_the_environment_is_read_when_set_and_named(ring, kalshi, tmp_path):
    one_line = kalshi["private_key"].replace("\n", "\\n")
    found = ring(environ={"KALSHI_API_KEY_ID": "9d2c-canary", "KALSHI_PRIVATE_KEY": one_line})
    assert found.source_of(KALSHI) == "environment"
    assert found.keys(KALSHI).source == "environment"
    assert ring(environ={"KALSHI_API_KEY_ID": "9d2c-canary"}).source_of(KALSHI) == ""
    file = tmp_path / "key.pem"
    file.write_text(kalshi["private_key"])
    named = ring(environ={"KALSHI_API_KEY_ID": "9d2c-canary", "KALSHI_PRIVATE_KEY_PATH": str(file)})
    assert named.keys(KALSHI).private_key == kalshi["private_key"].strip()
    file.unlink()
    assert named.source_of(KALSHI) == ""
    with pytest.raises(InputError, match="KALSHI_PRIVATE_KEY_PATH: the file it names cannot be read"):
        named.keys(KALSHI)


def test_polymarkets_variables(ring):
    environ = {"PK": HEX, "SIGNATURE_TYPE": "2", "FUNDER_ADDRESS": WALLET}
    keys = ring(environ=environ).keys(POLYMARKET)
    assert (keys.private_key, keys.signature_type, keys.wallet, keys.credentials) == (int(HEX, 16), 2, WALLET, None)
    environ |= {"CLOB_API_KEY": "a", "CLOB_SECRET": "Yw==", "CLOB_PASS_PHRASE": "c"}
    assert ring(environ=environ).keys(POLYMARKET).credentials.secret == "Yw=="


def test_deribits_variables(ring):
    environ = {"DERIBIT_CLIENT_ID": "fo7WAPRm4P", "DERIBIT_CLIENT_SECRET": "canary-W0H6FJW4"}
    keys = ring(environ=environ).keys(DERIBIT)
    assert (keys.client_id, keys.client_secret, keys.plain) == ("fo7WAPRm4P", "canary-W0H6FJW4", False)
    assert keys.source == "environment"
    assert "canary" not in repr(keys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": ""}, "Client id: is missing"),
        ({"client_id": "no spaces please"}, "Client id: letters"),
        ({"client_secret": f"{HEX} in a mine"}, "Client secret: letters"),
    ],
)
def test_a_wrong_deribit_key_is_one_sentence(ring, changes, words):
    with pytest.raises(InputError, match=words) as refused:
        ring().keep(DERIBIT, {"client_id": "fo7WAPRm4P", "client_secret": HEX} | changes, "session")
    assert "in a mine" not in "".join(traceback.format_exception(refused.value))


DERIVES = {"private_key": HEX, "wallet": WALLET, "subaccount": "30769"}


def test_rysks_key_is_hexadecimal_and_hidden(ring):
    keys = ring(environ={"RYSK_MAKER_KEY": HEX}).keys(RYSK)
    assert (keys.private_key, keys.source) == (int(HEX, 16), "environment")
    assert str(keys.private_key) not in repr(keys)
    with pytest.raises(InputError, match="Maker key: 64 hexadecimal digits") as refused:
        ring().keep(RYSK, {"private_key": HEX[:12]}, "session")
    assert HEX[:12] not in "".join(traceback.format_exception(refused.value))


def test_derives_variables(ring):
    environ = {"DERIVE_SESSION_KEY": HEX, "DERIVE_WALLET": WALLET, "DERIVE_SUBACCOUNT_ID": "30769"}
    keys = ring(environ=environ).keys(DERIVE)
    assert (keys.private_key, keys.owner, keys.subaccount) == (int(HEX, 16), WALLET, 30769)
    assert keys.source == "environment"
    assert str(keys.private_key) not in repr(keys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"private_key": "5ca1"}, "Session key: 64 hexadecimal digits"),
        ({"wallet": "0x12"}, "Owner address: 0x and 40"),
        ({"subaccount": "mine"}, "Subaccount: a whole number"),
        ({"subaccount": ""}, "Subaccount: is missing"),
    ],
)
def test_a_wrong_derive_key_is_one_sentence(ring, changes, words):
    with pytest.raises(InputError, match=words) as refused:
        ring().keep(DERIVE, DERIVES | changes, "session")
    assert HEX[4:] not in "".join(traceback.format_exception(refused.value))


def test_an_exchange_of_ccxt_has_variables_of_its_own(ring):
    environ = {"CCXT_OKX_KEY": "key-1234", "CCXT_OKX_SECRET": "hush-5678", "CCXT_OKX_PASSWORD": "word"}
    keys = ring(environ=environ).keys(VenueId("ccxt-okx"))
    assert (keys.key, keys.secret, keys.password, keys.source) == ("key-1234", "hush-5678", "word", "environment")
    assert "hush" not in repr(keys)
    with pytest.raises(InputError, match="without spaces"):
        ring().keep(VenueId("ccxt-okx"), {"key": "a b", "secret": "c"}, "session")


def test_what_is_kept_comes_before_the_environment_and_the_session_before_both(ring, kalshi):
    environ = {"KALSHI_API_KEY_ID": "from-environment", "KALSHI_PRIVATE_KEY": kalshi["private_key"]}
    store = Store()
    one = ring(store, environ)
    assert one.source_of(KALSHI) == "environment"
    one.keep(KALSHI, kalshi, "keyring")
    assert (one.source_of(KALSHI), one.keys(KALSHI).key_id) == ("keyring", "9d2c-canary")
    one.keep(KALSHI, {**kalshi, "key_id": "just-typed"}, "session")
    assert (one.source_of(KALSHI), one.keys(KALSHI).key_id) == ("session", "just-typed")
    one.forget(KALSHI)
    assert one.source_of(KALSHI) == "environment", "the environment is not ours to change"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key_id": ""}, "Key id: is missing"),
        ({"key_id": "no spaces please"}, "Key id: letters"),
        ({"private_key": ""}, "Private key: is missing"),
        ({"private_key": "canary" * 10}, "Private key: "),
        ({"private_key": "x" * 9_000}, "Private key: longer than 8192"),
    ],
)
def test_a_wrong_kalshi_key_is_one_sentence_without_the_value(ring, kalshi, changes, words):
    with pytest.raises(InputError, match=words) as refused:
        ring().keep(KALSHI, kalshi | changes, "session")
    assert "canary" not in "".join(traceback.format_exception(refused.value))
    assert ring().source_of(KALSHI) == ""


def test_a_private_key_of_another_kind_or_under_a_passphrase_is_refused(ring, kalshi):
    for pem in (_pem(ec.generate_private_key(ec.SECP256R1())), _pem(encryption=BestAvailableEncryption(b"locked"))):
        with pytest.raises(InputError, match="Private key: "):
            ring().keep(KALSHI, {**kalshi, "private_key": pem}, "session")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"private_key": "5ca1"}, "Wallet key: 64 hexadecimal digits"),
        ({"private_key": "zz" * 32}, "Wallet key"),
        ({"private_key": "00" * 32}, "Wallet key"),
        ({"signature_type": "4"}, "Signature type: 0, 1, 2 or 3"),
        ({"signature_type": "1"}, "Funder address: is missing"),
        ({"signature_type": "1", "wallet": "0x12"}, "Funder address: 0x and 40"),
        ({"api_key": "a"}, "all three, or none"),
    ],
)
def test_a_wrong_polymarket_key_is_one_sentence(ring, changes, words):
    with pytest.raises(InputError, match=words) as refused:
        ring().keep(POLYMARKET, POLY | changes, "session")
    assert HEX[4:] not in "".join(traceback.format_exception(refused.value))


def test_a_venue_without_keys_takes_none(ring):
    with pytest.raises(InputError, match="binance takes no keys"):
        ring().keep(BINANCE, {"key": "value"}, "session")
    assert set(FIELDS) == {DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING}


def test_no_secret_is_in_a_repr_nor_gets_past_the_log(ring, kalshi):
    canaries = {
        "private_key": HEX,
        "api_key": "canary-api",
        "secret": "Y2FuYXJ5LXNlY3JldA==",
        "passphrase": "canary-phrase",
    }
    one = ring(Store(), {"PK": HEX})
    one.keep(POLYMARKET, canaries, "keyring")
    one.keep(KALSHI, kalshi, "session")
    poly, kal = one.keys(POLYMARKET), one.keys(KALSHI)
    shown = f"{one!r} {poly!r} {kal!r} {poly} {kal}"
    body = kalshi["private_key"].splitlines()[1]
    for canary in (HEX[2:], str(int(HEX, 16)), *list(canaries.values())[2:], body):
        assert canary not in shown
        assert canary not in one.secrets.text(f"a log line with {canary}, and more")
    assert one.secrets.text(kalshi["private_key"]) == HIDDEN + "\n"


def test_made_says_where_a_key_is_from(kalshi):
    assert made(KALSHI, kalshi, "environment").source == "environment"


def test_the_key_of_a_weather_service_is_kept_and_hidden_as_those_of_venues(tmp_path):
    secrets = Secrets()
    found = KeyRing(tmp_path, None, {}, secrets)
    with pytest.raises(InputError, match="letters and digits"):
        found.keep(VISUAL_CROSSING, {"key": "no key!"}, "session")
    found.keep(VISUAL_CROSSING, {"key": "ABCD1234EFGH5678"}, "session")
    assert (found.keys(VISUAL_CROSSING), found.source_of(VISUAL_CROSSING)) == ("ABCD1234EFGH5678", "session")
    assert "ABCD1234EFGH5678" not in secrets.text("key=ABCD1234EFGH5678")
    found.forget(VISUAL_CROSSING)
    assert found.keys(VISUAL_CROSSING) is None
    said = KeyRing(tmp_path, None, {"VISUAL_CROSSING_KEY": "ABCD1234EFGH5678"}, secrets)
    assert said.source_of(VISUAL_CROSSING) == "environment"


CHANNEL_VALUES = {
    TELEGRAM: {"token": "123456:AAcanary_token-0123456789", "chat": "-100123"},
    NTFY: {"topic": "canary-topic-4711", "server": "http://127.0.0.1:9", "token": "canary-bearer"},
    WEBHOOK: {"url": "https://example.org/canary-path", "token": "canary-bearer"},
}


@pytest.mark.parametrize("name", list(CHANNEL_VALUES))
def test_keys_of_channels_are_kept_like_those_of_venues_and_hidden(ring, name):
    one = ring(Store(), {})
    one.keep(name, CHANNEL_VALUES[name], "keyring")
    found = one.keys(name)
    assert one.source_of(name) == "keyring"
    for secret in found.secrets()[:2]:
        assert secret not in repr(found)
        assert secret not in one.secrets.text(f"POST {secret} HTTP/1.1")
    one.forget(name)
    assert one.keys(name) is None


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        (TELEGRAM, {"token": "nonsense"}, "Bot token: digits, a colon"),
        (TELEGRAM, {"token": "12:abc/../../x"}, "Bot token"),
        (TELEGRAM, {"chat": "someone"}, "Chat id: a number"),
        (NTFY, {"topic": "a/b"}, "Topic: letters"),
        (NTFY, {"server": "http://example.org"}, "https://"),
        (WEBHOOK, {"url": "http://example.org/canary"}, "https://"),
        (WEBHOOK, {"token": "two words"}, "Token: letters"),
        (WEBHOOK, {"url": ""}, "Address: is missing"),
    ],
)
def test_a_wrong_key_of_a_channel_is_one_sentence(ring, name, changes, words):
    with pytest.raises(InputError, match=words) as refused:
        ring().keep(name, CHANNEL_VALUES[name] | changes, "session")
    assert "canary" not in "".join(traceback.format_exception_only(refused.value))


def test_keys_of_an_exchange_are_kept_like_any_other_and_given_away_by_nobody(ring):
    store = Store()
    okx = VenueId("ccxt-okx")
    ring(store).keep(okx, {"key": "key-1234", "secret": "hush-5678"}, "keyring")
    again = ring(store, {"CCXT_BYBIT_KEY": "by-1234", "CCXT_BYBIT_SECRET": "hush-9999"})
    assert (again.keys(okx).secret, again.source_of(okx)) == ("hush-5678", "keyring")
    assert {"key-1234", "hush-5678", "by-1234", "hush-9999"} <= set(again.values())
