"""Tax rates. Source: Xero API documentation, TaxRates; own rates get TaxType TAX001, TAX002, ..."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from . import batch, listing
from .endpoint import Call, Payload, endpoint
from .errors import ValidationError, not_found
from .fields import Raw, choice, flag, number, rows, text
from .filters import Reader
from .money import HUNDRED, ZERO, rounded
from .records import TaxRate

_STATUSES = ("ACTIVE", "DELETED", "ARCHIVED", "PENDING")
_CLASSES = {
    "CanApplyToAssets": "ASSET",
    "CanApplyToEquity": "EQUITY",
    "CanApplyToExpenses": "EXPENSE",
    "CanApplyToLiabilities": "LIABILITY",
    "CanApplyToRevenue": "REVENUE",
}
_BATCH = ("TaxRates", "TaxType", "HasValidationErrors")
FIELDS: dict[str, Reader[TaxRate]] = {
    "name": lambda rate: rate.name,
    "taxtype": lambda rate: rate.tax_type,
    "status": lambda rate: rate.status,
    "reporttaxtype": lambda rate: rate.report_tax_type,
    "effectiverate": lambda rate: rate.rate,
    "displaytaxrate": lambda rate: rate.rate,
}


def render(call: Call, rate: TaxRate) -> dict[str, Any]:
    shown = {
        "Name": rate.name,
        "TaxType": rate.tax_type,
        "ReportTaxType": rate.report_tax_type,
        **{name: of in rate.applies_to for name, of in _CLASSES.items()},
        "DisplayTaxRate": rate.rate,
        "EffectiveRate": rate.rate,
        "Status": rate.status,
        "TaxComponents": [{**component, "Rate": Decimal(component["Rate"])} for component in rate.components],
    }
    return {name: value for name, value in shown.items() if value != ""}


_LIST = listing.ListOf("TaxRates", "TaxRate", FIELDS, render, None, paged=False)


@endpoint("GET", "/TaxRates", "settings")
def list_tax_rates(call: Call) -> Payload:
    return listing.answer(call, _LIST, call.books.tax_rates)


@endpoint("GET", "/TaxRates/<key>", "settings")
def get_tax_rate(call: Call) -> Payload:
    rate = call.books.tax_rates.get(call.args["key"])
    if rate is None:
        raise not_found()
    return {"TaxRates": [render(call, rate)]}


@endpoint("PUT", "/TaxRates", "settings")
def put_tax_rates(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: render(call, _create(call, raw)))


@endpoint("POST", "/TaxRates", "settings")
def post_tax_rates(call: Call) -> Payload:
    return batch.run(call, *_BATCH, lambda call, raw: render(call, _upsert(call, raw)))


def _create(call: Call, raw: Raw) -> TaxRate:
    taken = {rate.tax_type for rate in call.books.tax_rates}
    count = next(n for n in range(1, 1000) if f"TAX{n:03d}" not in taken)
    return _apply(call, TaxRate(f"TAX{count:03d}", "", ZERO, []), raw)


def _upsert(call: Call, raw: Raw) -> TaxRate:
    """An existing rate is found by TaxType, else by name (docs)."""
    found = call.books.tax_rates.get(str(raw.get("TaxType", "")))
    if found is None:
        named = call.books.tax_rates.find("name", str(raw.get("Name", "")))
        found = named[0] if named else None
    return _create(call, raw) if found is None else _apply(call, found, raw)


def _apply(call: Call, rate: TaxRate, raw: Raw) -> TaxRate:
    """Name and components are needed; in the UK a new rate needs ReportTaxType (docs)."""
    problems = ValidationError()
    name = text(raw, "Name") or rate.name
    if not name:
        problems.add("The tax rate name must be specified.", "Name")
    others = call.books.tax_rates.find("name", name)
    if any(other.tax_type != rate.tax_type for other in others):
        problems.add("A tax rate with this name already exists.", "Name")
    report = text(raw, "ReportTaxType") or rate.report_tax_type
    if not report:
        problems.add("ReportTaxType must be specified.", "ReportTaxType")
    sent = rows(raw, "TaxComponents")
    components = rate.components if sent is None else [_component(row) for row in sent]
    if not components:
        problems.add("At least one tax component must be specified.", "TaxComponents")
    status = choice(raw, "Status", _STATUSES, "Xero.API.Library.TaxRateStatus") or rate.status
    problems.raise_if_any()
    applies_to = rate.applies_to or list(_CLASSES.values())
    return call.books.tax_rates.put(
        replace(
            rate,
            name=name,
            report_tax_type=report,
            components=components,
            rate=effective(components),
            status=status,
            applies_to=applies_to,
        )
    )


def _component(row: Raw) -> dict[str, Any]:
    return {
        "Name": text(row, "Name") or "",
        "Rate": str(number(row, "Rate") or ZERO),
        "IsCompound": bool(flag(row, "IsCompound")),
        "IsNonRecoverable": bool(flag(row, "IsNonRecoverable")),
    }


def effective(components: list[dict[str, Any]]) -> Decimal:
    """The percentage of all components together; a compound one is on top of the others."""
    plain = sum((Decimal(row["Rate"]) for row in components if not row["IsCompound"]), ZERO)
    for row in components:
        if row["IsCompound"]:
            plain += (HUNDRED + plain) * Decimal(row["Rate"]) / HUNDRED
    return rounded(plain, 4)
