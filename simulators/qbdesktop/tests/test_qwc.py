"""Adding an application from its .qwc file."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.company import extensions
from sim_qbdesktop.connector.qwc import ConnectorError, read
from visited_service import PASSWORD, WebService

OWNER = "{11111111-2222-3333-4444-555555555555}"
OTHER = "{99999999-7777-8888-9999-000000000000}"


def code(sim: Simulator, text: str) -> str:
    with pytest.raises(ConnectorError) as caught:
        sim.connector.add(text)
    return caught.value.code


def test_a_file_in_order_is_added_and_stamped(sim: Simulator, service: WebService) -> None:
    qwc = sim.connector.add(service.qwc(), PASSWORD)
    assert (qwc.name, qwc.user_name, qwc.every_seconds, qwc.style) == ("Stock Hub", "hub", 300, "Document")
    assert service.pages == ["/qbwc", "/support"]
    assert extensions.company_value(sim.company, OWNER, "FileID") == qwc.file_id
    assert sim.connector.add(service.qwc(), PASSWORD).file_id == qwc.file_id


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"AppName": ""}, "QBWC1039"),
        ({"OwnerID": "11111111-2222-3333-4444-555555555555"}, "QBWC1039"),
        ({"QBType": "US"}, "QBWC1065"),
        ({"Style": "Literal"}, "QBWC1039"),
        ({"AuthFlags": "all"}, "QBWC1034"),
        ({"AuthFlags": "0x6"}, "QBWC1034"),
        ({"AppURL": "http://hub.example.com/qbwc"}, "QBWC1010"),
        ({"AppURL": "http://127.0.0.1:1/qbwc"}, "QBWC1001"),
        ({"AppSupport": "https://example.org/help"}, "QBWC1000"),
        ({"Scheduler": "<RunEveryNMinutes>often</RunEveryNMinutes>"}, "QBWC1039"),
    ],
)
def test_what_the_connector_refuses_to_add(
    sim: Simulator, service: WebService, changes: dict[str, str], expected: str
) -> None:
    assert code(sim, service.qwc(**changes)) == expected
    assert sim.connector.applications == {}


def test_a_text_that_is_no_qwc(sim: Simulator) -> None:
    assert [code(sim, text) for text in ("", "<QBXML></QBXML>")] == ["QBWC1039", "QBWC1039"]


def test_an_address_with_numbers_can_be_accepted(service: WebService) -> None:
    text = service.qwc(AppURL="http://127.0.0.1:1/qbwc", AppSupport="http://127.0.0.1:1/help")
    assert read(text, ip_hosts=True).url == "http://127.0.0.1:1/qbwc"


def test_of_two_schedules_the_first_counts(service: WebService) -> None:
    both = "<RunEveryNSeconds>90</RunEveryNSeconds><RunEveryNMinutes>5</RunEveryNMinutes>"
    assert read(service.qwc(Scheduler=both)).every_seconds == 90
    assert read(service.qwc(Scheduler="")).every_seconds == 0


@pytest.mark.parametrize(("page", "expected"), [("/qbwc", "QBWC1048"), ("/support", "QBWC1003")])
def test_the_pages_of_the_service_must_answer(sim: Simulator, service: WebService, page: str, expected: str) -> None:
    service.page_status = {page: 500}
    assert code(sim, service.qwc()) == expected


def test_nobody_is_there(sim: Simulator, service: WebService) -> None:
    text = service.qwc()
    service.stop()
    service._server = None
    assert code(sim, text) == "QBWC1048"


def test_another_file_id_of_the_same_owner_is_refused_for_ever(sim: Simulator, service: WebService) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    sim.connector.remove("Stock Hub")
    assert code(sim, service.qwc(FileID=OTHER)) == "QBWC1039"
    person.act(sim.quickbooks, "open_file", {"file": sim.other_path})
    assert sim.connector.add(service.qwc(FileID=OTHER)).file_id == OTHER


def test_a_file_whose_stamp_was_removed_takes_another_file_id(sim: Simulator, service: WebService) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    sim.connector.visit("Stock Hub")
    sim.connector.remove("Stock Hub")
    assert person.act(sim.quickbooks, "remove_stamp", {"owner": OWNER}) == {"removed": 2}
    assert sim.connector.add(service.qwc(FileID=OTHER)).file_id == OTHER


def test_read_only_makes_the_first_add_impossible(sim: Simulator, service: WebService) -> None:
    assert code(sim, service.qwc(IsReadOnly="true")) == "QBWC1039"


def test_quickbooks_must_be_open_to_add_an_application(sim: Simulator, service: WebService) -> None:
    person.act(sim.quickbooks, "open_file", {"file": None})
    assert code(sim, service.qwc()) == "QBWC1013"


def test_a_file_of_another_company_carries_no_file_id_of_ours(sim: Simulator, service: WebService) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    person.act(sim.quickbooks, "open_file", {"file": sim.other_path})
    sim.connector.visit("Stock Hub")
    about = service.calls("sendRequestXML")[0]["strHCPResponse"] or ""
    assert "FileID" not in about
    assert "Other Trading" in about


def test_two_applications_do_not_share_a_file_id(sim: Simulator, service: WebService) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    assert code(sim, service.qwc(AppName="Another Hub")) == "QBWC1026"
    assert list(sim.connector.applications) == ["Stock Hub"]


def test_without_a_password_nothing_is_called(sim: Simulator, service: WebService) -> None:
    name = sim.connector.add(service.qwc()).name
    result = sim.connector.visit(name)
    assert (result.outcome, result.code) == ("error", "QBWC1040")
    assert service.methods == []
