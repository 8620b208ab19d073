"""What requests for documents that people write, and the answers to them, have in common."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

MAX_LIMIT = 1000
MAX_OFFSET = 1_000_000
MAX_VERSION = 2**31 - 1

Id = Annotated[str, Path(max_length=64, pattern="^[A-Za-z0-9_-]+$")]
"""An id of ours in a path."""


class Asked(BaseModel):
    """What is asked for; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    """What is answered, read from one of our dataclasses."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Paging(Asked):
    """Which part of a list."""

    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)
    """How many at most."""
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET)
    """How many to leave out first."""


class Versioned(Asked):
    """What a removal is based on."""

    version: int | None = Field(default=None, ge=1, le=MAX_VERSION)
    """The version that was read; the answer is 409 if it is no longer the newest. Without it any is removed."""


class Change(Asked):
    """What a change is based on, beside what it changes: members that are left out stay as they are."""

    version: int | None = Field(default=None, ge=1, le=MAX_VERSION)
    """The version that was read; the answer is 409 if it is no longer the newest. Without it any is changed."""

    def changes(self) -> dict[str, object]:
        """The members that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


class Said(Asked):
    """A text that someone wrote."""

    text: str = Field(min_length=1, max_length=30_000)
    """Plain text: never markup."""


class SaidAnew(Said, Versioned):
    """A text in place of an earlier one."""


class Writing(Answer):
    """Who made and last changed a document, and when."""

    version: int
    """Grows by one with each change; send it with the next."""
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class Removed(Answer):
    """It is gone."""

    id: str
