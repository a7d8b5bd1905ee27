from __future__ import annotations

import json
import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from app.commands import chain as command
from engine.core.errors import InputError, StoreError
from engine.oracle import chain
from engine.store import database, load, migrations
from engine.store.checkpoint import Checkpoint, make_key
from engine.store.writer import Writer
from tests.faults.work import SESSION, Work, opening, payload
from tests.scale import scale

RECORDS = 24


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A profile with a ledger of sealed records, its checkpoint and its key."""
    folder = tmp_path_factory.mktemp("sealed")
    ledger = folder / "ledger-paper.db"
    migrations.apply(ledger)
    writer = Writer(
        ledger, None, on_kept=_ignore, on_trouble=_ignore, checkpoint=Checkpoint(ledger, make_key(folder, None))
    )
    writer.start()
    writer.keep(opening(), "")
    work = Work(7, SESSION)
    for _ in range(RECORDS):
        writer.keep(*work.settlement())
    assert writer.stop()
    return folder


def _ignore(*_):
    return


def rows_of(ledger):
    with database.reader(ledger) as connection:
        return connection.execute("SELECT seq, prev, hash, body FROM settlements ORDER BY seq").fetchall()


def change(ledger, *statements, rows=()):
    """Do as someone with a database tool would; with `rows`, they take the place of all records."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement)
        if rows:
            connection.executemany("INSERT INTO settlements VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")


def rewrite(ledger, rows):
    change(ledger, "DELETE FROM settlements", rows=rows)


def resealed(payloads):
    return [(r.seq, r.prev, r.hash, r.body) for r in chain.records(payloads)]


def payloads_of(rows):
    return [json.loads(body)["payload"] for *_, body in rows]


def edit(chance, rows):
    at, column = chance.randrange(len(rows)), chance.choice((1, 2, 3))
    value = rows[at][column]
    place = chance.randrange(len(value))
    other = chance.choice([c for c in "0123456789abcdefxyz " if c != value[place]])
    changed = value[:place] + other + value[place + 1 :]
    return [(*r[:column], changed, *r[column + 1 :]) if i == at else r for i, r in enumerate(rows)]


def edit_resealed(chance, rows):
    """Change a payload and hash that record again, but not what follows."""
    at = chance.randrange(len(rows))
    changed = payloads_of(rows)[at] | {"outcome": "NO", "winner": 1}
    record = chain.seal(at, rows[at][1], changed)
    return [(at, record.prev, record.hash, record.body) if i == at else r for i, r in enumerate(rows)]


def swap(chance, rows):
    a, b = chance.sample(range(len(rows)), 2)
    bodies = {a: rows[b], b: rows[a]}
    return [(i, *bodies.get(i, r)[1:]) for i, r in enumerate(rows)]


def delete(chance, rows):
    at = chance.randrange(len(rows))
    return [r for i, r in enumerate(rows) if i != at]


def cut_tail(chance, rows):
    return rows[: chance.randrange(len(rows))]


def rewrite_tail(chance, rows):
    """Seal another history from some record on: the chain itself holds."""
    at = chance.randrange(len(rows))
    payloads = payloads_of(rows)
    for i in range(at, len(rows)):
        payloads[i]["payouts"] = [{"account": "you", "amount": f"{chance.randint(1, 999)}.50"}]
    return resealed(payloads)


def rewrite_all(chance, rows):
    return resealed([payload(chance.randrange(1_000)) for _ in range(chance.randint(1, 2 * RECORDS))])


def append(chance, rows):
    """Seal one more record that nobody settled."""
    return resealed([*payloads_of(rows), payload(chance.randrange(1_000))])


