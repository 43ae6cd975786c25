"""Event streams by sse-starlette: a channel for each user, in memory."""

import asyncio

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

_PING_SECONDS = 15
_followers: dict[str, set[asyncio.Queue]] = {}


async def follow(request):
    user = request.path_params["user"]
    queue: asyncio.Queue = asyncio.Queue()
    _followers.setdefault(user, set()).add(queue)

    async def events():
        try:
            yield ServerSentEvent(comment="begun")
            while True:
                yield ServerSentEvent(data=await queue.get(), id="1")
        finally:
            _followers[user].discard(queue)

    return EventSourceResponse(events(), ping=_PING_SECONDS)


async def publish(request):
    body = (await request.body()).decode()
    for queue in _followers.get(request.path_params["user"], ()):
        queue.put_nowait(body)
    return Response(status_code=201)


application = Starlette(
    routes=[
        Route("/{user}", follow, methods=["GET"]),
        Route("/{user}", publish, methods=["POST"]),
    ]
)
