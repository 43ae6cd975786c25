"""How do records move between two engines? (``cliquet export``, ``cliquet import``)

One JSON object a line: a collection and its timestamp, its records and tombstones from
the oldest to the newest, users' principals, permissions. Timestamps survive; what is
there already is replaced.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import transaction

from cliquet import serialization
from cliquet.scripts.progress import Progress
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import COMPARISON, FieldNames, Filter, Sort

_PAGE = 500
_BY_AGE = [Sort("last_modified", 1)]


def export_to(registry: Any, path: str | None) -> int:
    """Write everything to a file, or to standard output; how many lines."""
    progress = Progress("exported")
    with _output(path) as file:
        for line in _lines(registry):
            file.write(serialization.dumps(line) + "\n")
            progress.add()
    progress.end()
    return progress.done


@contextmanager
def _output(path: str | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    # A file with its name is complete.
    partial = Path(f"{path}.partial")
    with partial.open("w", encoding="utf-8") as file:
        yield file
    partial.replace(path)


def _lines(registry: Any) -> Iterator[dict[str, Any]]:
    storage = registry.storage
    for scope in storage.scopes():
        names = scope._asdict()
        timestamp = storage.collection_timestamp(**names, initialize=False)
        yield {"type": "collection", **names, "timestamp": timestamp}
        for record in _records(storage, names):
            kind = "tombstone" if _is_tombstone(record) else "record"
            yield {"type": kind, "data": record}
    permission = getattr(registry, "permission", None)
    if permission is None:
        return
    for user_id, principal in permission.all_user_principals():
        yield {"type": "principal", "user_id": user_id, "principal": principal}
    for object_id, name, principal in permission.all_permissions():
        yield {
            "type": "permission",
            "object_id": object_id,
            "permission": name,
            "principal": principal,
        }


def _is_tombstone(record: dict[str, Any]) -> bool:
    return record.get("deleted") is True and len(record) == len(FieldNames._fields)


def _records(storage: Any, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    rules: list[list[Filter]] = []
    while True:
        page, _ = storage.get_all(
            **names,
            sorting=_BY_AGE,
            pagination_rules=rules,
            limit=_PAGE,
            include_deleted=True,
        )
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]
        modified = last["last_modified"]
        rules = [
            [Filter("last_modified", modified, COMPARISON.GT)],
            [
                Filter("last_modified", modified, COMPARISON.EQ),
                Filter("id", last["id"], COMPARISON.GT),
            ],
        ]


def import_from(registry: Any, path: str, *, resume: bool) -> int:
    """Read a file that `export_to` wrote; how many lines.

    Each page of lines is one transaction; how far it is stands in a file beside it.
    """
    mark = Path(f"{path}.imported")
    done = int(mark.read_text(encoding="utf-8")) if resume and mark.exists() else 0
    progress = Progress("imported")
    scope: dict[str, str] = {}
    number = 0
    with Path(path).open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = json.loads(text)
                if line["type"] == "collection":
                    scope = {
                        name: line[name] for name in ("collection_id", "parent_id")
                    }
                if number > done:
                    _import(registry, line, scope)
                    progress.add()
            except (ValueError, KeyError, TypeError) as error:
                transaction.abort()
                kept = number - 1 - (number - 1) % _PAGE
                sys.exit(
                    f"{path}, line {number}: {error!r}. Kept up to line {kept}: "
                    "mend the file, and go on with --resume."
                )
            if number % _PAGE == 0 and number > done:
                transaction.commit()
                mark.write_text(str(number), encoding="utf-8")
    transaction.commit()
    mark.unlink(missing_ok=True)
    progress.end()
    return number


def _import(registry: Any, line: dict[str, Any], scope: dict[str, str]) -> None:
    kind = line["type"]
    if kind == "record":
        data = line["data"]
        registry.storage.update(**scope, object_id=data["id"], record=data)
    elif kind == "tombstone":
        _import_tombstone(registry.storage, line["data"], scope)
    elif kind == "principal":
        registry.permission.add_user_principal(line["user_id"], line["principal"])
    elif kind == "permission":
        registry.permission.add_principal_to_ace(
            line["object_id"], line["permission"], line["principal"]
        )
    elif kind != "collection":
        raise ValueError(f"unknown type {kind!r}")


def _import_tombstone(
    storage: Any, data: dict[str, Any], scope: dict[str, str]
) -> None:
    """Delete, after having made what there is to delete."""
    modified = data["last_modified"]
    try:
        storage.get(**scope, object_id=data["id"])
    except RecordNotFoundError:
        before = {"last_modified": modified - 1}
        storage.update(**scope, object_id=data["id"], record=before)
    storage.delete(**scope, object_id=data["id"], last_modified=modified)
