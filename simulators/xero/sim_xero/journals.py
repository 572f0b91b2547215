"""The Journals endpoint, which Xero opens only to apps of its Advanced tier; this simulator has the tiers below.

Source: Xero developer pricing (March 2026); that the answer is a 401 AuthorizationUnsuccessful is reported by a vendor.
"""

from __future__ import annotations

from .endpoint import Call, Payload, endpoint
from .errors import problem_detail


@endpoint("GET", "/Journals", "journals")
def list_journals(call: Call) -> Payload:
    raise problem_detail(401, "Unauthorized", "AuthorizationUnsuccessful")


@endpoint("GET", "/Journals/<key>", "journals")
def get_journal(call: Call) -> Payload:
    raise problem_detail(401, "Unauthorized", "AuthorizationUnsuccessful")
