"""Behaviours of the real service that are unconfirmed, contradictory or vary between accounts: one table.

Each switch names where the default comes from. "Documentation" is the Cin7 Core API v2 documentation (page in
brackets); "seen live" means that third parties reported it from real accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ON, OFF = "on", "off"
FIXED_AT_START = frozenset({"currency_rate", "varied_fractions"})


@dataclass(frozen=True, slots=True)
class Switch:
    """One behaviour: its name, the values it takes (first is the default) and why."""

    name: str
    values: tuple[str, ...]
    reason: str

    @property
    def default(self) -> str:
        """The value without any choice."""
        return self.values[0]


TABLE = (
    Switch(
        "throttle_status",
        ("429", "503"),
        "Documentation [Introduction]: 429 since 2026, 503 in 2024; 503 still seen live on lists.",
    ),
    Switch(
        "throttle_retry_after",
        ("mixed", "seconds", "words", "none"),
        "Seen live: missing, a number, or the words '60 Seconds'; mixed takes them in turn.",
    ),
    Switch(
        "throttle_purchase_words",
        (ON, OFF),
        "Seen live: purchase and advanced-purchase details answer another status with "
        "'reached 60 calls per 60 seconds' in the body.",
    ),
    Switch(
        "throttle_purchase_status",
        ("400", "500"),
        "Which other status is unconfirmed; 400 is the harder one, it looks like a refused request.",
    ),
    Switch("rate_refused_count", (OFF, ON), "Whether refused calls use the budget up is unconfirmed."),
    Switch("rate_headers", (OFF, ON), "One client reads X-RateLimit-Remaining; nobody has shown Core sending it."),
    Switch(
        "unknown_path",
        ("html", "redirect", "404"),
        "Seen live: an unknown path gives 200 with an HTML page or a redirect loop; documentation says 404.",
    ),
    Switch(
        "error_shape",
        ("array", "object", "mixed"),
        "Documentation and seen live: usually an array of {ErrorCode, Exception}, sometimes a bare object.",
    ),
    Switch(
        "unknown_id_status",
        ("400", "404"),
        "Documentation: 400 for validation; unconfirmed for an unknown ID, seen live only for accounts.",
    ),
    Switch(
        "limit_out_of_range",
        ("refuse", "clamp"),
        "Limit is 1 to 1000 (documentation); the answer beyond is unconfirmed.",
    ),
    Switch(
        "updated_since",
        ("after", "at_or_after"),
        "Documentation: 'changed after'; whether inclusive is unconfirmed.",
    ),
    Switch(
        "list_order",
        ("created", "updated", "updated_desc"),
        "Undocumented; one list was seen live oldest first.",
    ),
    Switch("varied_fractions", (ON, OFF), "Documentation examples: stamps carry two to seven fraction digits."),
    Switch(
        "purchase_credit_stamp_zone",
        (OFF, ON),
        "Documentation [Purchase credit note list]: stamps without Z there, with Z everywhere else.",
    ),
    Switch(
        "currency_rate",
        ("base_per_foreign", "foreign_per_base"),
        "No page defines the direction. The only example with both amounts [Journal] multiplies: "
        "base amount = amount x rate.",
    ),
    Switch(
        "sale_invoice_paid_status",
        (ON, OFF),
        "Documentation lists PAID for sale invoices: a fully paid one says PAID instead of AUTHORISED.",
    ),
    Switch(
        "bill_paid_status",
        (OFF, ON),
        "Documentation [Advanced purchase]: the example of a fully paid bill still says AUTHORISED.",
    ),
    Switch(
        "simple_purchase_misspelt_number",
        (ON, OFF),
        "Documentation [Purchase]: the example spells the bill number InvocieNumber.",
    ),
    Switch(
        "simple_purchase_refuses_others",
        (ON, OFF),
        "Seen live: purchase answers 400 for anything but simple purchases.",
    ),
    Switch(
        "standalone_credits_in_sale_list",
        (OFF, ON),
        "Documentation gives the type Credit Note only for the credit note list.",
    ),
    Switch(
        "credit_note_rows",
        ("per_task", "per_credit_note"),
        "The row has one CreditNoteNumber; whether a sale with two credit notes has two rows is unconfirmed.",
    ),
    Switch(
        "received_in_put_away",
        (OFF, ON),
        "Seen live: on some accounts StockReceived is empty and the quantities are in PutAway.",
    ),
    Switch(
        "inventory_accrual",
        (OFF, ON),
        "Help [Inventory Accrual and Stock in Transit]: goods received before their bill; posted only if switched on.",
    ),
    Switch(
        "stock_in_transit",
        (OFF, ON),
        "Help [Inventory Accrual and Stock in Transit]: goods billed before they come; posted only if switched on.",
    ),
    Switch(
        "uninvoiced_cost",
        ("order", "zero"),
        "Cost of goods without a bill: that of the order or the average (consultants); 0 without accrual says the help "
        "[Inventory Accrual and Stock in Transit].",
    ),
    Switch(
        "cost_corrections",
        ("separate", "restated"),
        "Consultants: a later cost is posted as a separate Sale COGS Change; whether on the day of that cost or by "
        "changing the cost of the shipment is unconfirmed.",
    ),
    Switch(
        "cost_change_moves_stamp",
        (ON, OFF),
        "Whether a sale's change stamp moves when only its cost changes is unconfirmed.",
    ),
    Switch(
        "purchase_journals_change_cost",
        (ON, OFF),
        "Consultants: manual journals of a purchase are used to add landed cost; whether any line on the inventory "
        "account does is unconfirmed.",
    ),
    Switch(
        "negative_amounts",
        (ON, OFF),
        "Documentation [Stock take]: amounts may be negative; whether corrections of cost are too, or turned round, is "
        "unconfirmed.",
    ),
    Switch(
        "transaction_dates",
        ("exclusive", "inclusive"),
        "Documentation [Transactions]: 'more than' FromDate and 'less than' ToDate; whether the days themselves are "
        "meant too is unconfirmed.",
    ),
)


class Switches:
    """The chosen value of every switch."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self._values = {switch.name: switch.default for switch in TABLE}
        for name, value in (chosen or {}).items():
            self.set(name, value)

    def set(self, name: str, value: str) -> None:
        """Choose a value; ValueError names the unknown switch or value."""
        switch = next((candidate for candidate in TABLE if candidate.name == name), None)
        if switch is None:
            raise ValueError(f"unknown switch {name!r}")
        if value not in switch.values:
            raise ValueError(f"switch {name} takes {', '.join(switch.values)}, not {value!r}")
        self._values[name] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def on(self, name: str) -> bool:
        """Whether an on/off switch is on."""
        return self._values[name] == ON

    def as_dict(self) -> dict[str, str]:
        """All names with their values."""
        return dict(self._values)


def parse_choices(texts: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping; ValueError without an equals sign."""
    pairs = [text.partition("=") for text in texts]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("a switch is given as NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in pairs}
