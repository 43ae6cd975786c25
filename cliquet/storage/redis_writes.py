"""How are records of Redis written, each time in one step?

Who has to look at all records first (unique fields, filters) sends along the timestamp
of the collection that was seen, which each write changes: who was overtaken starts
again.
"""

from collections.abc import Sequence
from typing import Any

from cliquet import serialization
from cliquet.storage.checks import check_condition, check_unicity
from cliquet.storage.evaluation import build_predicate, sort_records
from cliquet.storage.exceptions import (
    ModifiedMeanwhileError,
    RecordNotFoundError,
    UnicityError,
)
from cliquet.storage.query import ANY, Condition, FieldNames, Filter, Scope, Sort
from cliquet.storage.redis_keys import (
    CREATE,
    DELETE,
    DELETE_MANY,
    LIVE,
    UPDATE,
    key,
    keys_of_write,
)
from cliquet.storage.redis_lists import read_all
from cliquet.timestamps import msec_time
from cliquet.types import Record, Timestamp

Scripts = dict[str, Any]


def put(
    scripts: Scripts,
    scope: Scope,
    record: Record,
    names: FieldNames,
    condition: Condition | None,
    *,
    is_new: bool,
) -> Record:
    """Write a record, whatever the others hold.

    Raises:
        UnicityError: `is_new`, and its id is taken.
        ModifiedMeanwhileError: the condition does not hold.
    """
    object_id = record[names.id]
    fields = {name: record[name] for name in record if name != names.modified}
    answer = scripts[CREATE if is_new else UPDATE](
        keys=keys_of_write(scope, object_id),
        args=[
            *_arguments(record.get(names.modified), condition, names),
            object_id,
            _open_object(fields, names),
        ],
    )
    _check_unchanged(answer)
    found: Record = serialization.loads_stored(answer[1])
    if answer[0] == b"exists":
        raise UnicityError(names.id, found)
    return found


def put_unique(
    scripts: Scripts,
    scope: Scope,
    record: Record,
    names: FieldNames,
    fields: Sequence[str],
    condition: Condition | None,
    *,
    is_new: bool,
) -> Record:
    """Write a record whose values of some fields no other may have.

    Raises:
        UnicityError: one has, or `is_new` and its id is taken.
        ModifiedMeanwhileError: the condition does not hold.
    """
    while True:
        current, (records,) = read_all(scripts, scope, [LIVE])
        same = (each for each in records if each[names.id] == record[names.id])
        existing = next(same, None)
        if is_new and existing is not None:
            raise UnicityError(names.id, existing)
        stored = existing[names.modified] if existing else None
        check_condition(condition, current, stored)
        check_unicity(record, fields, records, names)
        seen = Condition(collection=current or 0)
        try:
            return put(scripts, scope, record, names, seen, is_new=is_new)
        except ModifiedMeanwhileError:
            continue


def delete(
    scripts: Scripts,
    scope: Scope,
    object_id: str,
    names: FieldNames,
    with_deleted: bool,
    wanted: Timestamp | None,
    condition: Condition | None,
) -> Record:
    """Delete a record; its tombstone.

    Raises:
        RecordNotFoundError: there is none.
        ModifiedMeanwhileError: the condition does not hold.
    """
    fields = {names.id: object_id, names.deleted: True}
    answer = scripts[DELETE](
        keys=keys_of_write(scope, object_id),
        args=[
            *_arguments(wanted, condition, names),
            object_id,
            _open_object(fields, names) if with_deleted else "",
        ],
    )
    if answer[0] == b"missing":
        raise RecordNotFoundError(object_id)
    _check_unchanged(answer)
    return _tombstone(object_id, int(answer[1]), names)


def delete_all(
    scripts: Scripts,
    scope: Scope,
    names: FieldNames,
    filters: Sequence[Filter],
    with_deleted: bool,
    condition: Condition | None,
) -> list[Record]:
    """Delete what matches, oldest first; the tombstones.

    Raises:
        ModifiedMeanwhileError: the condition does not hold.
    """
    condition = condition and Condition(collection=condition.collection)
    matches = build_predicate(filters)
    if matches is None:
        return _delete_many(scripts, scope, names, with_deleted, condition, None)
    while True:
        current, (records,) = read_all(scripts, scope, [LIVE])
        check_condition(condition, current)
        found = [record for record in records if matches(record)]
        if not found:
            return []
        oldest_first = (Sort(names.modified, 1), Sort(names.id, 1))
        ids = [record[names.id] for record in sort_records(found, oldest_first)]
        seen = Condition(collection=current or 0)
        try:
            return _delete_many(scripts, scope, names, with_deleted, seen, ids)
        except ModifiedMeanwhileError:
            continue


def _delete_many(
    scripts: Scripts,
    scope: Scope,
    names: FieldNames,
    with_deleted: bool,
    condition: Condition | None,
    ids: list[str] | None,
) -> list[Record]:
    before_id = f"{{{serialization.dumps(names.id)}:"
    after_id = "," + _open_object({names.deleted: True}, names)[1:]
    answer = scripts[DELETE_MANY](
        keys=keys_of_write(scope),
        args=[
            *_arguments(None, condition, names),
            before_id,
            after_id if with_deleted else "",
            key(scope, ""),
            *(["all"] if ids is None else ["these", *ids]),
        ],
    )
    _check_unchanged(answer)
    return [
        _tombstone(object_id.decode(), int(at), names)
        for object_id, at in zip(answer[1::2], answer[2::2], strict=True)
    ]


def _arguments(
    wanted: Timestamp | None, condition: Condition | None, names: FieldNames
) -> list[Any]:
    """Tell the first arguments of a script that writes."""
    condition = condition or Condition()
    expected = "any" if condition.record is ANY else condition.record
    return [
        msec_time(),
        "" if wanted is None else wanted,
        "absent" if expected is None else expected,
        "" if condition.collection is None else condition.collection,
        names.modified,
    ]


def _check_unchanged(answer: Sequence[bytes]) -> None:
    if answer[0] == b"changed":
        raise ModifiedMeanwhileError


def _open_object(fields: Record, names: FieldNames) -> str:
    """Write a JSON object up to its timestamp, which the script knows."""
    text = serialization.dumps(fields)[:-1]
    comma = "," if fields else ""
    return f"{text}{comma}{serialization.dumps(names.modified)}:"


def _tombstone(object_id: str, at: Timestamp, names: FieldNames) -> Record:
    return {names.id: object_id, names.modified: at, names.deleted: True}
