"""What pages remember of the installation is never older than the last commit, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, put
from people import add_owner, add_person
from statements import counting
from visitors import Visitor

from hub.accounts import Sort
from hub.app import create_app
from hub.databases import Moment, moment
from hub.documents import Kind
from hub.models import ConnectionRow, EntityAccess, FlowMode, OperationRow, PersonRow, Run, RunState, table
from hub.store import Store
from hub.vault import Vault
from hub.web.unchanged import Unchanged

CONNECTIONS, PEOPLE = table(ConnectionRow), table(PersonRow)


@pytest.fixture
def elsewhere(database_url: str) -> Iterator[Store]:
    """Another process's way to the same database."""
    store = Store(database_url)
    yield store
    store.dispose()


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def rename(store: Store, connection_id: int, name: str) -> None:
    with store.write() as db:
        db.execute(sa.update(CONNECTIONS).where(CONNECTIONS.c.id == connection_id).values(name=name))


def moment_of(store: Store) -> Moment:
    with store.read() as db:
        return moment(db)


def test_no_moment_is_told_twice_when_something_was_committed_in_between(house: House, elsewhere: Store) -> None:
    store = house.hub.store
    found = [moment_of(store)]
    for number, writer in enumerate((elsewhere, store, elsewhere)):
        rename(writer, house.stock_id, f"name {number}")
        found.append(moment_of(store))
    assert len(set(found)) == 4


def test_two_connections_that_read_at_once_do_not_take_each_others_moments_for_their_own(house: House) -> None:
    store = house.hub.store
    with store.read() as one, store.read() as other:
        before = moment(one), moment(other)
    rename(store, house.stock_id, "another")
    with store.read() as one, store.read() as other:
        after = moment(one), moment(other)
    assert not {*before} & {*after}


def test_what_another_process_commits_is_on_the_next_page(house: House, elsewhere: Store) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    for name in ("the first name", "the second name"):
        rename(elsewhere, house.stock_id, name)
        for address in ("/", "/connections", f"/connections/{house.stock_id}", "/schedules", "/integrations"):
            assert name in seen.get(address).text, address


def test_who_is_suspended_by_another_process_is_out_at_once(house: House, elsewhere: Store) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    assert seen.get("/").status == seen.get("/").status == 200
    with elsewhere.write() as db:
        db.execute(sa.update(PEOPLE).values(active=False))
    assert "/sign-in" in seen.get("/").location


def test_nobody_is_shown_what_was_remembered_of_somebody_elses_page(house: House) -> None:
    app = create_app(house.hub)
    owner = Visitor(app, add_owner(house.hub))
    client = Visitor(app, add_person(house.hub, "carl@example.com", sort=Sort.CLIENT))
    rename(house.hub.store, house.stock_id, "a secret customer")
    for address in ("/", "/connections", "/schedules", "/attention", "/integrations"):
        owner.get(address)
        assert "a secret customer" not in client.get(address).text, address
    assert client.get(f"/connections/{house.stock_id}").status == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_that_is_looked_at_again_asks_whether_anything_was_committed_and_nothing_else(house: House) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    for address in ("/", "/connections", f"/connections/{house.stock_id}"):
        first = seen.get(address)
        with counting() as asked:
            second = seen.get(address)
        assert asked == ["BEGIN DEFERRED", "PRAGMA data_version"], address
        assert second.text == first.text


def test_beside_a_run_too_nothing_is_old(house: House, elsewhere: Store) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    with elsewhere.write() as db:
        run = {"connection_id": house.stock_id, "token": "another", "cause": "person", "state": RunState.OPEN.value}
        elsewhere.insert(db, Run, [{**run, "started_at": house.clock.at, "heartbeat_at": house.clock.at}])
    for name in ("a name beside a run", "another name beside a run"):
        rename(elsewhere, house.stock_id, name)
        assert name in seen.get("/connections").text
    with elsewhere.write() as db:
        db.execute(sa.update(PEOPLE).values(active=False))
    assert "/sign-in" in seen.get("/connections").location


