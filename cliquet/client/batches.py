"""Many calls as few requests: collected, split at the server's limit, sent in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from cliquet.client import calls
from cliquet.client.errors import ClientError, ProtocolError
from cliquet.client.exchanges import Answer, Call, Request, T, checked
from cliquet.client.records import Record
from cliquet.client.retries import KEY, is_idempotent
from cliquet.client.session import Session


class Deferred(Generic[T]):
    """The result of a call in a batch, once the batch was sent."""

    def __init__(self, call: Call[T]) -> None:
        self._call = call
        self._result: T | None = None
        self.request = next(call)
        self.error: ClientError | None = ClientError("The batch was not sent")

    def result(self) -> T:
        """Return what the call returned.

        Raises:
            ClientError: it was refused, or the batch was not sent.
        """
        if self.error is not None:
            raise self.error
        result: Any = self._result
        return result  # type: ignore[no-any-return]

    def settle(self, answer: Answer) -> None:
        """Let the call make of the answer what it makes."""
        self.error = None
        try:
            self._call.send(answer)
        except StopIteration as end:
            self._result = end.value
        except ProtocolError as error:
            self.error = error
        else:
            raise TypeError("Calls of several requests cannot be in a batch")


@dataclass
class Batch:
    """Calls that wait to be sent.

    `with client.batch() as batch:` sends them at the end of the block.
    """

    session: Session
    _deferred: list[Deferred[Any]] = field(default_factory=list)

    def collection(self, path: str) -> "BatchCollection":
        """Return a collection whose calls are collected."""
        return BatchCollection(self, calls.collection_path(path))

    def add(self, call: Call[T]) -> Deferred[T]:
        """Collect a call of one request."""
        deferred = Deferred(call)
        self._deferred.append(deferred)
        return deferred

    def send(self) -> Call[None]:
        """Send what was collected; each call knows its own result then."""
        waiting, self._deferred = self._deferred, []
        if len(waiting) == 1:
            # Its own request can be understood by caches and logs.
            waiting[0].settle((yield waiting[0].request))
        elif waiting:
            limit = yield from self.session.batch_limit()
            for start in range(0, len(waiting), limit):
                yield from _send(waiting[start : start + limit])

    def raise_refusals(self, sent: list[Deferred[Any]]) -> None:
        """Raise what calls were refused for, all together.

        Raises:
            ExceptionGroup: of :class:`ProtocolError`, in the order of the calls.
        """
        errors = [each.error for each in sent if each.error is not None]
        if errors:
            message = f"{len(errors)} of {len(sent)} requests of the batch were refused"
            raise ExceptionGroup(message, errors)

    @property
    def collected(self) -> list[Deferred[Any]]:
        """Those that wait to be sent."""
        return list(self._deferred)


@dataclass(frozen=True)
class BatchCollection:
    """The calls of one collection, collected in a batch."""

    batch: Batch
    path: str

    def get(self, record_id: str) -> Deferred[Record]:
        """Read a record."""
        return self.batch.add(calls.get(self.path, record_id))

    def create(
        self, data: Mapping[str, Any], permissions: calls.Permissions | None = None
    ) -> Deferred[Record]:
        """Create a record."""
        return self.batch.add(calls.create(self.path, data, permissions))

    def replace(
        self,
        record_id: str,
        data: Mapping[str, Any],
        permissions: calls.Permissions | None = None,
        *,
        if_match: calls.Version | None = None,
        if_none_match: calls.Version | None = None,
    ) -> Deferred[Record]:
        """Replace a record, or create it."""
        call = calls.replace(
            self.path,
            record_id,
            data,
            permissions,
            if_match=if_match,
            if_none_match=if_none_match,
        )
        return self.batch.add(call)

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        permissions: calls.Permissions | None = None,
        *,
        if_match: calls.Version | None = None,
    ) -> Deferred[Record]:
        """Change some fields of a record."""
        call = calls.update(
            self.path, record_id, changes, permissions, if_match=if_match
        )
        return self.batch.add(call)

    def delete(
        self, record_id: str, *, if_match: calls.Version | None = None
    ) -> Deferred[Record]:
        """Delete a record."""
        return self.batch.add(calls.delete(self.path, record_id, if_match=if_match))


def _send(waiting: list[Deferred[Any]]) -> Call[None]:
    requests = [each.request for each in waiting]
    entries = [_entry(request) for request in requests]
    request = Request(
        "POST",
        "/batch",
        {KEY: calls.new_key()},
        {"requests": entries},
        idempotent=all(map(is_idempotent, requests)) or None,
    )
    answer = yield request
    responses = checked(answer).body["responses"]
    for deferred, response in zip(waiting, responses, strict=True):
        headers = {k.lower(): v for k, v in response["headers"].items()}
        deferred.settle(
            Answer(response["status"], headers, response["body"], answer.repeated)
        )


def _entry(request: Request) -> dict[str, Any]:
    # The key of the batch stands for all of them.
    headers = {name: v for name, v in request.headers.items() if name != KEY}
    entry: dict[str, Any] = {"method": request.method, "path": request.path}
    if headers:
        entry["headers"] = headers
    if request.body is not None:
        entry["body"] = request.body
    return entry
