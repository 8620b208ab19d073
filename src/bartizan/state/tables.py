"""The tables of the control-plane database. A change here needs a revision in `migrations/versions`."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from bartizan.state.columns import Instant

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID_CHARACTERS = 64
NAME_CHARACTERS = 200
WHO_CHARACTERS = 200


def _made_and_changed() -> tuple[Column[object], ...]:
    """Who made and last changed a document, when, and how often it was changed."""
    return (
        Column("version", Integer, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("created_by", String(WHO_CHARACTERS), nullable=False),
        Column("updated_at", Instant, nullable=False),
        Column("updated_by", String(WHO_CHARACTERS), nullable=False),
    )


LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(NAME_CHARACTERS), primary_key=True),
    Column("owner", String(WHO_CHARACTERS), comment="null: nobody holds it"),
    Column("token", BigInteger, nullable=False, comment="grows each time the lease is taken"),
    Column("beats", BigInteger, nullable=False, comment="grows each time its holder renews it"),
    Column("ttl_s", Float, nullable=False, comment="seconds without a beat after which another may take it"),
    Column("since", Instant, nullable=False, comment="when it was taken, for people"),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("kind", String(NAME_CHARACTERS), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, comment="null: not known yet"),
    Column("checkpoint", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=True)),
    Column("error", Text, nullable=False),
    Column("asked_to_cancel", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(WHO_CHARACTERS), nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
    Index("ix_jobs_state", "state", "created_at"),
    Index("ix_jobs_created", "created_at"),
)

RULE_STATES = Table(
    "rule_states",
    METADATA,
    Column("rule_id", String(NAME_CHARACTERS), primary_key=True),
    Column("enabled", Boolean, comment="null: as shipped"),
    Column("last_run", Instant),
    Column("last_success", Instant),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("last_error", Text, nullable=False),
    Column("next_try", Instant, comment="null: at the next run"),
)

EXCEPTION_LISTS = Table(
    "exception_lists",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", String(NAME_CHARACTERS), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    *_made_and_changed(),
)

EXCEPTION_ENTRIES = Table(
    "exception_entries",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("list_id", ForeignKey(EXCEPTION_LISTS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(NAME_CHARACTERS), nullable=False),
    Column("os", String(20), comment="null: any"),
    Column("expires_at", Instant, comment="null: never"),
    Column("conditions", JSON, nullable=False),
    Column("rules", JSON(none_as_null=True), comment="ids; null: those that use the list"),
    Column("comments", JSON, nullable=False),
    *_made_and_changed(),
)

VALUE_LISTS = Table(
    "value_lists",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", String(NAME_CHARACTERS), nullable=False, unique=True),
    Column("type", String(20), nullable=False),
    Column("description", Text, nullable=False),
    Column("generation", Integer, nullable=False, comment="of the values that count"),
    Column("size", Integer, nullable=False, comment="values of that generation"),
    *_made_and_changed(),
    CheckConstraint("type IN ('keyword', 'ip', 'ip_range')", name="type"),
)

LIST_VALUES = Table(
    "list_values",
    METADATA,
    Column("list_id", ForeignKey(VALUE_LISTS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("value", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    sqlite_with_rowid=False,
)