@pytest.fixture
def watched(house: House, elsewhere: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    """Two proposals in what counts as a long list, while another process runs."""
    monkeypatch.setattr("hub.web.remembered.WORTH", 2)
    monkeypatch.setattr("hub.web.remembered.WHILE_RUNNING", 3_600.0)  # no machine is slower than that
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1", "SO-1"), invoice("i2", "SO-OTHER"))
    house.sync()
    with elsewhere.write() as db:
        run = {"connection_id": house.stock_id, "token": "another", "cause": "person", "state": RunState.OPEN.value}
        elsewhere.insert(db, Run, [{**run, "started_at": house.clock.at, "heartbeat_at": house.clock.at}])
    return house


@contextmanager
def committing(house: House, elsewhere: Store) -> Iterator[sa.Connection]:
    """What the other process's run commits, with its heartbeat."""
    house.clock.at += timedelta(seconds=1)
    with elsewhere.write() as db:
        yield db
        runs = table(Run)
        db.execute(sa.update(runs).where(runs.c.token == "another").values(heartbeat_at=house.clock.at))


@pytest.mark.parametrize(("worth", "looks"), [(2, [1, 0, 1]), (2_000, [1, 1, 1])], ids=["among many", "among few"])
def test_while_a_run_commits_a_search_among_many_is_made_anew_after_seconds_or_an_act_of_a_person(
    watched: House, elsewhere: Store, worth: int, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.remembered.WORTH", worth)
    seen = Visitor(create_app(watched.hub), add_owner(watched.hub))

    def asked() -> int:
        """How often it is searched, in a look after the next heartbeat."""
        with committing(watched, elsewhere):
            pass
        with counting() as statements:
            assert "SO-1" in seen.get("/report?text=so-1").text
        return sum("natural_key >=" in each for each in statements)

    found = [asked(), asked()]
    watched.set_flow(Kind.CONTACT, FlowMode.OFF)
    assert [*found, asked()] == looks


def drop(db: sa.Connection, source_id: str) -> None:
    rows = table(OperationRow)
    db.execute(sa.update(rows).where(rows.c.source_id == source_id).values(state="dropped"))


def test_what_is_seconds_old_is_no_older_because_nothing_more_is_committed(
    watched: House, elsewhere: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Visitor(create_app(watched.hub), add_owner(watched.hub))
    assert "SO-1" in seen.get("/report?status=pending&text=so-1").text
    with committing(watched, elsewhere) as db:
        drop(db, "i1")
    assert "SO-1" in seen.get("/report?status=pending&text=so-1").text
    monkeypatch.setattr("hub.web.remembered.WHILE_RUNNING", 0.0)
    assert "SO-1" not in seen.get("/report?status=pending&text=so-1").text


def test_a_page_of_which_something_has_left_the_list_is_cut_anew(watched: House, elsewhere: Store) -> None:
    seen = Visitor(create_app(watched.hub), add_owner(watched.hub))
    assert "2 documents ready" in seen.get("/ready?since=2020-01-01").text
    with committing(watched, elsewhere) as db:
        drop(db, "i1")
    page = seen.get("/ready?since=2020-01-01").text
    assert ("1 document ready" in page, "SO-OTHER" in page, "SO-1" in page) == (True, True, False)


def test_who_may_no_longer_see_an_entity_does_not_find_in_it_though_no_act_is_known_of(
    watched: House, elsewhere: Store
) -> None:
    """As when two people's acts overlap, and the one that was begun first is committed last."""
    sides = {watched.stock_id: True, watched.ledger_id: True}
    carl = add_person(watched.hub, "carl@example.com", sort=Sort.CLIENT, access=sides)
    seen = Visitor(create_app(watched.hub), carl)
    assert "SO-1" in seen.get("/ready?text=so").text
    with elsewhere.write() as db:
        access = table(EntityAccess)
        db.execute(sa.update(access).where(access.c.person_id == carl.id).values(allowed=False))
    page = seen.get("/ready?text=so")
    assert (page.status, "SO-1" in page.text) == (200, False)


def test_only_a_search_asks_what_the_person_may_see_of_what_it_finds(watched: House, elsewhere: Store) -> None:
    seen = Visitor(create_app(watched.hub), add_owner(watched.hub))

    def asked(address: str) -> int:
        """How often the entities are asked for, in a look after the next commit."""
        with committing(watched, elsewhere):
            pass
        with counting() as statements:
            seen.get(address)
        return sum("FROM connection" in each and "ORDER BY connection.name" in each for each in statements)

    assert asked("/ready?text=so") == asked("/ready") + 1


def test_connections_that_take_turns_do_not_forget_for_each_other() -> None:
    kept = Unchanged()
    one, other = Moment(1, "7"), Moment(2, "4")
    assert kept.recall("key", one, lambda: "of one") == "of one"
    assert kept.recall("key", other, lambda: "of the other") == "of the other"
    assert kept.recall("key", one, lambda: "found anew") == "of one"
    assert kept.recall("key", Moment(1, "8"), lambda: "found anew") == "found anew"


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept, now = Unchanged(most=3), Moment(0, "now")
    for key in "abcdefg":
        assert kept.recall(key, now, key.upper) == key.upper()
    assert kept.recall("g", now, lambda: "found anew") == "G"
    assert kept.recall("a", now, lambda: "found anew") == "found anew"
