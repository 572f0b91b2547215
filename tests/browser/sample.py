"""A hub in which every page has something to show."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from houses import House, called, contact, invoice, item, journal, line, make_perpetual, payment, put
from people import add_owner, add_person
from reconciled import by_hand, reconciled

from hub.accounts import Sort, invitations
from hub.accounts.roster import Name, Permission, Roster
from hub.documents import JournalReason, Kind, Tracking
from hub.engine.reconciling import Proving, Signing, prove
from hub.engine.tracking import TrackingChoices
from hub.models import FlowMode
from hub.reconcile import JournalMode
from hub.scheduler import Timing, add_schedule
from hub.store import Store
from hub.vault import Vault


def sample_house(store: Store, vault: Vault) -> House:
    """Documents proposed, posted, changed since, held, refused, skipped and unreadable; a schedule; runs."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), contact("c2", "Brightwater Trading Company Limited"), item(), item("p2", "COFFEE"))
    put(house, *(invoice(f"i{n}", f"SO-{1000 + n}") for n in range(8)))
    put(house, invoice("unmapped", "SO-2000", lines=(line(account="999"),)))
    put(house, invoice("old", "SO-0001", date="2025-01-01"))
    house.shelf.put("odd")
    house.shelf.odd["odd"] = "A date that is none"
    house.sync()
    proposed = [row.id for row in house.operations(state="proposed")]
    house.person.approve(proposed[:3])
    house.run_ledger()
    house.person.drop(proposed[3:4], "Entered by hand")
    put(house, payment("pay0", house.operations(state="done", kind="invoice")[0].source_id))
    put(house, invoice("i1", "SO-1001", lines=(line("25.00"),)))
    house.sync()
    _strangers(house)
    _costs(house)
    _compared(house)
    add_schedule(house.hub, house.stock_id, Timing("cron", "30 6 * * 1-5", "Europe/London", "Weekdays"))
    _people(house)
    return house


def _costs(house: House) -> None:
    """Costs of a month in one journal, a stocktake by itself, and a category that is fed from what they say."""
    house.books.tracking[:] = [Tracking(external_id="k1", name="Region", options=("North", "South"))]
    house.run_ledger()
    make_perpetual(house).post_journals(house.integration_id, JournalMode.MONTH)
    TrackingChoices(house.person).feed(house.integration_id, {"Region": "location"}, "warn")
    put(house, journal("j1"), journal("j2", "12.50", attributes=(("location", "north"),)))
    put(house, journal("j3", "7.00", reason=JournalReason.STOCKTAKE))
    house.sync()


def _compared(house: House) -> None:
    """A month that was signed off and has other figures since, and a proof that finds something twice."""
    signed = reconciled(house)
    Signing(house.hub, "olga@example.com").sign(signed.id or 0, "Looked at with the warehouse")
    by_hand(house, "-1.50")
    house.shelf.revalued["TEA"] = Decimal("0.37")
    reconciled(house)
    first = next(entry for entry in house.books.entries.values() if entry.kind is Kind.INVOICE)
    house.books.entries["twice"] = replace(first, id="twice")
    prove(house.hub, Proving(house.hub, "olga@example.com").ask(house.integration_id))
    del house.books.entries["twice"]


def _people(house: House) -> None:
    """A client beside the owner, and somebody who is invited."""
    owner = add_owner(house.hub)
    add_person(house.hub, "clara@example.com", sort=Sort.CLIENT)
    invitations.invite(Roster(house.hub, owner), Name("Ivo", "Invited", "ivo@example.com"), Permission(Sort.CLIENT))


def _strangers(house: House) -> None:
    """Contacts that are not linked: one whose name is nearly another's, one that nobody knows."""
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    house.books.add(Kind.CONTACT, name="Northern Lights Limited")
    put(house, contact("alike", "Northern Lights Ltd"), contact("alone", "Zebra Crossing Cafe"))
    put(house, invoice("waiting", "SO-3000", contact_id="alone"))
    house.sync()
