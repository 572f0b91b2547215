"""The words of the pages: kinds, states, money and time as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask
from markupsafe import Markup

from hub.amounts import amount as amount
from hub.amounts import unsigned_zero as unsigned_zero
from hub.documents import Kind
from hub.errors import Problem

KINDS: Mapping[str, tuple[str, str]] = {
    "contact": ("Contact", "Contacts"),
    "item": ("Item", "Items"),
    "invoice": ("Invoice", "Invoices"),
    "credit_note": ("Credit note", "Credit notes"),
    "bill": ("Bill", "Bills"),
    "supplier_credit": ("Supplier credit", "Supplier credits"),
    "payment": ("Payment", "Payments"),
    "refund": ("Refund", "Refunds"),
    "allocation": ("Allocation", "Allocations"),
    "journal": ("Journal", "Journals"),
    "account": ("Account", "Accounts"),
    "tax_rate": ("Tax rate", "Tax rates"),
    "payment_term": ("Payment term", "Payment terms"),
    "payment_method": ("Payment method", "Payment methods"),
    "bank_account": ("Bank account", "Bank accounts"),
    "tracking": ("Tracking category", "Tracking categories"),
}

OPERATION_STATES: Mapping[str, str] = {
    "held": "Held",
    "proposed": "Waiting for approval",
    "pending": "Approved, waiting to be sent",
    "sending": "Being sent",
    "unsure": "Not sure that it arrived",
    "failed": "Refused",
    "done": "Posted",
    "dropped": "Skipped",
    "replaced": "Replaced by a newer plan",
}

SETTLED_STATES: Mapping[str, str] = {
    "payment": "Recorded",
    "refund": "Recorded",
    "allocation": "Applied",
    "journal": "Posted",
}
"""What stands in the books and never is open: nothing is due on it."""

RUN_STATES: Mapping[str, str] = {
    "open": "Running",
    "done": "Finished",
    "parked": "Waiting for the platform",
    "failed": "Failed",
    "stopped": "Stopped",
    "taken_over": "Taken over by another process",
}

ACTIONS: Mapping[str, str] = {"create": "Create", "update": "Update", "void": "Void", "delete": "Delete"}

CAUSES: Mapping[str, str] = {
    "person": "somebody asked for it",
    "nudge": "something was approved or changed",
    "nightly look": "the nightly look at everything that was posted",
    "schedule": "the schedule",
    "connected": "it was connected",
    "parked": "the wait for the platform is over",
    "visit": "the platform visited the hub",
}

COUNTS: Mapping[str, str] = {
    "changed": "changed since the run before",
    "states": "looked at in the ledger",
    "kept": "planned as before",
    "adopted": "linked to what was there",
    "proposed": "planned",
    "in a summary": "posted together with others",
    "not eligible": "left out by the rules",
    "failed": "refused",
    "unsure": "perhaps arrived, looked for next",
    "late": "told late what became of it",
}
"""What a run counts, in words that follow the number; other words stand for themselves."""

PULLED = "pulled "

MODES: Mapping[str, str] = {"off": "Off", "review": "Review first", "automatic": "Automatic"}

ROLES: Mapping[str, str] = {"stock": "Stock system", "ledger": "Ledger", "checker": "Checker"}


def kind_title(kind: str) -> str:
    """One document of a kind."""
    return KINDS[kind][0] if kind in KINDS else spoken(kind)


def kinds_title(kind: str) -> str:
    """Several documents of a kind."""
    return KINDS[kind][1] if kind in KINDS else spoken(kind)


def operation_state(state: str) -> str:
    """How an intended write stands."""
    return OPERATION_STATES.get(state, spoken(state))


_FACTS: Mapping[str, str] = {
    "map": "the mapping of {kind} {name} changed",
    "link": "how the {kind} that it rests on stands in the ledger changed",
    "target": "the ledger's {kind} {name} changed",
    "source": "the {kind} that it refers to changed in the stock system",
}
_OF_THE_LEDGER = "target:organisation:"


def because(reason: str) -> str:
    """Why something was planned; a fact that it waited for is told in words, without ids that tell nobody anything."""
    sort, _, rest = reason.partition(":")
    kind, separator, name = rest.partition(":")
    if reason == _OF_THE_LEDGER:
        return "the ledger told something new of itself"
    if sort not in _FACTS or not separator:
        return reason
    return _FACTS[sort].format(kind=kind.replace("_", " "), name=name)


def ledger_status(status: str | None, kind: str) -> str:
    """How a record of a kind stands in the ledger, as accounting calls it."""
    if status == "open" and kind in SETTLED_STATES:
        return SETTLED_STATES[kind]
    return spoken(status or "")


def known_as(number: str, kind: str, own: str) -> str:
    """A number of the ledger, with the document's own beside it where the ledger has it shortened or changed."""
    if not own or own == number or kind in SETTLED_STATES.keys() - {"journal"}:
        return number
    return f"{number} (in full {own})" if _is_shortened(number, own) else f"{number} (ours is {own})"


def _is_shortened(number: str, own: str) -> bool:
    """Whether a number is the end, or the beginning, of a longer one, made unique by what follows ~."""
    kept = number.partition("~")[0]
    return len(number) < len(own) and bool(kept) and kept in own


