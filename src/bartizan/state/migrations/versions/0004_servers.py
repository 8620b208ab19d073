"""Servers that keep one store together."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "servers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False, comment="which instants of arrival are its own"),
        sa.Column(
            "mark_ms", sa.BigInteger(), nullable=False, comment="what it is yet to store arrives from this instant on"
        ),
        sa.Column(
            "newest_ms", sa.BigInteger(), nullable=False, comment="instant of arrival of the newest that it stored"
        ),
        sa.Column("is_detecting", sa.Boolean(), nullable=False, comment="it runs rules"),
        sa.Column("is_out", sa.Boolean(), nullable=False, comment="it left or fell silent: nobody waits for its mark"),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=False, comment="when it joined or went out, for people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
        sa.UniqueConstraint("slot", name="uq_servers_slot"),
    )
