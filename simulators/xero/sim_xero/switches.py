"""Rules no good source confirms, each behind a switch.

The default is the stricter reading unless the reason says otherwise, so that a client which passes here is
safe either way. Set with `--switch NAME=on|off`, `Simulator(switches={...})` or `POST /_sim/switches`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One rule that may be turned off: its default and why it is open."""

    default: bool
    reason: str


SWITCHES: dict[str, Switch] = {
    "contact_names_ignore_case": Switch(
        True, "Uniqueness of contact names regardless of case is believed, not documented."
    ),
    "contact_name_characters": Switch(
        True, "No < or >, no leading, trailing or double spaces: third-party observation of the live API."
    ),
    "lock_dates_bind_drafts": Switch(True, "Documented for approved documents; unclear for drafts."),
    "final_numbers_stay_used": Switch(
        True, "Whether the number of a VOIDED or DELETED sales invoice may be used again; one vendor says no."
    ),
    "due_date_required_when_approved": Switch(
        True, "Xero may fall back to payment terms, which this simulator does not work out."
    ),
    "zero_total_is_paid": Switch(True, "An approved document of 0.00 is believed to become PAID at once."),
    "negative_quantity_refused": Switch(
        True, "The message is known; whether it is for all lines or only for tracked stock is not."
    ),
    "tax_on_zero_rate_refused": Switch(
        True, "A TaxAmount may be overridden; whether also where the rate is zero is not documented."
    ),
    "url_must_be_http": Switch(
        True, "The API refuses a contact's website without http(s); believed of an invoice's Url as well."
    ),
    "invoice_numbers_ignore_case": Switch(
        True, "Sales invoice numbers are unique; whether A-1 and a-1 are the same number is not documented."
    ),
    "discount_refused_where_unsupported": Switch(
        True, "Bills and credit notes do not support discounts; off = the discount is ignored in silence."
    ),
    "unknown_tracking_refused": Switch(True, "An unknown option may be ignored or created by the live API."),
    "unknown_line_id_refused": Switch(True, "A LineItemID that is not on the document; off = taken as a new line."),
    "inventory_account_on_lines_refused": Switch(
        False, "Xero's screens hide INVENTORY accounts for untracked lines; no source for the API."
    ),
    "allocation_needs_same_contact": Switch(True, "So in Xero's screens; no source for the API."),
    "reconciled_payment_cannot_be_deleted": Switch(False, "No source either way."),
    "inventory_account_in_journals_refused": Switch(
        False, "Whether a manual journal may name an INVENTORY account has no source for the API either way."
    ),
    "unbalanced_draft_journals_refused": Switch(
        True, "The documented example shows the message on a draft; off = only a posted journal must balance."
    ),
    "omitted_journal_line_fields_are_blanked": Switch(
        True, "So a vendor says; off = a line keeps what the line in its place had."
    ),
    "journal_update_needs_narration": Switch(
        True, "The schema requires a Narration, on updates too; whether voiding goes without is not known."
    ),
    "posted_journals_can_be_edited": Switch(
        True, "Vendors update posted journals in place; Xero's own assistant tool says drafts only. Try both."
    ),
    "posted_journals_return_to_draft": Switch(False, "Neither the documentation nor Xero's screens tell of it."),
    "archived_account_blocks_voiding": Switch(
        True, "Seen live by a third party: a journal is voided only while the accounts of its lines are active."
    ),
    "unpaged_manual_journals_have_no_lines": Switch(
        True, "Documented: lines come with `page`; the documented example of the plain list has none."
    ),
    "ordered_manual_journals_are_one_page": Switch(
        True, "An extractor found everything in one page when it asked for an order; off = pages as elsewhere."
    ),
    "balance_sheet_is_at_month_end": Switch(
        True, "A vendor reports the end of the date's month, whatever its day; off = the day itself."
    ),
    "unpaged_invoices_have_no_lines": Switch(
        True, "Documented: without `page` invoices come without lines and with a contact stub."
    ),
    "pagination_without_page": Switch(False, "Documented for paged lists; unclear when no page was asked for."),
    "refused_batch_saves_nothing": Switch(
        True,
        "With summarizeErrors true one bad element makes a 400; off = the good ones are kept.",
    ),
    "any_loopback_redirect_uri": Switch(
        True,
        "A convenience, NOT Xero's behaviour: redirect addresses on 127.0.0.1 or localhost need no entry.",
    ),
    "old_refresh_token_works_once_more": Switch(
        True, "Documented grace: for 30 minutes after a rotation the token before it still works."
    ),
    "idempotency_key_words_refused": Switch(
        True, "Literal undefined, null or empty keys made the API fail for users of an SDK."
    ),
}


class Switchboard:
    """The switches of one running simulator; reading an unknown name is a KeyError."""

    def __init__(self, changes: dict[str, bool] | None = None) -> None:
        self._on = {name: switch.default for name, switch in SWITCHES.items()}
        self.set(changes or {})

    def set(self, changes: dict[str, bool]) -> None:
        if unknown := changes.keys() - self._on.keys():
            raise KeyError(f"unknown switches: {', '.join(sorted(unknown))}")
        self._on.update(changes)

    def __getitem__(self, name: str) -> bool:
        return self._on[name]

    def table(self) -> dict[str, dict[str, object]]:
        """Every switch with its state, default and reason."""
        return {
            name: {"on": self._on[name], "default": switch.default, "reason": switch.reason}
            for name, switch in SWITCHES.items()
        }
