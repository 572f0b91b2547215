"""Keys, paths, budget and error bodies."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from sim_cin7core import Client, Simulator, limits, new_sale


def test_both_headers_are_needed_and_a_wrong_one_is_403(simulator: Simulator) -> None:
    assert Client(simulator).ask("me").status == 200
    for headers in ({"api-auth-accountid": ""}, {"api-auth-applicationkey": "wrong"}):
        refused = Client(simulator, headers).ask("me")
        assert refused.status == 403
        assert refused.json == [{"ErrorCode": 403, "Exception": "Incorrect credentials!"}]


def test_paths_and_parameters_match_in_any_letter_case(client: Client) -> None:
    sale = new_sale(client.simulator)
    answer = client.ask("/externalapi/V2/SALELIST", LIMIT=1, search=sale.number.lower())
    assert answer.json["SaleList"][0]["SaleID"] == sale.id
    assert client.ask("Sale", iD=sale.id.upper()).json["ID"] == sale.id


def test_the_company_tells_its_lock_date_once_a_person_has_set_one(client: Client) -> None:
    assert client.ask("me").json["LockDate"] is None
    assert client.ask("/_sim/lock", method="POST", body={"date": "2026-01-31"}).json == {"date": "2026-01-31"}
    assert client.ask("me").json["LockDate"] == "2026-01-31T00:00:00"
    assert client.ask("/_sim/lock", method="POST", body={"date": "January"}).status == 400
    assert client.ask("/_sim/lock", method="POST", body={"date": None}).status == 200
    assert client.ask("me").json["LockDate"] is None


def test_an_unknown_path_is_a_web_page_with_status_200(client: Client) -> None:
    answer = client.ask("nowhere")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"Page not found" in answer.body


@pytest.mark.parametrize(("form", "status"), [("redirect", 302), ("404", 404)])
def test_an_unknown_path_has_other_forms_on_other_accounts(form: str, status: int) -> None:
    with Simulator(switches={"unknown_path": form}) as simulator:
        assert Client(simulator).ask("nowhere").status == status


def test_writing_is_refused_as_a_wrong_method(client: Client) -> None:
    assert client.ask("sale", method="POST", body={}).status == 405


def test_an_unknown_account_code_is_an_error_and_not_an_empty_list(client: Client) -> None:
    answer = client.ask("ref/account", Code="9999")
    assert answer.status == 400
    assert answer.json[0]["Exception"] == "Account with specified ID not found"
    assert client.ask("ref/account", Code="200").json["AccountsList"][0]["Name"] == "Sales"


def test_an_error_body_can_be_a_bare_object() -> None:
    with Simulator(switches={"error_shape": "object"}) as simulator:
        error = Client(simulator).ask("sale", ID="11111111-0000-0000-0000-000000000000").json
    assert error == {"ErrorCode": 400, "Exception": "Sale with specified ID not found"}


def test_a_page_or_limit_out_of_range_is_refused(client: Client) -> None:
    for parameters in ({"Limit": 1001}, {"Limit": 0}, {"Page": 0}, {"Limit": "many"}):
        assert client.ask("saleList", **parameters).status == 400


def test_the_budget_gives_exactly_so_many_calls_in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    present = [1000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: present[0]))
    with Simulator(limits=True, per_minute=5) as simulator:
        client = Client(simulator)
        assert [client.ask("me").status for _ in range(7)] == [200] * 5 + [429] * 2
        present[0] += 59
        assert client.ask("me").status == 429
        present[0] += 1
        assert client.ask("me").status == 200
        assert simulator.calls.summary()["refused"] == 3


def test_throttling_answers_take_all_forms_of_retry_after_in_turn() -> None:
    with Simulator(limits=True, per_minute=0) as simulator:
        answers = [Client(simulator).ask("saleList") for _ in range(3)]
    values = [answer.headers.get("retry-after") for answer in answers]
    assert values[0] is None
    assert str(values[1]).isdigit()
    assert str(values[2]).endswith(" Seconds")
    assert answers[0].json[0]["Exception"] == "You reached 0 calls per minute API limit"


def test_throttling_can_be_503_without_a_hint() -> None:
    choices = {"throttle_status": "503", "throttle_retry_after": "none"}
    with Simulator(limits=True, per_minute=0, switches=choices) as simulator:
        answer = Client(simulator).ask("saleList")
    assert (answer.status, "retry-after" in answer.headers) == (503, False)


def test_purchases_say_throttled_in_words_under_another_status() -> None:
    with Simulator(limits=True) as simulator:
        simulator.limiter.per_minute = 60
        client = Client(simulator)
        for _ in range(60):
            client.ask("me")
        answer = client.ask("advanced-purchase", ID="x")
    assert answer.status == 400
    assert "reached 60 calls per 60 seconds" in answer.json[0]["Exception"]


def test_a_connection_stays_open_for_many_calls(simulator: Simulator) -> None:
    address = urlsplit(simulator.root)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", "/ExternalApi/v2/me", headers=simulator.headers)
    assert json.loads(connection.getresponse().read())["TimeZone"] == "Europe/London"
    socket = connection.sock
    connection.request("GET", "/ExternalApi/v2/ref/tax", headers=simulator.headers)
    assert connection.getresponse().status == 200
    assert connection.sock is socket
    connection.close()


def test_calls_are_counted_by_path_and_status(client: Client) -> None:
    client.ask("me")
    client.ask("Me")
    client.ask("sale")
    counted = client.ask("/_sim/calls", detail=1).json
    assert counted["total"] == 3
    assert {"method": "GET", "path": "me", "status": "200", "count": 2} in counted["calls"]
    assert [entry["target"] for entry in counted["latest"]][-1] == "/ExternalApi/v2/sale"
    assert client.ask("/_sim/calls", method="DELETE").status == 204
    assert client.ask("/_sim/calls").json["total"] == 0
