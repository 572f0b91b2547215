"""How contacts are found and compared."""

from __future__ import annotations

from typing import Any

import pytest

from hub.documents import Contact
from hub.engine.directory import domain_of, entry_of, head_of, tax_parts
from hub.engine.likeness import Card, clear_best, compare, rank, with_taken

ACME = Card("s", "Acme Trading Ltd", "acme trading ltd", "ann@acme.test", "acme.test", "123456789", "GB")


def card(id: str, name: str, **more: Any) -> Card:
    return Card(id, name, name, **more)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("GB 123 4567 89", ("GB", "123456789")),
        ("123456789", ("", "123456789")),
        ("ATU12345678", ("AT", "U12345678")),
        ("n/a", ("", "")),
        ("none 12", ("", "")),
    ],
)
def test_a_tax_number_is_known_with_and_without_its_country(written: str, parts: tuple[str, str]) -> None:
    assert tax_parts(written) == parts


def test_a_name_is_found_by_its_first_telling_word() -> None:
    assert [head_of(name) for name in ("The Ångström Co.", "Ängel", "a", "...")] == ["ångs", "änge", "a", ""]


def test_a_mail_provider_that_everybody_uses_is_no_domain() -> None:
    assert (domain_of("ann@acme.test"), domain_of("ann@gmail.com"), domain_of("no address")) == ("acme.test", "", "")


def test_who_is_neither_customer_nor_supplier_is_listed_with_the_customers() -> None:
    supplier = entry_of(1, Contact(external_id="s", name="S", is_supplier=True))
    neither = entry_of(1, Contact(external_id="n", name="N"))
    assert (supplier["is_customer"], supplier["is_supplier"]) == (False, True)
    assert (neither["is_customer"], neither["is_supplier"]) == (True, False)


def test_each_reason_is_told_and_several_weigh_more_than_one() -> None:
    by_number = compare(ACME, card("1", "other", tax_number="123456789"))
    by_mail = compare(ACME, card("2", "other", email="ann@acme.test", domain="acme.test"))
    by_both = compare(ACME, card("3", "other", email="ann@acme.test", domain="acme.test", tax_number="123456789"))
    assert by_number.reasons == ("VAT number equal",)
    assert by_mail.reasons == ("e-mail equal",)
    assert by_both.reasons == ("VAT number equal", "e-mail equal")
    assert by_mail.score < by_number.score < by_both.score < 1


def test_a_like_name_at_the_same_domain_says_how_like() -> None:
    found = compare(ACME, card("1", "acme trading limited", email="bob@acme.test", domain="acme.test"))
    assert found.reasons == ("name likeness 0.89", "domain equal")
    assert 0.7 < found.score < 0.95


def test_the_same_name_with_another_tax_number_is_not_the_same() -> None:
    found = compare(ACME, card("1", "acme trading ltd", tax_number="123456789", tax_country="DE"))
    assert found.reasons == ("name equal", "VAT numbers differ")
    assert rank(ACME, [card("1", "acme trading ltd", tax_number="987654321")], []) == []


def test_the_best_comes_first_and_what_is_unlike_not_at_all() -> None:
    alike = [card("far", "zenith"), card("near", "acme trading limited"), card("same", "acme trading ltd")]
    assert [each.target_id for each in rank(ACME, [alike[2]], alike)] == ["same", "near"]


def test_of_two_that_can_not_be_told_apart_none_is_taken_unseen() -> None:
    twins = [card("1", "acme trading ltd"), card("2", "acme trading ltd")]
    assert clear_best(rank(ACME, twins, []), 0.9) is None
    found = clear_best(rank(ACME, twins[:1], []), 0.9)
    assert found is not None
    assert found.target_id == "1"
    assert clear_best(rank(ACME, twins[:1], []), 0.96) is None


def test_one_that_another_is_linked_to_is_offered_last_and_never_taken_unseen() -> None:
    found = rank(ACME, [card("1", "acme trading ltd")], [card("2", "acme trading limited")])
    offered = with_taken(found, {"1"})
    assert [each.target_id for each in offered] == ["2", "1"]
    assert offered[1].reasons == ("name equal", "already linked to another")
    assert clear_best(offered[1:], 0.5) is None
