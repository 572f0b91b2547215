"""reconciliations with their lines, sign-offs, proofs, and schedules that reconcile"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "hub0004"
down_revision = "hub0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BUSY = sa.text("state IN ('wanted', 'open')")
LIVE = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    _reconciliations()
    _lines()
    _sign_offs()
    _accounts()
    _proofs()
    op.add_column("schedule", sa.Column("integration_id", sa.Integer(), nullable=True))


def _reconciliations() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("accounts", JSON, nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("most_calls", sa.Integer(), nullable=True),
        sa.Column("expected_calls", JSON, nullable=False),
        sa.Column("calls", JSON, nullable=False),
        sa.Column("problem", JSON, nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("valued_at", MOMENT, nullable=True),
        sa.Column("figures", JSON, nullable=False),
        sa.Column("reread", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("heartbeat_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["integration_id"], ["integration.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "reconciliation_busy",
        "reconciliation",
        ["integration_id"],
        unique=True,
        sqlite_where=BUSY,
        postgresql_where=BUSY,
    )
    op.create_index("reconciliation_period", "reconciliation", ["integration_id", "period_end", "id"])


def _lines() -> None:
    op.create_table(
        "reconciliation_line",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("reconciliation_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("stock_amount", sa.String(), nullable=False),
        sa.Column("ledger_amount", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("stock_number", sa.String(), nullable=False),
        sa.Column("stock_dates", sa.String(), nullable=False),
        sa.Column("stock_accounts", sa.String(), nullable=False),
        sa.Column("stock_url", sa.Text(), nullable=False),
        sa.Column("ledger_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("ledger_number", sa.String(), nullable=False),
        sa.Column("ledger_dates", sa.String(), nullable=False),
        sa.Column("ledger_accounts", sa.String(), nullable=False),
        sa.Column("ledger_url", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=True),
        sa.Column("operation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["reconciliation_id"], ["reconciliation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    ordered = ["reconciliation_id", "measure", "cause", "size", "id"]
    op.create_index("reconciliation_line_cause", "reconciliation_line", ordered)
    op.create_index("reconciliation_line_source", "reconciliation_line", ["reconciliation_id", "source_id"])


def _sign_offs() -> None:
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reconciliation_id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("documents", JSON, nullable=False),
        sa.Column("drift", JSON, nullable=True),
        sa.Column("drifted_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["integration_id"], ["integration.id"]),
        sa.ForeignKeyConstraint(["reconciliation_id"], ["reconciliation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sign_off_reconciliation_id", "sign_off", ["reconciliation_id"])
    op.create_index(
        "sign_off_live",
        "sign_off",
        ["integration_id", "period_start", "period_end"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _accounts() -> None:
    op.create_table(
        "reconciled_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("stock", JSON, nullable=False),
        sa.Column("ledger", JSON, nullable=False),
        sa.Column("chosen_by", sa.String(), nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["integration_id"], ["integration.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("integration_id", "measure"),
    )


def _proofs() -> None:
    op.create_table(
        "proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("integration_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("expected_calls", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("duplicates", JSON, nullable=False),
        sa.Column("missing", JSON, nullable=False),
        sa.Column("queries", JSON, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("problem", JSON, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("heartbeat_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["integration_id"], ["integration.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_proof_integration_id", "proof", ["integration_id"])
    op.create_index("proof_busy", "proof", ["integration_id"], unique=True, sqlite_where=BUSY, postgresql_where=BUSY)


def downgrade() -> None:
    op.drop_column("schedule", "integration_id")
    for name in ("proof", "reconciled_accounts", "sign_off", "reconciliation_line", "reconciliation"):
        op.drop_table(name)
