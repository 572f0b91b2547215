"""Xero's tax rates in the hub's words, with what their codes say about their use.

Source: Xero API documentation, Tax Rates and the tax types by country. Codes differ by country and
organisations add their own (``TAX001``), so the direction comes from the code where it tells and from the
account classes where not.
"""

from __future__ import annotations

import re
from decimal import Decimal

from hub import AccountClass, TaxRate
from hub_xero.exact import Json

_CLASSES = {
    "CanApplyToAssets": AccountClass.ASSET,
    "CanApplyToEquity": AccountClass.EQUITY,
    "CanApplyToExpenses": AccountClass.EXPENSE,
    "CanApplyToLiabilities": AccountClass.LIABILITY,
    "CanApplyToRevenue": AccountClass.REVENUE,
}
_SPECIAL_CODE = re.compile(
    r"^(NONE|BASEXCLUDED|REVERSECHARGES|ECACQUISITIONS|ZERORATED|INPUTTAXED|EC.*|EXEMPT.*|ZERORATED.*|DRCHARGE.*"
    r"|CAP.*|GSTON.*|IM.*|IGDS.*|BADDEBT.*|TOURISTREFUND|SRCA.*|TXRC.*|TXCA.*|OS.*|DS.*|EP.*|ES.*|NR.*|OP.*|ME.*|BL.*)$"
)
_SPECIAL_NAME = re.compile(r"reverse|import|postponed|exempt|zero|outside|no (vat|tax|gst)|acquisition|capital", re.I)
_SALES_CODE = re.compile(r"OUTPUT|^DRCHARGESUPPLY|^EXEMPTEXPORT|^ECZROUTPUT")
_PURCHASE_CODE = re.compile(
    r"INPUT|^DRCHARGE(?!SUPPLY)|^REVERSECHARGES|^ECACQUISITIONS|^GSTON|^EXEMPTEXPENSES|^EXEMPTCAPITAL|^IM"
)


def tax_rate(native: Json) -> TaxRate:
    """A tax rate. Capital and import codes count as special: at the standard rate they look like the ordinary
    one.
    """
    code, percent = native["TaxType"], _percent(native)
    classes = tuple(kind for name, kind in _CLASSES.items() if native.get(name) is True)
    on_sales, on_purchases = _directions(code, native.get("ReportTaxType") or "", classes)
    return TaxRate(
        external_id=code,
        code=code,
        name=native.get("Name") or code,
        percent=percent,
        active=native.get("Status", "ACTIVE") == "ACTIVE",
        on_sales=on_sales,
        on_purchases=on_purchases,
        classes=classes,
        special=not percent or bool(_SPECIAL_CODE.match(code) or _SPECIAL_NAME.search(native.get("Name") or "")),
    )


def _percent(native: Json) -> Decimal:
    rate = native.get("EffectiveRate", native.get("DisplayTaxRate"))
    if rate is not None:
        return Decimal(rate)
    return sum((Decimal(part.get("Rate") or 0) for part in native.get("TaxComponents") or ()), Decimal(0))


def _directions(code: str, report: str, classes: tuple[AccountClass, ...]) -> tuple[bool, bool]:
    for text in (code, report):
        sales, purchases = bool(_SALES_CODE.search(text)), bool(_PURCHASE_CODE.search(text))
        if sales != purchases:
            return sales, purchases
    spending = {AccountClass.EXPENSE, AccountClass.ASSET}.intersection(classes)
    return AccountClass.REVENUE in classes or not classes, bool(spending) or not classes
