"""The service that the Web Connector calls: sign-in, sessions, envelopes, and everything that can come out of order."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
import requests
import sqlalchemy as sa
import zeep
from desktop_shop import runs_of
from hub_qbdesktop import envelope, sessions
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.desk import Desk
from hub_qbdesktop.tables import SESSIONS

from hub.models import Run, table

SOAP = envelope.SOAP


def test_a_whole_visit_reads_the_company_and_ends_with_a_hundred(office: Any) -> None:
    told = office.connector.visit()
    assert told[-1] == 100
    assert told.count(100) == 1
    assert all(0 <= percent <= 99 for percent in told[:-1])
    assert told == sorted(told)
    assert [(run.state, run.cause) for run in runs_of(office)] == [("done", "visit")]
    assert office.hub.connection(office.ledger_id).organisation["name"] == "Acme Trading Ltd"


def test_an_unknown_user_is_told_so_in_two_texts_in_the_right_namespace(office: Any) -> None:
    office.connector.user = "somebody"
    assert office.connector.sign_in() == "nvu"
    assert office.connector.raw[-1].count(b"<string>") == 2
    assert f'<authenticateResponse xmlns="{envelope.NAMESPACE}">'.encode() in office.connector.raw[-1]


def test_a_wrong_password_is_told_so_and_who_fails_too_often_is_not_heard_for_a_minute(office: Any) -> None:
    right = office.connector.password
    office.connector.password = "wrong"
    assert [office.connector.sign_in() for _ in range(5)] == ["nvu"] * 5
    office.connector.password = right
    assert office.connector.sign_in() == "nvu", "even the right one, for a minute"
    office.clock.on(seconds=61)
    assert office.connector.sign_in() == ""


def test_nothing_to_do_is_none_and_quickbooks_is_not_opened(office: Any) -> None:
    office.connector.visit()
    assert office.connector.sign_in() == "none"
    assert office.connector.error() == ""
    assert office.connector.leave() == "OK"
    office.clock.on(minutes=40)
    assert office.connector.sign_in() == "", "after the interval it is read again"


def test_the_file_that_is_open_is_asked_for_with_an_empty_text(office: Any) -> None:
    assert office.connector.sign_in() == ""
    assert b"<string></string>" in office.connector.raw[-1]


def test_a_second_sign_in_waits_while_a_request_is_under_way_and_takes_over_after_two_minutes(office: Any) -> None:
    office.connector.sign_in()
    office.connector.ask()
    assert office.connector.sign_in() == "busy"
    office.clock.on(seconds=121)
    assert office.connector.sign_in() == ""
    assert [run.state for run in runs_of(office)] == ["failed", "open"]


def test_a_second_sign_in_takes_over_at_once_when_nothing_is_under_way(office: Any) -> None:
    office.connector.sign_in()
    before = office.connector.ticket
    assert office.connector.sign_in() == ""
    office.connector.first = False
    now, office.connector.ticket = office.connector.ticket, before
    assert office.connector.ask() == "", "the old ticket opens nothing any more"
    office.connector.ticket = now
    assert office.connector.ask() != ""


def test_the_same_request_comes_again_until_it_is_answered(office: Any) -> None:
    office.connector.sign_in()
    first = office.connector.ask()
    assert office.connector.ask() == first


def test_an_answer_that_comes_twice_has_one_effect(office: Any) -> None:
    office.connector.sign_in()
    answer = office.company.process(office.connector.ask())
    percent = office.connector.tell(answer)
    assert office.connector.tell(answer) == percent
    assert office.connector.ask() != ""


def test_an_answer_that_nobody_asked_for_ends_the_session_with_words(office: Any) -> None:
    office.connector.sign_in()
    assert office.connector.tell("<QBXML/>") == -1
    assert "belongs to no request" in office.connector.error()


def test_an_answer_that_is_no_xml_ends_the_session_and_the_next_one_goes_on(office: Any) -> None:
    office.connector.sign_in()
    office.connector.ask()
    assert office.connector.tell("this is not XML") == -1
    assert office.connector.error() != ""
    assert "Traceback" not in office.connector.error()
    assert office.connector.visit()[-1] == 100


def test_trouble_of_quickbooks_is_told_in_words_and_the_answer_is_never_read(office: Any) -> None:
    office.connector.sign_in()
    office.connector.ask()
    assert office.connector.tell("<not even parsed", "0x80040414", "A modal dialog box is showing") == -1
    assert "Close the dialog in QuickBooks" in office.connector.error()
    assert runs_of(office)[-1].problem["code"] == "quickbooks_not_reached"


def test_an_unknown_ticket_ends_everything_without_a_fault(office: Any) -> None:
    office.connector.ticket = "nobody-knows-it"
    assert office.connector.ask() == ""
    assert office.connector.tell("<QBXML/>") == -1
    assert "over" in office.connector.error()
    assert office.connector.leave() == "OK"
    assert office.connector.call("connectionError", ticket="x", hresult="0x80040408", message="") == "done"


def test_quickbooks_that_can_not_be_opened_is_tried_twice_more_and_then_given_up(office: Any) -> None:
    office.connector.sign_in()
    told = [
        office.connector.call(
            "connectionError", ticket=office.connector.ticket, hresult="0x80040408", message="no start"
        )
        for _ in range(3)
    ]
    assert told == ["", "", "done"]
    assert "leave it open" in office.connector.error()


def test_what_only_a_person_can_mend_is_given_up_at_once(office: Any) -> None:
    office.connector.sign_in()
    told = office.connector.call("connectionError", ticket=office.connector.ticket, hresult="0x8004040A", message="")
    assert told == "done"
    assert "Another company file" in office.connector.error()


def test_a_company_file_with_another_mark_is_refused_by_name(office: Any) -> None:
    office.company.file_id = "{00000000-0000-0000-0000-000000000001}"
    office.connector.sign_in()
    assert office.connector.ask() == ""
    assert "Acme Trading Ltd" in office.connector.error()
    assert runs_of(office)[-1].problem["code"] == "other_company_file"


def test_another_company_than_the_confirmed_one_is_refused_by_name(office: Any) -> None:
    office.confirm()
    office.company.name = "Somebody Else Inc"
    office.connector.sign_in()
    assert office.connector.ask() == ""
    said = office.connector.error()
    assert "Somebody Else Inc" in said
    assert "Acme Trading Ltd" in said


def test_a_session_without_the_hosts_answers_works_all_the_same(office: Any) -> None:
    office.connector.sign_in()
    office.connector.first = False
    assert "HostQueryRq" in office.connector.ask()


def test_no_version_is_asked_for_that_this_quickbooks_does_not_know(office: Any) -> None:
    known = office.company.host_answers().replace("13.0", "11.0").replace("16.0", "10.0")
    office.company.host_answers = lambda: known
    office.connector.sign_in()
    assert '<?qbxml version="12.0"?>' in office.connector.ask()


def test_a_pause_is_told_while_another_call_of_the_session_is_answered_and_not_for_ever(office: Any) -> None:
    office.connector.sign_in()
    with office.hub.store.write() as db:
        db.execute(sa.update(SESSIONS).values(step_until=int(office.clock().timestamp()) + 300))
    for _ in range(sessions.MOST_PAUSES):
        assert office.connector.ask() == ""
        assert office.connector.error() == "NoOp"
    assert office.connector.ask() == ""
    assert "too long" in str(office.connector.leave())


@pytest.mark.parametrize("spent", ["", "a1"])
def test_a_run_that_a_person_stops_ends_the_visit_in_order(office: Any, spent: str) -> None:
    """Whether or not QuickBooks is still to be told that it may forget a message set."""
    Connectors(office.hub).change(office.ledger_id, spent_set=spent)
    office.connector.sign_in()
    office.connector.tell(office.company.process(office.connector.ask()))
    with office.hub.store.write() as db:
        db.execute(sa.update(table(Run)).values(stop_requested=True, stop_reason="A person asked this run to stop."))
    told = [office.connector.tell(office.company.process(office.connector.ask())) for _ in range(2 if spent else 1)]
    assert told[-1] == 100
    assert runs_of(office)[-1].state == "stopped"
    assert office.connector.sign_in() == ""


# -- the wire ------------------------------------------------------------------------------------------------------


def test_a_visit_in_rpc_style_works_like_one_in_document_style(office: Any) -> None:
    office.connector.is_rpc = True
    assert office.connector.visit()[-1] == 100


@pytest.mark.parametrize("query", ["", "?wsdl", "?WSDL"])
def test_the_address_answers_anybody_who_only_looks(office: Any, query: str) -> None:
    answer = requests.get(office.connector.url + query, timeout=60)
    assert answer.status_code == 200
    assert ("wsdl:definitions" in answer.text) is bool(query)


def test_what_fails_inside_shows_as_an_ordinary_answer(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> str:
        raise ZeroDivisionError("secret inner thing")

    monkeypatch.setattr(Desk, "find", broken)
    assert office.connector.ask() == ""
    assert office.connector.tell("x") == -1
    assert all(b"secret inner thing" not in raw for raw in office.connector.raw)


def test_neither_password_nor_ticket_is_logged_or_stored(office: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    office.connector.visit()
    office.connector.tell("<QBXML/>")
    stored = office.hub.store.file.read_bytes()
    for secret in (office.connector.password, office.connector.ticket):
        assert secret not in caplog.text.replace("urllib3", "")
        assert secret.encode() not in stored


def test_two_processes_may_answer_one_session(office: Any) -> None:
    """Each call is made to a state machine of its own; nothing is kept between them."""
    told: list[str] = []

    def one(step: Any) -> None:
        told.append(step(sessions.Sessions(office.hub)))

    ticket, _ = sessions.Sessions(office.hub).authenticate(office.connector.user, office.connector.password, "here")
    threads = [
        threading.Thread(target=one, args=(lambda each: each.send_request(ticket, "", "", "US", "13.0"),))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requests_ = {text for text in told if text}
    assert len(requests_) == 1, "both got the same request, or one was asked to wait"


def test_zeep_completes_a_session_through_the_description_that_is_served(office: Any) -> None:
    settings = zeep.Settings(strict=True, xml_huge_tree=False)
    client: Any = zeep.Client(  # type: ignore[no-untyped-call]
        f"{office.connector.url}?wsdl", settings=settings
    )
    service = client.create_service(f"{{{envelope.NAMESPACE}}}QBWebConnectorSvcSoap", office.connector.url)
    assert service.serverVersion().startswith("Ledgerport")
    assert service.clientVersion("2.3.0.215") in ("", None)
    ticket, file = service.authenticate(office.connector.user, office.connector.password)
    assert file in ("", None)
    percent, first = 0, office.company.host_answers()
    for _ in range(60):
        text = service.sendRequestXML(ticket, first, office.connector.path, "US", 13, 0)
        first = ""
        percent = service.receiveResponseXML(ticket, office.company.process(text), "", "")
        if percent == 100:
            break
    assert percent == 100
    assert service.closeConnection(ticket) == "OK"
