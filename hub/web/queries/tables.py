"""The tables the pages read."""

from hub.models import (
    AuditEvent,
    BatchRow,
    Bucket,
    Confirmation,
    ConnectionRow,
    EntityAccess,
    Exchange,
    Exclusion,
    Flow,
    Integration,
    Invitation,
    Link,
    MappingRow,
    NativeRecord,
    OAuthRequest,
    OperationFact,
    OperationRow,
    PersonRow,
    PilotDocument,
    Run,
    Schedule,
    SignIn,
    Snapshot,
    StateChange,
    table,
)

AUDIT_EVENTS = table(AuditEvent)
BATCHES = table(BatchRow)
BUCKETS = table(Bucket)
CONFIRMATIONS = table(Confirmation)
CONNECTIONS = table(ConnectionRow)
ENTITY_ACCESS = table(EntityAccess)
EXCHANGES = table(Exchange)
EXCLUSIONS = table(Exclusion)
FLOWS = table(Flow)
INTEGRATIONS = table(Integration)
INVITATIONS = table(Invitation)
LINKS = table(Link)
MAPPINGS = table(MappingRow)
OAUTH_REQUESTS = table(OAuthRequest)
OPERATION_FACTS = table(OperationFact)
OPERATIONS = table(OperationRow)
PEOPLE = table(PersonRow)
PILOT_DOCUMENTS = table(PilotDocument)
RECORDS = table(NativeRecord)
RUNS = table(Run)
SCHEDULES = table(Schedule)
SIGN_INS = table(SignIn)
SNAPSHOTS = table(Snapshot)
STATE_CHANGES = table(StateChange)
