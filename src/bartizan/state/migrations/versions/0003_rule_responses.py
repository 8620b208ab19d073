"""What people want told and done about rules' alerts, beside the rules' files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rule_responses",
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("notify", sa.JSON(), nullable=True, comment="null: as its file says"),
        sa.Column("actions", sa.JSON(), nullable=True, comment="null: as its file says"),
        sa.Column("finds", sa.String(length=64), nullable=False, comment="digest of what it found at that time"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name="pk_rule_responses"),
    )
