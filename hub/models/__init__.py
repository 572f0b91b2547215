"""The hub's tables and the constraints that carry its promises."""

from __future__ import annotations

from hub.models.columns import Identity, Json, now, table
from hub.models.connections import Bucket, BucketCall, ConnectionRow, ConsentRow, Cursor, Exchange, OAuthRequest
from hub.models.integrations import ContactSheet, Exclusion, Flow, Integration, MappingRow
from hub.models.people import AuditEvent, EntityAccess, Invitation, PersonRow, SignIn
from hub.models.plugins import PluginRow
from hub.models.posting import BatchRow, Link, OperationFact, OperationRow, StateChange
from hub.models.reconciling import Proof, ReconciledAccounts, Reconciliation, ReconciliationLine, SignOff
from hub.models.records import ContactEntry, Due, NativeRecord, Snapshot
from hub.models.running import Alert, Lease, Run, Schedule
from hub.models.setting_up import Confirmation, PilotDocument
from hub.models.states import OPEN_STATES, FlowMode, OperationState, ReconciliationState, RunState
from hub.models.summaries import JournalSummary, SummaryMember

__all__ = [
    "OPEN_STATES",
    "Alert",
    "AuditEvent",
    "BatchRow",
    "Bucket",
    "BucketCall",
    "Confirmation",
    "ConnectionRow",
    "ConsentRow",
    "ContactEntry",
    "ContactSheet",
    "Cursor",
    "Due",
    "EntityAccess",
    "Exchange",
    "Exclusion",
    "Flow",
    "FlowMode",
    "Identity",
    "Integration",
    "Invitation",
    "JournalSummary",
    "Json",
    "Lease",
    "Link",
    "MappingRow",
    "NativeRecord",
    "OAuthRequest",
    "OperationFact",
    "OperationRow",
    "OperationState",
    "PersonRow",
    "PilotDocument",
    "PluginRow",
    "Proof",
    "ReconciledAccounts",
    "Reconciliation",
    "ReconciliationLine",
    "ReconciliationState",
    "Run",
    "RunState",
    "Schedule",
    "SignIn",
    "SignOff",
    "Snapshot",
    "StateChange",
    "SummaryMember",
    "now",
    "table",
]
