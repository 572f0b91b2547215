"""The state file."""

from __future__ import annotations

from pathlib import Path

from sim_cin7core import Client, Simulator, Sources, new_purchase, new_sale


def test_changes_survive_a_restart_without_loading_the_data_again(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with Simulator(state=state) as simulator:
        sale, purchase = new_sale(simulator, tax_rule="20% (VAT on Income)"), new_purchase(simulator)
        simulator.person("pay", id=sale.id, amount="10")
        before = (
            Client(simulator).sale(sale.id),
            Client(simulator).ask("advanced-purchase", ID=purchase.id).json,
        )
    with Simulator(Sources(), state=state) as again:
        client = Client(again)
        assert (client.sale(sale.id), client.ask("advanced-purchase", ID=purchase.id).json) == before
        assert client.ask("saleList").json["Total"] == 1
        again.person("touch", id=sale.id)
        assert client.sale(sale.id)["LastModifiedOn"] > before[0]["LastModifiedOn"]


def test_a_change_is_on_disk_before_its_answer_leaves(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with Simulator(state=state) as simulator:
        sale = new_sale(simulator)
        simulator.person("void_sale", id=sale.id)
        with Simulator(state=state) as other:
            assert Client(other).sale(sale.id)["Status"] == "VOIDED"


def test_a_stopped_simulator_answers_nobody_any_more(tmp_path: Path) -> None:
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    simulator = Simulator().start()
    address = urlsplit(simulator.root)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", "/ExternalApi/v2/me", headers=simulator.headers)
    connection.getresponse().read()
    simulator.stop()
    try:
        connection.request("GET", "/ExternalApi/v2/me", headers=simulator.headers)
        answered = bool(connection.getresponse().status)
    except (HTTPException, OSError):
        answered = False
    assert not answered
