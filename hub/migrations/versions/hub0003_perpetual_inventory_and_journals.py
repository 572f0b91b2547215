"""since when inventory is perpetual, how journals are posted, and the journals that are posted together"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "hub0003"
down_revision = "hub0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
ADDED = ("perpetual_from", "journal_modes", "journals_on_cash_basis", "unmapped_tracking")


def upgrade() -> None:
    op.add_column("integration", sa.Column("perpetual_from", sa.Date(), nullable=True))
    op.add_column("integration", sa.Column("journal_modes", JSON, nullable=False, server_default="[]"))
    op.add_column(
        "integration", sa.Column("journals_on_cash_basis", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("integration", sa.Column("unmapped_tracking", sa.String(), nullable=False, server_default="warn"))
    op.create_table(
        "journal_summary",
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("corrects", sa.String(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flow_id", "external_id"),
    )
    op.create_table(
        "summary_member",
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("summary_id", sa.String(), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flow_id", "external_id"),
    )
    op.create_index("summary_member_summary", "summary_member", ["flow_id", "summary_id", "posted"])


def downgrade() -> None:
    op.drop_table("summary_member")
    op.drop_table("journal_summary")
    for name in ADDED:
        op.drop_column("integration", name)
