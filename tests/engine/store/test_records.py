from __future__ import annotations

import pytest

from engine.core.effects import Row
from engine.core.errors import ChainBroken
from engine.oracle import chain
from engine.store import database, ledger, migrations, records
from tests.faults.work import payload


@pytest.fixture
def books(tmp_path):
    """An open, empty ledger."""
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=True)
    ledger.prepare(connection)
    yield connection
    connection.close()


def keep(books, *rows):
    ledger.check(rows)
    ledger.write(books, rows)


def link(number, before):
    sealed = chain.seal(number, before, payload(number))
    return Row("settlements", {"seq": sealed.seq, "prev": sealed.prev, "hash": sealed.hash, "body": sealed.body})


def test_links_continue_the_chain_that_is_on_disk(books):
    first = link(0, chain.GENESIS)
    second = link(1, first.values["hash"])
    keep(books, first)
    found = records.chain_of(books)
    assert found == records.walk(books) == (True, (1, first.values["hash"]), None)
    assert records.linked(found, [second]) == (2, second.values["hash"])


@pytest.mark.parametrize(
    "changes",
    [{"seq": 2}, {"seq": 0}, {"prev": chain.GENESIS}, {"hash": "0" * 64}, {"body": "{}"}, {"seq": "1"}],
)
def test_a_record_that_is_not_the_next_link_is_refused(changes, books):
    first = link(0, chain.GENESIS)
    keep(books, first)
    wrong = Row("settlements", link(1, first.values["hash"]).values | changes)
    with pytest.raises(ChainBroken) as caught:
        records.linked(records.walk(books), [wrong])
    assert caught.value.at == 1


def test_nothing_is_appended_to_a_chain_that_is_broken(books):
    first = link(0, chain.GENESIS)
    keep(books, first, link(1, first.values["hash"]))
    books.execute("UPDATE settlements SET body = replace(body, 'YES', 'NO') WHERE seq = 0")
    for look in (records.chain_of, records.walk):
        assert (look(books).ok, look(books).first_bad) == (False, 0)
    with pytest.raises(ChainBroken):
        records.linked(records.walk(books), [])
