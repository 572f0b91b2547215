"""What breaks inside, and calls that come at the same time: always an ordinary answer, and nothing lost or doubled."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from desktop_shop import added, customer, invoice, links, operations, put, runs_of, visits
from hub_qbdesktop import connectors, hresults, messages, sessions, wsdl, xmltext
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.desk import Desk
from hub_qbdesktop.tables import CONNECTORS, SESSIONS, SIGN_INS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import Hub, Visits
from hub.store import Store
from hub.vault import Vault

PATIENCE = 60.0
"""Seconds after which what never comes is called hung."""

STAGES: dict[str, tuple[Any, str]] = {
    "reading the database": (Store, "read"),
    "writing to the database": (Store, "write"),
    "finding the session": (Desk, "find"),
    "claiming its step": (Desk, "claim"),
    "changing it": (Desk, "change"),
    "opening another one": (Desk, "open"),
    "seeing what goes on": (Desk, "open_of"),
    "signing in": (Connectors, "sign_in"),
    "the connector's row": (Connectors, "made"),
    "changing the connector's row": (Connectors, "change"),
    "the connection": (Hub, "connection"),
    "whether something is due": (Visits, "is_due"),
    "opening a run": (Visits, "open"),
    "asking": (Visits, "question"),
    "hearing": (Visits, "answer"),
    "ending the run": (Visits, "close"),
    "ending it with a problem": (Visits, "fail"),
    "sealing": (Vault, "seal"),
    "opening what was sealed": (Vault, "open_bytes"),
    "naming a set": (messages, "set_id"),
    "what trouble means": (hresults, "trouble_of"),
}


class InnerError(Exception):
    """Of no sort that anybody foresaw."""


def broken(*_: Any, **__: Any) -> Any:
    raise InnerError("a secret inner thing")


def all_calls(office: Any, answer: str) -> None:
    """Every call of a session, whatever is answered; ``call`` itself asks for the status 200 and a result."""
    connector = office.connector
    connector.ask()
    assert connector.tell("", "0x80040408", "no start") < 100
    assert connector.tell(answer) <= 100
    connector.error()
    assert connector.call("connectionError", ticket=connector.ticket, hresult="0x80040408", message="") in ("", "done")
    connector.leave()
    kept = connector.ticket
    assert connector.sign_in() in ("", "busy", "nvu", "none")
    connector.ticket = kept


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_breaks_inside_is_an_ordinary_answer_and_the_next_visits_finish(
    shop: Any, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    answer = shop.company.process(shop.connector.until("<InvoiceAddRq"))
    with monkeypatch.context() as patch:
        patch.setattr(*STAGES[stage], broken)
        all_calls(shop, answer)
    shop.clock.on(seconds=130)
    visits(shop, 4)
    assert added(shop, "Invoice") == ["N-i1"]
    assert links(shop).keys() == {"c1", "i1"}
    for raw in shop.connector.raw:
        assert raw.startswith(b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope')
        assert not any(mark in raw for mark in (b"secret inner", b"InnerError", b"Traceback", b'File "'))


TEXTS = st.text(max_size=60) | st.sampled_from(
    [
        "\x00",
        "]]>",
        "&#x0;",
        "<QBXML/>",
        "<!DOCTYPE x>",
        "%s{0}",
        "' OR 1=1 --",
        "0x80040400",
        "-1",
        "\U0001f600" * 50,
        "9" * 400,
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    operation=st.sampled_from(sorted(wsdl.OPERATIONS)),
    texts=st.lists(TEXTS, min_size=6, max_size=6),
    is_known=st.booleans(),
)
def test_whatever_is_said_to_a_call_it_gives_an_ordinary_answer(
    office: Any, operation: str, texts: list[str], is_known: bool
) -> None:
    connector = office.connector
    if is_known:
        office.clock.on(seconds=130)
        connector.sign_in()
    names = [name for name, _ in wsdl.OPERATIONS[operation][0]]
    said = {name: xmltext.legal(text) for name, text in zip(names, texts, strict=False)}
    if is_known and "ticket" in said:
        said["ticket"] = connector.ticket
    result = connector.call(operation, **said)
    if operation == "receiveResponseXML":
        assert -1 <= int(result) <= 100
    if operation == "authenticate":
        assert len(result) == 2
    assert b"Traceback" not in connector.raw[-1]


# -- calls at the same time ----------------------------------------------------------------------------------------


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What calls return that begin at the same moment; none may fail."""
    told: list[Any] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def one(place: int) -> None:
        gate.wait()
        told[place] = calls[place]()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def for_a_while() -> None:
    time.sleep(0.3)


@contextmanager
def slowly(
    patch: pytest.MonkeyPatch, owner: Any, name: str, wait: Callable[[], object] = for_a_while
) -> Iterator[list[str]]:
    """Let a step take its time, and count how often it is taken."""
    plain, taken = getattr(owner, name), []

    def taking_its_time(*args: Any, **named: Any) -> Any:
        taken.append(name)
        wait()
        return plain(*args, **named)

    with patch.context() as context:
        context.setattr(owner, name, taking_its_time)
        yield taken


def test_an_answer_that_comes_twice_at_once_is_heard_once_and_told_the_same(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, customer())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    answer = shop.company.process(shop.connector.until("<CustomerAddRq"))
    with slowly(monkeypatch, Visits, "answer") as taken:
        one, other = together(*[lambda: shop.connector.tell(answer)] * 2)
    assert one == other > 0
    assert len(taken) == 1
    assert operations(shop)[0].state == "done"