def run_state(state: str) -> str:
    """How a run stands."""
    return RUN_STATES.get(state, spoken(state))


def cause(why: str) -> str:
    """Why a run was wanted."""
    return CAUSES.get(why, why or "unknown")


def day(value: date | str | None) -> str:
    """A calendar day, in the one form that nobody misreads."""
    return "" if value is None else str(value)


def moment(value: datetime | None, absent: str = "never") -> Markup | str:
    """A moment for people and machines."""
    if value is None:
        return absent
    # Parts of one text are made much faster than two formats, and lists have many moments.
    text = value.astimezone(UTC).isoformat()
    return _MOMENT % (text, text[:10], text[11:16])


_MOMENT = Markup('<time datetime="%s">%s %s UTC</time>')


def duration(seconds: float) -> str:
    """A span of time in its two largest units."""
    whole = max(0, round(seconds))
    parts = ((whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 document, 2 documents."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def done_by_run(counts: Mapping[str, int]) -> str:
    """What a run did, such as 11 tax rules read, 3 created; empty when that was nothing."""
    return ", ".join(f"{count:,} {_counted_as(name, count)}" for name, count in counts.items() if count)


def _counted_as(name: str, count: int) -> str:
    if name.startswith(PULLED):
        feed = spoken(name.removeprefix(PULLED)).lower()
        return f"{_singular(feed) if count == 1 else feed} read"
    return COUNTS.get(name, name)


def _singular(many: str) -> str:
    """One of what a feed brings; feeds are named by plugins, in the plural or as something uncounted."""
    for ending, single in (("ies", "y"), ("xes", "x"), ("sses", "ss"), ("ss", "ss"), ("s", "")):
        if many.endswith(ending):
            return many.removesuffix(ending) + single
    return many


def detail(value: Any) -> str:
    """What the audit keeps beside an event, in words: parts of lists by commas, of tables by semicolons."""
    if isinstance(value, Mapping):
        # Names of our own are spoken; codes of the platforms stay as they are.
        names = {name: name.replace("_", " ") if name.islower() else name for name in value}
        return "; ".join(f"{names[name]}: {detail(part)}" for name, part in value.items()) or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(detail(part) for part in value) or "none"
    if value is None or value == "":
        return "nothing"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def problem_of(stored: Mapping[str, Any] | None) -> Problem | None:
    """A stored problem as an object."""
    return Problem.model_validate(stored) if stored else None


def pretty(body: bytes | str) -> str:
    """JSON and XML laid out for reading, character by character as they are sent; anything else as it is."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    if text.startswith("<?xml"):
        return "\n".join(_xml_lines(text))
    try:
        return "".join(_laid_out(json.loads(text, parse_float=Decimal), ""))
    except ValueError:
        return text


def symbols(payload: str) -> list[str]:
    """What in a preview stands for ids that the ledger has not given yet, such as ``<invoice:i1>``; each once."""
    return list(dict.fromkeys(_SYMBOL.findall(payload)))


_SYMBOL = re.compile(rf"(?:<|&lt;)(?:contact of )?(?:{'|'.join(Kind)}):[^<>&\"]+(?:>|&gt;)")
"""As ``Facts.target`` and ``Facts.party`` make them; in XML their brackets are written as entities."""


def _laid_out(value: Any, indent: str) -> Iterable[str]:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        yield "{"
        for number, (name, part) in enumerate(value.items()):
            yield f"{',' if number else ''}\n{inner}{json.dumps(name, ensure_ascii=False)}: "
            yield from _laid_out(part, inner)
        yield f"\n{indent}}}"
    elif isinstance(value, list) and value:
        yield "["
        for number, part in enumerate(value):
            yield f"{',' if number else ''}\n{inner}"
            yield from _laid_out(part, inner)
        yield f"\n{indent}]"
    else:
        yield str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _xml_lines(text: str) -> Iterable[str]:
    """An element without elements stays on one line; nothing but the line breaks between tags is added."""
    depth, line = 0, ""
    for part in re.findall(r"<[^>]*>[^<]*", text):
        is_end = part.startswith("</")
        depth -= is_end
        if line and not (is_end and not line.endswith(">")):
            yield line
            line = ""
        line = f"{line}{part}" if line else f"{'  ' * depth}{part}"
        depth += not is_end and part[1] not in "?!" and "/>" not in part
    yield line


def with_commas(parts: Iterable[str]) -> str:
    """Those that there are, with commas between them."""
    return ", ".join(filter(None, parts))


def spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def install(app: Flask) -> None:
    """Make the words known to the templates."""
    app.jinja_env.filters.update(
        kind=kind_title,
        kinds=kinds_title,
        operation_state=operation_state,
        run_state=run_state,
        ledger_status=ledger_status,
        known_as=known_as,
        because=because,
        cause=cause,
        done_by_run=done_by_run,
        amount=amount,
        day=day,
        moment=moment,
        duration=duration,
        problem=problem_of,
        spoken=spoken,
        detail=detail,
        with_commas=with_commas,
    )
    app.jinja_env.globals.update(counted=counted, ACTIONS=ACTIONS, MODES=MODES, ROLES=ROLES)
