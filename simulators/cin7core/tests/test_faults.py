"""Faults on order."""

from __future__ import annotations

from http.client import BadStatusLine, RemoteDisconnected

import pytest
from sim_cin7core import Client, new_sale


def order(client: Client, **fault: object) -> None:
    assert client.ask("/_sim/faults", method="POST", body=fault).status == 201


@pytest.mark.parametrize("kind", ["lost_answer", "drop_before"])
def test_a_connection_is_closed_without_a_byte(client: Client, kind: str) -> None:
    order(client, kind=kind, times=1)
    with pytest.raises((RemoteDisconnected, BadStatusLine, ConnectionResetError)):
        client.ask("me")
    assert client.ask("me").status == 200
    assert {"method": "GET", "path": "me", "status": "cut", "count": 1} in client.ask("/_sim/calls").json["calls"]


@pytest.mark.parametrize(
    ("kind", "status", "hint"),
    [
        ("429", 429, "60"),
        ("429_words", 429, "60 Seconds"),
        ("503", 503, None),
        ("503_retry_after", 503, "60"),
        ("503_html", 503, None),
        ("500_json", 500, None),
        ("404_json", 404, None),
        ("404_html", 404, None),
        ("400_throttle_text", 400, None),
        ("html_200", 200, None),
        ("redirect", 302, None),
    ],
)
def test_each_answer_has_its_status_and_hint(client: Client, kind: str, status: int, hint: str | None) -> None:
    order(client, kind=kind)
    answer = client.ask("me")
    assert (answer.status, answer.headers.get("retry-after")) == (status, hint)
    assert answer.headers["content-type"].startswith("text/html") == (
        kind in ("503_html", "404_html", "html_200", "redirect")
    )


def test_truncated_json_is_no_json(client: Client) -> None:
    order(client, kind="truncated_json")
    with pytest.raises(ValueError, match=r"."):
        assert client.ask("me").json


def test_a_fault_meets_only_the_calls_that_it_names(client: Client) -> None:
    order(client, kind="500_json", path=r"/ref/tax", method="GET", times=1)
    assert client.ask("me").status == 200
    assert client.ask("ref/tax").status == 500
    assert client.ask("ref/tax").status == 200
    assert client.ask("/_sim/faults").json[0]["hits"] == 1


def test_a_probable_fault_strikes_the_same_calls_for_the_same_seed(client: Client) -> None:
    runs = []
    for _ in range(2):
        client.ask("/_sim/faults", method="DELETE")
        order(client, kind="500_json", probability=0.5, seed=7)
        runs.append([client.ask("me").status for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


def test_an_odd_record_has_one_broken_field_and_the_others_are_whole(client: Client) -> None:
    odd, whole = new_sale(client.simulator), new_sale(client.simulator)
    order(client, kind="odd_record", params={"id": odd.id, "field": "Invoices.0.Total", "value": "abc"})
    assert client.sale(whole.id)["Invoices"][0]["Total"] == 100
    assert client.sale(odd.id)["Invoices"][0]["Total"] == "abc"
    client.ask("/_sim/faults", method="DELETE")
    order(client, kind="odd_record", params={"id": odd.id, "field": "Invoices.0.TaskID", "remove": True})
    assert "TaskID" not in client.sale(odd.id)["Invoices"][0]


def test_an_unknown_fault_is_refused(client: Client) -> None:
    assert client.ask("/_sim/faults", method="POST", body={"kind": "gremlin"}).status == 400
    assert client.ask("/_sim/faults", method="POST", body={"kind": "429", "often": 1}).status == 400
