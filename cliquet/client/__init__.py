"""A client of any service that speaks the protocol: `pip install cliquet[client]`.

.. code-block:: python

    from cliquet.client import Client

    with Client("https://api.example.org/v1", auth=("alice", "secret")) as client:
        tasks = client.collection("tasks")
        task = tasks.create({"title": "Buy milk"})
        tasks.update(task["id"], {"done": True}, if_match=task)
"""

from cliquet.client.asynchronous import AsyncClient, AsyncCollection
from cliquet.client.batches import Batch, Deferred
from cliquet.client.errors import (
    ClientError,
    Conflict,
    HistoryForgotten,
    ProtocolError,
    UnreachableError,
)
from cliquet.client.local.asynchronous import AsyncLocalCollection
from cliquet.client.local.results import Found, Refused, Result
from cliquet.client.local.synchronous import LocalCollection
from cliquet.client.records import Record
from cliquet.client.retries import Patience
from cliquet.client.synchronous import Client, Collection

__all__ = [
    "AsyncClient",
    "AsyncCollection",
    "AsyncLocalCollection",
    "Batch",
    "Client",
    "ClientError",
    "Collection",
    "Conflict",
    "Deferred",
    "Found",
    "HistoryForgotten",
    "LocalCollection",
    "Patience",
    "ProtocolError",
    "Record",
    "Refused",
    "Result",
    "UnreachableError",
]
