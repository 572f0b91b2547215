"""The tables the pages read."""

from hub.models import (
    AuditEvent,
    BatchRow,
    Bucket,
    Confirmation,
    ConnectionRow,
    Exchange,
    Exclusion,
    Flow,
    Integration,
    Link,
    MappingRow,
    NativeRecord,
    OAuthRequest,
    OperationRow,
    PilotDocument,
    Run,
    Schedule,
    Snapshot,
    StateChange,
    table,
)

AUDIT_EVENTS = table(AuditEvent)
BATCHES = table(BatchRow)
BUCKETS = table(Bucket)
CONFIRMATIONS = table(Confirmation)
CONNECTIONS = table(ConnectionRow)
EXCHANGES = table(Exchange)
EXCLUSIONS = table(Exclusion)
FLOWS = table(Flow)
INTEGRATIONS = table(Integration)
LINKS = table(Link)
MAPPINGS = table(MappingRow)
OAUTH_REQUESTS = table(OAuthRequest)
OPERATIONS = table(OperationRow)
PILOT_DOCUMENTS = table(PilotDocument)
RECORDS = table(NativeRecord)
RUNS = table(Run)
SCHEDULES = table(Schedule)
SNAPSHOTS = table(Snapshot)
STATE_CHANGES = table(StateChange)
