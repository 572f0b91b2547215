"""E-mail addresses as people type them."""

from __future__ import annotations

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator


def _address(value: str) -> str:
    """In small letters; addresses inside a company will do, and nothing is looked up in the network."""
    if not value:
        return value
    try:
        return validate_email(value, check_deliverability=False, globally_deliverable=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("This is not an e-mail address.") from None


EmailText = Annotated[str, AfterValidator(_address)]