ATTACKS = [edit, edit_resealed, swap, delete, cut_tail, rewrite_tail, rewrite_all, append]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda f: f.__name__)
def test_every_change_of_the_settlement_log_is_found(attack, sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / "ledger-paper.db"
    rows = rows_of(ledger)
    missed, tried = [], 0
    for number in range(scale(1_000)):
        chance = random.Random(f"{attack.__name__}/{number}")
        changed = attack(chance, rows)
        if changed == rows:
            continue
        rewrite(ledger, changed)
        tried += 1
        if command.verify(ledger, None).ok:
            missed.append(number)
    print(f"{attack.__name__}: {tried} made, {tried - len(missed)} found")
    assert missed == []


@pytest.mark.parametrize("attack", [cut_tail, rewrite_tail, rewrite_all, append], ids=lambda f: f.__name__)
def test_without_its_checkpoint_a_chain_alone_would_not_show_it(attack, sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    (tmp_path / "checkpoint.json").unlink()
    ledger = tmp_path / "ledger-paper.db"
    rewrite(ledger, attack(random.Random(7), rows_of(ledger)))
    report = command.verify(ledger, None)
    assert report.ok
    assert report.checkpoint is None  # and the answer says that the tail is not proved


def test_the_untouched_log_is_proved(sealed):
    report = command.verify(sealed / "ledger-paper.db", None)
    assert (report.ok, report.records, report.first_bad) == (True, RECORDS, None)
    assert report.checkpoint == {"count": RECORDS, "head": report.head}


def test_a_cut_ledger_is_found_under_another_name_too(sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = (tmp_path / "ledger-paper.db").rename(tmp_path / "ledger.db")
    assert command.verify(ledger, None).ok
    change(ledger, "DELETE FROM settlements WHERE seq > 20")
    report = command.verify(ledger, None)
    assert (report.ok, report.first_bad) == (False, 21)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE settlements ADD COLUMN note TEXT",
        "DROP TABLE settlements",
        "UPDATE settlements SET seq = 99 WHERE seq = 23",
        "UPDATE settlements SET body = body || ' ' WHERE seq = 0",
        "UPDATE settlements SET body = CAST(X'ff80' AS TEXT) WHERE seq = 5",
        "UPDATE settlements SET hash = upper(hash) WHERE seq = 3",
    ],
)
def test_any_difference_in_any_column_is_a_no(statement, sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / "ledger-paper.db"
    change(ledger, statement)
    assert not command.verify(ledger, None).ok


@pytest.mark.parametrize("content", ["", "{}", '{"ledgers": {"ledger-paper.db": {"now": {"count": 1}}}}', "\xff"])
def test_a_spoilt_checkpoint_proves_nothing_and_is_a_no(content, sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    (tmp_path / "checkpoint.json").write_text(content, "latin-1")
    assert not command.verify(tmp_path / "ledger-paper.db", None).ok


def test_flipped_bits_never_change_a_settlement_silently(sealed, tmp_path):
    """Either the ledger is refused, or the chain says no, or every record reads as it was sealed."""
    whole = (sealed / "ledger-paper.db").read_bytes()
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / "ledger-paper.db"
    key = bytes.fromhex((tmp_path / "checkpoint.key").read_text())
    sound = load.load(ledger, SESSION).settlements
    chance, silent, refused = random.Random(7), [], 0
    for number in range(scale(2_000)):
        place, bit = chance.randrange(len(whole)), chance.randrange(8)
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        ledger.write_bytes(flipped)
        try:
            known = load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, key))
        except (StoreError, InputError):
            refused += 1
            continue
        if known.chain_ok and known.settlements != sound:
            silent.append((number, place, bit))
        if known.chain_ok != command.verify(ledger, None).ok:
            silent.append((number, place, bit))
    print(f"{scale(2_000)} bits flipped: {refused} ledgers refused, {len(silent)} changed silently")
    assert silent == []


def test_a_checkpoint_that_cannot_be_read_is_a_no_that_says_so(sealed, tmp_path):
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / "ledger-paper.db"
    key = bytes.fromhex((tmp_path / "checkpoint.key").read_text())
    (tmp_path / "checkpoint.json").unlink()
    (tmp_path / "checkpoint.json").mkdir()
    known = load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, key))
    assert (known.chain_ok, known.chain_why[:32]) == (False, "its checkpoint cannot be read (Is"[:32])
    report = command.verify(ledger, None)
    assert not report.ok
    assert "cannot be read" in report.why


def test_a_session_says_that_the_checkpoint_of_its_records_is_gone(sealed, tmp_path):
    """The next record makes a new one, which vouches for what was left: a cut tail would be proved from then on."""
    shutil.copytree(sealed, tmp_path, dirs_exist_ok=True)
    ledger = tmp_path / "ledger-paper.db"
    key = bytes.fromhex((tmp_path / "checkpoint.key").read_text())
    assert load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, key)).chain_why == ""
    (tmp_path / "checkpoint.json").unlink()
    known = load.load(ledger, SESSION, checkpoint=Checkpoint(ledger, key))
    assert known.chain_ok
    assert "nothing shows that no record was cut off" in known.chain_why
