"""What a person enters when a QuickBooks company is connected."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import BaseModel, Field, field_validator


class Country(StrEnum):
    """The editions of QuickBooks Desktop by country."""

    US = "US"
    CA = "CA"
    UK = "UK"


COUNTRIES = {"US": "United States", "CA": "Canada", "UK": "United Kingdom"}
"""What people call them."""
CURRENCIES = {"US": "USD", "CA": "CAD", "UK": "GBP", "AU": "AUD"}
"""The home currency of each edition, as QuickBooks names the country."""

_FULL_PATH = re.compile(r"^(?:[A-Za-z]:\\|\\\\)[^\n]+\.qbw$", re.IGNORECASE)


class QuickBooksSettings(BaseModel):
    """One company file."""

    country: Country = Field(
        Country.US,
        title="Edition",
        description="The country of your QuickBooks Desktop. Sales tax is worked out for the United States only; the"
        " other editions are untested.",
        json_schema_extra={"choices": dict(COUNTRIES)},
    )
    company_file: str = Field(
        "",
        max_length=250,
        title="Company file",
        description=r"Its full path on the Windows computer, as in C:\Books\Acme.qbw. Empty: the file that is open.",
    )
    minutes: int = Field(
        30,
        ge=5,
        le=1440,
        title="Minutes between visits",
        description="How often the Web Connector comes by itself, once Auto-Run is ticked there.",
    )

    @field_validator("company_file")
    @classmethod
    def _is_full_path(cls, value: str) -> str:
        value = value.strip()
        if value and not _FULL_PATH.match(value):
            raise ValueError("give the full path, from the drive to .qbw, or leave it empty")
        return value