def test_a_request_that_is_asked_for_twice_at_once_is_made_once(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    office.connector.sign_in()
    office.connector.first = False
    texts: list[str] = []
    others_were_told = threading.Event()

    def ask() -> None:
        texts.append(office.connector.ask())
        if len(texts) == 2:
            others_were_told.set()

    with slowly(monkeypatch, Visits, "question", lambda: others_were_told.wait(PATIENCE)) as taken:
        together(*[ask] * 3)
    assert len(taken) == 1
    assert sorted(texts)[:2] == ["", ""], "who comes meanwhile has to wait"
    # The other call is over by now, and its answer went to nobody: the Web Connector is told to ask again.
    assert office.connector.error() == "NoOp"
    assert office.connector.ask() == max(texts)


def test_two_sign_ins_at_once_open_one_session(office: Any) -> None:
    connector = office.connector
    state = [sessions.Sessions(office.hub) for _ in range(4)]
    told = together(*[lambda s=each: s.authenticate(connector.user, connector.password, "here") for each in state])
    assert sorted(word for _, word in told)[0] == ""
    assert [run.state for run in runs_of(office)].count("open") == 1
    with office.hub.store.read() as db:
        opened = db.execute(sa.select(SESSIONS).where(SESSIONS.c.is_open.is_(True))).all()
    assert len(opened) == 1


def test_a_session_that_another_sign_in_ended_meanwhile_asks_for_nothing(
    office: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends between the look at the session and the claim of its step."""
    office.connector.sign_in()
    plain, ticket = Desk.claim, office.connector.ticket

    def claim(desk: Desk, row: Any, patience: float = 0) -> bool:
        monkeypatch.setattr(Desk, "claim", plain)
        sessions.Sessions(office.hub).close(ticket)
        return plain(desk, row, patience)

    monkeypatch.setattr(Desk, "claim", claim)
    assert office.connector.ask() == ""
    assert "The last visit of the Web Connector ended" in office.connector.error()
    assert "failed" not in caplog.text


# -- who guesses ---------------------------------------------------------------------------------------------------


def test_guesses_that_come_at_once_are_all_counted(office: Any) -> None:
    guesses = [
        lambda n=n: Connectors(office.hub).sign_in(office.connector.user, f"guess {n}", "there") for n in range(8)
    ]
    assert together(*guesses) == [None] * 8
    with office.hub.store.read() as db:
        [counted] = db.execute(sa.select(SIGN_INS.c.failures)).scalars()
    assert counted >= connectors.FAILURES
    assert Connectors(office.hub).sign_in(office.connector.user, office.connector.password, "there") is None
    assert Connectors(office.hub).sign_in(office.connector.user, office.connector.password, "elsewhere") is not None


def test_an_unknown_user_and_a_wrong_password_go_the_same_way(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long an answer takes tells nobody which user names there are."""
    compared: list[int] = []
    plain = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append(len(other))
        return plain(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)

    def way(user: str, password: str) -> list[str]:
        statements: list[str] = []
        engines = (office.hub.store.engine, office.hub.store._reader, office.hub.store._quick)

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            statements.append(statement)

        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", note)
        Connectors(office.hub).sign_in(user, password, user)
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)
        return statements

    assert way("nobody", "wrong") == way(office.connector.user, "wrong")
    assert compared == [64, 64]


def test_a_password_that_was_never_made_opens_nothing(office: Any) -> None:
    """A connector without a password has none, not an empty one."""
    with office.hub.store.write() as db:
        db.execute(sa.update(CONNECTORS).values(password_digest=""))
    for guess in ("", " ", office.connector.password):
        office.connector.password = guess
        assert office.connector.sign_in() == "nvu"


# -- what the Web Connector expects of the last calls ---------------------------------------------------------------


def test_the_path_of_the_company_file_is_what_is_tried_again(office: Any) -> None:
    path = r"C:\Books\Acme & Sons.qbw"
    rows = sa.table("connection", sa.column("id"), sa.column("settings", sa.JSON))
    with office.hub.store.write() as db:
        change = sa.update(rows).where(rows.c.id == office.ledger_id)
        db.execute(change.values(settings={"company_file": path}))
    assert office.connector.sign_in() == path
    told = [
        office.connector.call("connectionError", ticket=office.connector.ticket, hresult=code, message="")
        for code in ("0x80040414", "80040408", "0x8004041b")
    ]
    assert told == [path, path, "done"]
    assert "locked" in office.connector.error()


@pytest.mark.parametrize("code", ["0x80040414", "0x8004040A", "0x80041234", "", "nonsense"])
def test_opening_that_fails_for_ever_is_given_up_and_the_reason_is_shown_to_the_end(office: Any, code: str) -> None:
    office.connector.sign_in()
    named = {"ticket": office.connector.ticket, "hresult": code, "message": "Why"}
    told = [office.connector.call("connectionError", **named) for _ in range(10)]
    assert "done" in told[: sessions.MOST_RETRIES + 1]
    assert told[-1] == "done"
    reason = office.connector.error()
    assert reason not in ("", "NoOp", "Interactive mode")
    assert office.connector.leave() == reason
    assert office.connector.leave() == reason, "however often it is asked"
    assert office.connector.ask() == ""
    assert office.connector.error() == reason


def test_a_visit_that_is_left_in_the_middle_is_told_and_the_next_one_goes_on(office: Any) -> None:
    office.connector.sign_in()
    office.connector.tell(office.company.process(office.connector.ask()))
    assert "ended before everything was read" in office.connector.leave()
    assert office.connector.visit()[-1] == 100
    assert [run.state for run in runs_of(office)] == ["failed", "done"]
