"""`/cases/{id}/comments`: what people say about a case."""

from typing import Annotated

from fastapi import Query

from bartizan.api.actor import Acting
from bartizan.api.documents import Answer, Id, Removed, Said, SaidAnew, Versioned, Writing
from bartizan.api.route import Route, Serving

PATH = "/cases/{id}/comments"


class CommentAnswer(Answer):
    """A comment."""

    id: str
    text: str
    """Plain text: never markup."""
    written: Writing


class CommentsAnswer(Answer):
    """A case's comments, oldest first."""

    comments: list[CommentAnswer]


async def case_comments(serving: Serving, id: Id) -> CommentsAnswer:
    """Read a case's comments."""
    found = await serving.threads.call(serving.services.casework.comments.all, id)
    return CommentsAnswer(comments=[CommentAnswer.model_validate(one) for one in found])


async def comment_case(serving: Serving, acting: Acting, id: Id, asked: Said) -> CommentAnswer:
    """Comment on a case."""
    added = await serving.threads.call(serving.services.casework.comments.add, id, asked.text, acting)
    return CommentAnswer.model_validate(added)


async def change_case_comment(serving: Serving, acting: Acting, id: Id, comment: Id, asked: SaidAnew) -> CommentAnswer:
    """Change a comment; what it said stays in the case's history."""
    store = serving.services.casework.comments
    changed = await serving.threads.call(store.update, id, comment, asked.text, acting, asked.version)
    return CommentAnswer.model_validate(changed)


async def remove_case_comment(
    serving: Serving, acting: Acting, id: Id, comment: Id, asked: Annotated[Versioned, Query()]
) -> Removed:
    """Remove a comment; what it said stays in the case's history."""
    await serving.threads.call(serving.services.casework.comments.delete, id, comment, acting, asked.version)
    return Removed(id=comment)


ROUTES = (
    Route("GET", PATH, case_comments, CommentsAnswer),
    Route("POST", PATH, comment_case, CommentAnswer),
    Route("PATCH", PATH + "/{comment}", change_case_comment, CommentAnswer),
    Route("DELETE", PATH + "/{comment}", remove_case_comment, Removed),
)
