"""when a schedule last ran, apart from the moment that its next time is counted from"""

import sqlalchemy as sa
from alembic import op

revision = "hub0002"
down_revision = "hub0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE schedule RENAME COLUMN last_fired_at TO counts_from")
    op.add_column("schedule", sa.Column("last_fired_at", sa.DateTime(timezone=True), nullable=True))
    # The moment was also set when a schedule was saved: it tells of a run only where a schedule ever started one.
    op.execute(
        "UPDATE schedule SET last_fired_at = counts_from WHERE EXISTS "
        "(SELECT 1 FROM run WHERE run.connection_id = schedule.connection_id AND run.cause = 'schedule')"
    )


def downgrade() -> None:
    op.drop_column("schedule", "last_fired_at")
    op.execute("ALTER TABLE schedule RENAME COLUMN counts_from TO last_fired_at")
