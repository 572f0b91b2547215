"""E-mail to the people whom a schedule names: once for each cause, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, line, payment, put
from mailroom import MailRoom, MailServer

from hub.documents import Kind
from hub.engine import RunReport
from hub.errors import Problem
from hub.mapping import MappingList
from hub.models import Alert, ConnectionRow, RunState, Schedule, table
from hub.scheduler import Timing, add_schedule, delete_schedule
from hub.scheduler.alerts import Alerts
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

schedules, alerts, connections = table(Schedule), table(Alert), table(ConnectionRow)
UNMAPPED = (line(account="999"),)


@pytest.fixture
def room() -> Iterator[MailRoom]:
    yield MailRoom()


@pytest.fixture
def house(store: Store, vault: Vault, room: MailRoom) -> Iterator[House]:
    made = called(store, vault)
    with MailServer(room) as server:
        made.hub.settings = load_settings(
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="hub@example.com",
            base_url="https://hub.example.com",
            freshness_seconds=0,
        )
        made.hub.observers.append(Alerts(made.hub))
        yield made


def name_somebody(house: House, *recipients: str, connection_id: int | None = None) -> int:
    timing = Timing("interval", "1h", recipients=recipients or ("books@example.com",))
    return add_schedule(house.hub, connection_id or house.stock_id, timing)


def report(house: House, state: RunState, code: str = "", **words: Any) -> None:
    """A run of the ledger ends."""
    problem = Problem(code=code, **{"what": "Books could not be reached.", **words}) if code else None
    Alerts(house.hub)(RunReport(7, house.ledger_id, "Books", state, {}, problem))


def subjects(room: MailRoom) -> list[str]:
    return [str(message["Subject"]) for message in room.messages]


def fail(house: House, code: str = "unreachable", **words: Any) -> None:
    report(house, RunState.FAILED, code, **words)


def test_a_failure_is_told_once_while_it_lasts_and_once_when_it_is_over(house: House, room: MailRoom) -> None:
    name_somebody(house)
    for _ in range(3):
        fail(house, why="It did not answer.", fix="Check the network.", done="Nothing was changed.")
    assert subjects(room) == ["Ledgerport: Books: the sync failed"]
    assert "It did not answer." in room.last()
    assert "What to do: Check the network." in room.last()
    assert "https://hub.example.com/connections" in room.last()
    for _ in range(2):
        report(house, RunState.DONE)
    assert subjects(room)[1:] == ["Ledgerport: Books: the sync works again"]
    fail(house)
    assert len(room.messages) == 3


def test_another_cause_of_a_failure_is_told(house: House, room: MailRoom) -> None:
    name_somebody(house)
    fail(house, "unreachable")
    fail(house, "reconnect", what="Books asks for a new sign-in.")
    assert len(room.messages) == 2
    assert "new sign-in" in room.last()


@pytest.mark.parametrize("state", [RunState.PARKED, RunState.STOPPED, RunState.TAKEN_OVER])
def test_a_run_that_rests_is_neither_a_failure_nor_a_recovery(house: House, room: MailRoom, state: RunState) -> None:
    name_somebody(house)
    report(house, state, "busy")
    assert room.messages == []
    fail(house)
    report(house, state, "busy")
    assert len(room.messages) == 1


def test_what_needs_a_person_is_told_once_for_each_cause_and_when_it_is_over(house: House, room: MailRoom) -> None:
    name_somebody(house)
    put(house, contact(), invoice("i1", lines=UNMAPPED))
    house.sync()
    house.sync()
    assert subjects(room) == ["Ledgerport: Shelf: something needs you"]
    assert "1 document: The account 999 is not mapped." in room.last()
    put(house, invoice("i2", lines=UNMAPPED))
    house.sync()
    assert len(room.messages) == 1, "the same cause has one more document: nothing new"
    put(house, invoice("i3", lines=(line(account="998"),)))
    house.sync()
    assert len(room.messages) == 2
    assert "998" in room.last()
    assert "1 other cause that you were told of before still lasts." in room.last()
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"999": "200", "998": "200"})
    house.sync()
    assert subjects(room)[2:] == ["Ledgerport: Shelf: nothing needs you any more"]


def test_a_failure_of_the_joined_ledger_is_told_to_the_stock_systems_schedule(house: House, room: MailRoom) -> None:
    name_somebody(house, connection_id=house.stock_id)
    fail(house)
    assert len(room.messages) == 1


def test_two_schedules_that_would_say_the_same_send_one_message(house: House, room: MailRoom) -> None:
    name_somebody(house, "a@example.com", "b@example.com")
    name_somebody(house, "b@example.com", "c@example.com")
    fail(house)
    assert room.recipients == [["a@example.com", "b@example.com", "c@example.com"]]


def test_a_schedule_without_recipients_tells_nobody(house: House, room: MailRoom) -> None:
    add_schedule(house.hub, house.stock_id, Timing("interval", "1h"))
    fail(house)
    assert room.messages == []


def test_a_mail_server_that_is_away_stops_nothing_and_is_shown_and_the_next_run_tells_it(
    house: House, room: MailRoom, caplog: pytest.LogCaptureFixture, closed_port: int
) -> None:
    schedule_id = name_somebody(house)
    working = house.hub.settings
    house.hub.settings = load_settings(smtp_url=f"smtp://127.0.0.1:{closed_port}", mail_from="hub@example.com")
    put(house, contact(), invoice("i1", lines=UNMAPPED))
    house.sync()

    def shown() -> str:
        with house.hub.store.read() as db:
            chosen = sa.select(schedules.c.mail_problem).where(schedules.c.id == schedule_id)
            return str(db.execute(chosen).scalar_one())

    assert "could not be reached" in shown()
    assert "no e-mail about Shelf could be sent" in caplog.text
    house.hub.settings = working
    house.sync()
    assert subjects(room) == ["Ledgerport: Shelf: something needs you"]
    assert shown() == ""


def test_no_secret_of_a_connection_leaves_in_a_message(house: House, room: MailRoom, vault: Vault) -> None:
    name_somebody(house)
    with house.hub.store.write() as db:
        db.execute(sa.update(connections).values(secrets=vault.seal({"key": "s3cr3t-key"})))
    fail(house, why="The platform said: key s3cr3t-key is wrong.")
    assert "s3cr3t-key" not in room.last()
    assert "key [not shown] is wrong" in room.last()


def test_the_text_of_an_unforeseen_error_stays_in_the_log(house: House, room: MailRoom) -> None:
    name_somebody(house)
    fail(house, "unexpected", why="KeyError: 'token abc'")
    assert "KeyError" not in room.last()


def test_a_schedule_that_is_deleted_takes_its_memory_along(house: House, room: MailRoom) -> None:
    schedule_id = name_somebody(house)
    name_somebody(house)
    fail(house)
    delete_schedule(house.hub, schedule_id)
    with house.hub.store.read() as db:
        assert schedule_id not in list(db.execute(sa.select(alerts.c.schedule_id)).scalars())
    fail(house)
    assert len(room.messages) == 1


def test_a_payment_that_waits_for_a_draft_is_nothing_to_write_about(house: House, room: MailRoom) -> None:
    name_somebody(house)
    house.set_flow(Kind.INVOICE, post_as="draft")
    put(house, contact(), invoice("i1"), payment("p1", "i1"))
    house.sync()
    assert [row.problem_code for row in house.operations(kind="payment", state="held")] == ["target_is_draft"]
    assert room.messages == []
    put(house, invoice("i2", lines=UNMAPPED))
    house.sync()
    assert "The account 999 is not mapped." in room.last()
    assert "draft" not in room.last()
