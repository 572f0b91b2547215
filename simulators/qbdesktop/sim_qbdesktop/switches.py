"""Rules no good source confirms, each behind a switch; the first value is the default.

Set with `--switch NAME=VALUE`, `Simulator(switches={...})` or `POST /_sim/switches`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question: the answers to choose from, the default first, and why it is open."""

    values: tuple[str, ...]
    reason: str

    @property
    def default(self) -> str:
        return self.values[0]


SWITCHES: dict[str, Switch] = {
    "value_errors": Switch(
        ("unreadable", "status"),
        "A value too long or of the wrong form: refused by the parser with the whole set (schema), or answered with"
        " 3070, 3040 and the like (seen once, for an account number).",
    ),
    "other_characters": Switch(
        ("question_mark", "unreadable"),
        "Characters outside ISO-8859-1 are kept as question marks (seen); others report that they stop the parser.",
    ),
    "rollback_on_error": Switch(
        ("unreadable", "stops"), "In the schema, but QuickBooks Desktop does not support it; what it says is not known."
    ),
    "summer_offset": Switch(
        ("wrong", "right"), "Seen: in summer QuickBooks writes local time with the offset of winter."
    ),
    "amount_or_rate": Switch(
        ("amount", "rate"), "Which one stands when Quantity x Rate is not the Amount of the same line."
    ),
    "unmentioned_lines": Switch(
        ("deleted", "kept"), "Lines that a Mod with lines does not name: believed deleted, no source at hand."
    ),
    "duplicate_numbers": Switch(
        ("accepted", "refused"),
        "Whether a RefNumber used before is refused with 3180 (a preference in the screens; unclear for the SDK).",
    ),
    "inactive_references": Switch(
        ("refused", "accepted"), "Whether a new document may name a customer, item or account that is inactive."
    ),
    "open_closing_date": Switch(
        ("refused", "accepted"),
        "3171 is certain when the closing date has a password, which no request can carry; without one it is not.",
    ),
    "linked_transactions": Switch(
        ("released", "protected"),
        "Voiding or deleting what is paid: QuickBooks' screens release the payment; 3185 and 3160 exist, too.",
    ),
    "applying_changes": Switch(
        ("both", "neither"),
        "Whether a payment or credit changes TimeModified and EditSequence of what it is applied to: believed so.",
    ),
    "credits_alone": Switch(
        ("links", "transaction"),
        "A payment of nothing but credits: Intuit documents that it makes no transaction and that its answer is thin;"
        " how thin is not said.",
    ),
    "negative_totals": Switch(("refused", "accepted"), "Documents below zero are refused in QuickBooks' screens."),
    "overpayment_severity": Switch(
        ("Info", "Error"), "A recorded 3210 for paying more than is due had the severity Info."
    ),
    "exact_not_found": Switch(
        ("500", "1"), "A query for one ListID, FullName or TxnID without a match: 500 seen in 2026, 1 in older records."
    ),
    "recovered_answers": Switch(
        ("full", "short"),
        "A set sent again is answered from memory: whole, or with ErrorRecovery in place of the records.",
    ),
    "half_done_set": Switch(
        ("completed", "not_processed"),
        "QuickBooks died in the middle of a set: sent again, the rest is done, or answered with 3231.",
    ),
    "disabled_feature": Switch(
        ("refused", "dropped"), "A field of a feature that is off: 3250, or saved without it with the warning 530."
    ),
    "journal_receivable_lines": Switch(
        ("one", "any"),
        "Only one line of a journal entry may be on a receivable or payable account (no source).",
    ),
    "ip_hosts": Switch(
        ("refused", "accepted"),
        "AppURL with an IP address: refused in the Programmer's Guide (QBWC1001), seen working in a log of 2016.",
    ),
    "parameters": Switch(
        ("empty", "missing", "nil"),
        "How a parameter without a value travels: an empty element (seen), left out, or xsi:nil.",
    ),
    "parameter_case": Switch(
        ("documented", "lower", "upper"), "Not the Web Connector's doing: checks a server that matches names by case."
    ),
    "byte_order_mark": Switch(("refused", "accepted"), "A byte order mark before the XML declaration of an answer."),
    "done_case": Switch(
        ("ignored", "exact"), "Whether DONE ends the connectionError loop as done does; samples use both."
    ),
    "close_after_failure": Switch(
        ("no", "yes"), "Whether closeConnection is called after an answer that could not be read."
    ),
    "server_version_failure": Switch(
        ("ignored", "fatal"), "A failing serverVersion is logged (seen); whether it can end the session is not known."
    ),
    "wsdl_at_run_time": Switch(
        ("no", "yes"), "One library claims that the Web Connector fetches ?wsdl before a session; no log shows it."
    ),
    "negative_and_no_op": Switch(
        ("ends", "pauses"), "receiveResponseXML below zero, then getLastError NoOp: ends the session, or pauses it."
    ),
}


class Switchboard:
    """The switches of one running simulator; reading an unknown name is a KeyError."""

    def __init__(self, changes: dict[str, str] | None = None) -> None:
        self._chosen = {name: switch.default for name, switch in SWITCHES.items()}
        self.set(changes or {})

    def set(self, changes: dict[str, str]) -> None:
        """KeyError for an unknown switch, ValueError for an unknown value; then nothing is changed."""
        for name, value in changes.items():
            if value not in SWITCHES[name].values:
                raise ValueError(f"{name}={value}: one of {', '.join(SWITCHES[name].values)}")
        self._chosen.update(changes)

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def table(self) -> dict[str, dict[str, object]]:
        """Every switch with its value, choices and reason."""
        return {
            name: {"value": self._chosen[name], "values": list(switch.values), "reason": switch.reason}
            for name, switch in SWITCHES.items()
        }
