"""The link from a document back to where it came from.

Source: Xero API documentation, Invoices and ManualJournals (Url). That a contact's website without http(s) is refused
was seen live.
"""

from __future__ import annotations

from .endpoint import Call
from .errors import ValidationError
from .fields import Raw, short_text

_LONGEST = 500


def read(call: Call, raw: Raw, present: str, problems: ValidationError) -> str:
    """The Url as sent, or the present one."""
    url = short_text(raw, "Url", _LONGEST, problems)
    if url and call.world.switches["url_must_be_http"] and not url.lower().startswith(("http://", "https://")):
        problems.add("Url must be valid.", "Url")
    return present if url is None else url
