"""amounts of proposals and the operations of a cause are found by index"""

import sqlalchemy as sa
from alembic import op

revision = "hub0005"
down_revision = "hub0004"
branch_labels = None
depends_on = None

AMOUNT = "(CAST(nullif(amount, '') AS NUMERIC(20, 3)))"
PROPOSED = sa.text("state = 'proposed'")
NAMED = sa.text("problem_code <> ''")


def upgrade() -> None:
    op.create_index(
        "operation_amount",
        "operation",
        ["state", sa.text(AMOUNT), "id", "integration_id", "amount"],
        sqlite_where=PROPOSED,
        postgresql_where=PROPOSED,
    )
    _by(["state", "problem_code", "problem_subject", "id", "integration_id"])


def downgrade() -> None:
    _by(["integration_id", "state", "problem_code", "problem_subject"])
    op.drop_index("operation_amount", "operation")


def _by(columns: list[str]) -> None:
    op.drop_index("operation_cause", "operation")
    op.create_index("operation_cause", "operation", columns, sqlite_where=NAMED, postgresql_where=NAMED)
