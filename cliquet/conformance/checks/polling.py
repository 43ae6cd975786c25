"""What changed since: lists by time, and their tombstones."""

import json

from cliquet.conformance import expect
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe


@clause("SYNC-8", "mandatory")
def bounds_of_time_are_exclusive(probe: Probe) -> None:
    """List with ``_since`` what was changed after, with ``_before`` what was before."""
    first, second, third = probe.note(), probe.note(), probe.note()
    after = expect.ids(probe.alice.get(f"{probe.private}?_since={second.timestamp}"))
    expect.equal(after, [third.id], "ids after the second record")
    before = expect.ids(
        probe.alice.get(
            f"{probe.private}?_before={second.timestamp}&_since={first.timestamp - 1}"
        )
    )
    expect.equal(before, [first.id], "ids before the second record")


@clause("SYNC-9", "mandatory")
def bounds_of_time_may_be_quoted(probe: Probe) -> None:
    """Ignore quotes around the values of ``_since``, ``_before`` and ``_to``."""
    first, second = probe.note(), probe.note()
    list_of = probe.private
    quoted = expect.ids(probe.alice.get(f"{list_of}?_since=%22{first.timestamp}%22"))
    expect.equal(quoted, [second.id], "ids after the first record")
    for name in ("_before", "_to"):
        path = f"{list_of}?{name}=%22{second.timestamp}%22&_since={first.timestamp - 1}"
        expect.equal(expect.ids(probe.alice.get(path)), [first.id], f"ids of {name}")
    for name in ("_since", "_before", "_to"):
        for value in ("abc", "1.2", "%22abc%22"):
            refused = probe.alice.get(f"{list_of}?{name}={value}")
            said = expect.detail(refused, "querystring", name)
            expect.equal(said, f"Invalid value for {name}", "description")


@clause("SYNC-10", "mandatory")
def the_old_name_of_before_is_told(probe: Probe) -> None:
    """Read ``_to`` as ``_before``, with an ``Alert`` of code ``soft-eol``."""
    first, second = probe.note(), probe.note()
    path = f"{probe.private}?_to={second.timestamp}&_since={first.timestamp - 1}"
    got = probe.alice.get(path)
    expect.equal(expect.ids(got), [first.id], "ids of _to")
    alert = json.loads(expect.header(got, "Alert", _is_json))
    expect.equal(alert.get("code"), "soft-eol", "code of the Alert")


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@clause("SYNC-11", "mandatory")
def tombstones_are_listed_by_time(probe: Probe) -> None:
    """List tombstones with a filter on ``last_modified``, and only with one."""
    note, deleted = probe.note(), probe.tombstone()
    without = (
        "",
        "?deleted=true",
        "?_sort=last_modified",
        f"?in_id={note.id},{deleted.id}",
    )
    for query in without:
        got = expect.ids(probe.alice.get(probe.private + query))
        expect.lacks(got, deleted.id, f"ids of a list with the query {query!r}")
    stamp = note.timestamp
    for query in (
        f"_since={stamp - 1}",
        f"gt_last_modified={stamp - 1}",
        f"last_modified={deleted.timestamp}",
        f"in_last_modified={deleted.timestamp}",
        f"not_last_modified={stamp}",
    ):
        got = expect.ids(probe.alice.get(f"{probe.private}?{query}"))
        expect.contains(got, deleted.id, f"ids of a list with the query {query!r}")
    path = f"{probe.private}?_since={deleted.timestamp}"
    expect.equal(expect.ids(probe.alice.get(path)), [], "ids after the deletion")


@clause("SYNC-23", "repaired", needs=(SERVING, "horizon"))
def nobody_is_told_of_a_horizon_in_vain(probe: Probe) -> None:
    """List without ``Horizon`` to who has the newest ``ETag``, or begins."""
    probe.note()
    newest = probe.tombstone().timestamp
    for query in ("", "?_since=0", f"?_since={newest}", f"?_before={newest}"):
        got = probe.alice.get(probe.private + query)
        told = got.headers.get("Horizon")
        expect.equal(told, None, f"Horizon of a list with the query {query!r}")


@clause("SYNC-12", "mandatory")
def tombstones_have_three_fields(probe: Probe) -> None:
    """List a tombstone as its id, its timestamp, and ``deleted``."""
    deleted = probe.tombstone()
    path = f"{probe.private}?_since={deleted.timestamp - 1}"
    wanted = [{"id": deleted.id, "last_modified": deleted.timestamp, "deleted": True}]
    expect.equal(expect.data(probe.alice.get(path)), wanted, "the list of changes")


@clause("SYNC-13", "mandatory")
def tombstones_can_be_told_apart(probe: Probe) -> None:
    """Choose tombstones by ``deleted=true``, records by ``not_deleted=true``."""
    note, deleted = probe.note(), probe.tombstone()
    since = f"{probe.private}?_since={note.timestamp - 1}"
    got = expect.ids(probe.alice.get(f"{since}&deleted=true"))
    expect.equal(got, [deleted.id], "ids with deleted=true")
    got = expect.ids(probe.alice.get(f"{since}&not_deleted=true"))
    expect.equal(got, [note.id], "ids with not_deleted=true")
