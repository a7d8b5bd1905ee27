from __future__ import annotations

import json
import stat
import sys

import pytest

from engine.core.errors import ChainBroken, StoreError
from engine.oracle import chain
from engine.store import checkpoint as module
from engine.store.checkpoint import Checkpoint, find_key, make_key, write_whole
from engine.store.records import GENESIS, Found, Head
from tests.faults.work import payload

KEY = bytes(range(32))
RECORDS = chain.records([payload(number) for number in range(4)])


def head(length):
    return Head(length, RECORDS[length - 1].hash if length else GENESIS)


def found(length):
    return Found(True, head(length), None)


class Vault:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service, user, /):
        return self.held.get((service, user))

    def set_password(self, service, user, password, /):
        self.held[service, user] = password


@pytest.fixture
def mark(tmp_path):
    return Checkpoint(tmp_path / "ledger-paper.db", KEY)


def test_without_a_checkpoint_nothing_is_proved(mark):
    assert mark.hold(found(2)) is False


def test_the_chain_that_was_sealed_holds_and_no_other(mark):
    mark.renew(head(2))
    assert mark.hold(found(2)) is True
    for length, at in ((0, 0), (1, 1), (3, 2)):
        with pytest.raises(ChainBroken) as caught:
            mark.hold(found(length))
        assert caught.value.at == at


def test_around_a_commit_the_chain_before_and_after_hold_and_no_third(mark):
    mark.renew(head(1))
    mark.expect(head(1), head(3))
    assert mark.hold(found(1))
    assert mark.hold(found(3))
    with pytest.raises(ChainBroken):
        mark.hold(found(2))
    mark.renew(head(3))
    with pytest.raises(ChainBroken):
        mark.hold(found(1))


@pytest.mark.parametrize("length", [1, 2])
def test_after_a_crash_between_a_record_and_its_checkpoint_one_chain_holds_once_it_was_found(mark, length):
    mark.renew(head(1))
    mark.expect(head(1), head(2))
    mark.conclude(head(length))
    assert mark.hold(found(length)) is True
    with pytest.raises(ChainBroken):
        mark.hold(found(3 - length))


def test_what_names_one_chain_or_none_is_left_as_it_is(mark, tmp_path):
    mark.conclude(head(2))
    assert not (tmp_path / module.FILE).exists(), "that it is gone is to be seen"
    mark.renew(head(2))
    before = (tmp_path / module.FILE).read_bytes()
    mark.conclude(head(1))
    assert (tmp_path / module.FILE).read_bytes() == before


def test_another_key_made_it_or_it_was_edited(mark, tmp_path):
    mark.renew(head(2))
    with pytest.raises(ChainBroken):
        Checkpoint(tmp_path / "ledger-paper.db", bytes(32)).hold(found(2))
    path = tmp_path / "checkpoint.json"
    stated = json.loads(path.read_bytes())
    stated["ledgers"]["ledger-paper.db"]["now"] |= {"count": 3, "head": head(3).hash}
    path.write_text(json.dumps(stated))
    with pytest.raises(ChainBroken):
        mark.hold(found(3))


def test_each_ledger_has_its_own_and_cannot_borrow_the_others(mark, tmp_path):
    live = Checkpoint(tmp_path / "ledger.db", KEY)
    mark.renew(head(2))
    live.renew(head(3))
    assert mark.hold(found(2))
    assert live.hold(found(3))
    path = tmp_path / "checkpoint.json"
    stated = json.loads(path.read_bytes())
    stated["ledgers"]["ledger.db"] = stated["ledgers"]["ledger-paper.db"]
    path.write_text(json.dumps(stated))
    with pytest.raises(ChainBroken):
        live.hold(found(2))


def test_a_new_ledger_beside_a_sealed_one_is_nothing_odd_but_one_with_records_is(mark, tmp_path):
    mark.renew(head(2))
    assert Checkpoint(tmp_path / "ledger.db", KEY).hold(found(0)) is False
    with pytest.raises(ChainBroken):
        Checkpoint(tmp_path / "ledger.db", KEY).hold(found(1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_key_is_kept_in_a_file_of_its_owner_where_there_is_no_keyring(tmp_path):
    key = make_key(tmp_path, None)
    assert make_key(tmp_path, None) == find_key(tmp_path, None) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "checkpoint.key").stat().st_mode) == 0o600


def test_a_keyring_keeps_it_where_there_is_one_and_outranks_a_file(tmp_path):
    vault = Vault()
    key = make_key(tmp_path, vault)
    assert not (tmp_path / "checkpoint.key").exists()
    make_key(tmp_path, None)  # a key that somebody puts beside it
    assert find_key(tmp_path, vault) == key
    assert find_key(tmp_path / "other", vault) is None


def test_what_is_no_key_is_said(tmp_path):
    (tmp_path / "checkpoint.key").write_text("secret\n")
    with pytest.raises(StoreError, match="no checkpoint key"):
        find_key(tmp_path, None)


def test_a_machine_without_a_keyring_has_none():
    assert module.keyring() is None  # the tests run with keyring's null backend


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_another_key_is_told_from_another_chain(mark, tmp_path):
    """A desk whose keyring is locked today makes a new key: its records are as they were, and nobody touched them."""
    mark.renew(head(2))
    with pytest.raises(ChainBroken, match=r"signed with another key; the system's keyring may hold the right one"):
        Checkpoint(tmp_path / "ledger-paper.db", bytes(32)).hold(found(2))
    with pytest.raises(ChainBroken, match="differ at record 1"):
        Checkpoint(tmp_path / "ledger-paper.db", bytes(32)).hold(found(1))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"garbage"])
def test_a_key_file_that_holds_no_key_is_named(content, tmp_path):
    (tmp_path / "checkpoint.key").write_bytes(content)
    with pytest.raises(StoreError, match=r"checkpoint\.key holds no checkpoint key"):
        find_key(tmp_path, None)


def test_a_key_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "checkpoint.key").mkdir()
    with pytest.raises(StoreError, match=r"checkpoint\.key cannot be read"):
        find_key(tmp_path, None)
