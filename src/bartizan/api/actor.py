"""Who acts: what documents say of who wrote them."""

from typing import Annotated

from fastapi import Depends, Request

from bartizan.api.route import served


def acting(request: Request) -> str:
    """`api-key` for who showed the server's key, `local` where none is asked for."""
    return "api-key" if served(request).services.access.api_key else "local"


Acting = Annotated[str, Depends(acting)]
