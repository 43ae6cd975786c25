"""How a copy and the server become the same: push with conditions, then pull.

It may end at any point, and goes on where it was: a change stays in the copy until the
server's answer to it is there, and each push names the version that it replaces, so
that what was done already is recognised.
"""

from dataclasses import replace

from cliquet.client import calls
from cliquet.client.batches import Batch, Deferred
from cliquet.client.calls import Page
from cliquet.client.errors import Conflict, ProtocolError
from cliquet.client.exchanges import Call
from cliquet.client.local.results import (
    Data,
    Found,
    Refused,
    Result,
    Strategy,
    decide,
    is_gone,
)
from cliquet.client.local.store import Change, Position, Store
from cliquet.client.queries import query_string
from cliquet.client.records import Record
from cliquet.client.session import Session

#: Of one record: somebody else writes all the time, the next synchronisation goes on.
_ATTEMPTS = 5
_BAD_REQUEST = 400
_GONE = 410
_END_OF_SERVICE = 202
_NOT_FOUND = 404
_PRECONDITION_FAILED = 412


def synchronise(
    session: Session, path: str, store: Store, strategy: Strategy
) -> Call[Result]:
    """Push what was changed here, pull what was changed elsewhere.

    Raises:
        ClientError: the server refuses all of it, or does not answer; what was done
            until then is kept.
    """
    result = Result()
    yield from _push(session, path, store, strategy, result)
    yield from _begin(session, path, store, result)
    yield from _pull(path, store, result)
    result.conflicts = store.conflicts.take()
    return result


def _push(
    session: Session, path: str, store: Store, strategy: Strategy, result: Result
) -> Call[None]:
    waiting = store.changes()
    for _ in range(_ATTEMPTS):
        if not waiting:
            break
        store.note_sent(waiting)
        batch = Batch(session)
        sent = [(change, batch.add(_call(path, change))) for change in waiting]
        yield from batch.send()
        waiting = []
        for change, deferred in sent:
            again = _settle(store, strategy, result, change, deferred)
            if again is not None:
                waiting.append(again)


def _call(path: str, change: Change) -> Call[Record | None]:
    """Return the request that pushes a change, upon the version that it replaces."""
    if change.data is None:
        return _delete(path, change)
    created = change.base is None or change.base.deleted
    data = {k: v for k, v in change.data.items() if k != "last_modified"}
    return calls.replace(
        path,
        change.id,
        data,
        if_match=None if created else change.base,
        if_none_match="*" if created else None,
    )


def _delete(path: str, change: Change) -> Call[Record | None]:
    try:
        yield from calls.delete(path, change.id, if_match=change.base or 0)
    except ProtocolError as error:
        if error.status != _NOT_FOUND:
            raise
    return None


def _settle(
    store: Store,
    strategy: Strategy,
    result: Result,
    change: Change,
    pushed: Deferred[Record | None],
) -> Change | None:
    """Note how a push went; return what is to be pushed after a conflict."""
    try:
        store.settle(change, pushed.result())
    except Conflict as error:
        if error.status != _PRECONDITION_FAILED:
            result.refused.append(Refused(change.id, error))
            return None
        return _resolve(store, strategy, result, change, error.existing)
    except ProtocolError as error:
        result.refused.append(Refused(change.id, error))
        return None
    result.pushed += 1
    return None


def _resolve(
    store: Store,
    strategy: Strategy,
    result: Result,
    change: Change,
    remote: Record | None,
) -> Change | None:
    """Decide what a record is to be, of which the server has another version."""
    if _has(remote, change, change.data):
        store.settle(change, None if is_gone(remote) else remote)
        result.pushed += 1
        return None
    if any(_has(remote, change, version) for version in change.sent):
        # What stands in the way is ours, from a push whose answer was lost.
        return replace(change, base=remote)
    found = Found(change.id, change.data, remote, change.base)
    store.conflicts.note(found)
    wanted = decide(strategy, found)
    change = replace(change, data=wanted, base=remote, contested=True)
    if wanted == remote or (wanted is None and is_gone(remote)):
        store.settle(change, None if wanted is None else remote)
        return None
    return change


def _has(remote: Record | None, change: Change, version: Data | None) -> bool:
    """Return whether the server has a version of ours."""
    if remote is None or remote.deleted:
        return version is None
    return version is not None and calls.holds(remote, version, change.base or {})


def _begin(session: Session, path: str, store: Store, result: Result) -> Call[None]:
    """Read a copy that has nothing from a snapshot, where the service has one.

    It may be as old as caches let it be: what is newer is pulled afterwards. It must
    not be older than what was pushed.
    """
    position = store.position()
    if position.since is not None or position.next is not None:
        return
    try:
        hello = yield from session.known_info()
        if "snapshot" not in hello.get("capabilities", {}):
            return
        page = yield from calls.read_snapshot(path, store.newest())
    except ProtocolError:
        # This collection has none: its list tells what is wrong, if anything is.
        return
    result.pulled += store.keep(page.records, None, page.timestamp)


def _pull(path: str, store: Store, result: Result) -> Call[None]:
    position = store.position()
    while True:
        try:
            page = yield from _read(path, position)
        except ProtocolError as error:
            if not _may_restart(error, position):
                raise
            page = None
        if page is None or _is_behind(page, position):
            # Nothing tells what was deleted since: all of it is read again.
            store.restart()
            position = store.position()
            continue
        reached = page.timestamp if position.reached is None else position.reached
        result.pulled += store.keep(page.records, page.next, reached)
        if page.next is None:
            return
        position = store.position()


def _read(path: str, position: Position) -> Call[Page]:
    if position.next is not None:
        return (yield from calls.read_page(position.next))
    url = path + query_string(since=position.since)
    return (yield from calls.read_page(url, if_none_match=position.since))


def _may_restart(error: ProtocolError, position: Position) -> bool:
    """Return whether the server refuses where the copy is, rather than the request."""
    if error.status == _GONE and error.errno != _END_OF_SERVICE:
        return position.since is not None
    return error.status == _BAD_REQUEST and position.next is not None


def _is_behind(page: Page, position: Position) -> bool:
    """Return whether the server forgot what the copy has, or why records are gone."""
    since = position.since
    if since is None:
        return False
    # Later pages may be of another time.
    is_first = position.next is None
    return page.horizon > since or (is_first and page.timestamp < since)
