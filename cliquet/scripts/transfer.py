"""The commands ``cliquet export`` and ``cliquet import``: move between two engines.

One JSON object a line: a collection and its timestamp, its records and tombstones from
the oldest to the newest, users' principals, permissions. Timestamps survive; what is
there already is replaced.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import transaction

from cliquet import serialization
from cliquet.resource.querystring.pagination import build_rules
from cliquet.resource.told import guarded_fields
from cliquet.scripts.files import replaced_file, write_private
from cliquet.scripts.progress import Progress
from cliquet.storage import StorageBase
from cliquet.storage.exceptions import RecordNotFoundError
from cliquet.storage.query import COMPARISON, Filter, Scope, Sort
from cliquet.types import Record, Registry

_PAGE = 500
_BY_AGE = [Sort("last_modified", 1)]


def export_to(registry: Registry, path: str | None, secrets: bool = False) -> int:
    """Write everything to a file, or to standard output; return how many lines.

    Args:
        registry: Of the service.
        path: The file, None for standard output.
        secrets: Write the fields that are never shown, too; otherwise it is told which
            are left out.
    """
    hidden = {} if secrets else _hidden_fields(registry)
    for collection_id, fields in sorted(hidden.items()):
        print(
            f"Left out of the records of {collection_id}: {', '.join(sorted(fields))}. "
            "--secrets writes them, to move a service for instance.",
            file=sys.stderr,
        )
    progress = Progress("Exported")
    with _output(path) as file:
        for line in _lines(registry, hidden):
            file.write(serialization.dumps(line) + "\n")
            progress.add()
    progress.end()
    return progress.done


def _hidden_fields(registry: Registry) -> dict[str, set[str]]:
    """Return the fields that are never shown, by the ids of the collections."""
    found: dict[str, set[str]] = {}
    for service in (getattr(registry, "cornice_services", None) or {}).values():
        resource_cls: Any = getattr(service, "resource", None)
        names = guarded_fields(resource_cls, "writeonly_fields")
        if names:
            collection_id = resource_cls.__name__.lower()
            found.setdefault(collection_id, set()).update(names)
    return found


def _output(path: str | None) -> AbstractContextManager[IO[str]]:
    return nullcontext(sys.stdout) if path is None else replaced_file(path)


def _lines(
    registry: Registry, hidden: Mapping[str, Collection[str]]
) -> Iterator[dict[str, Any]]:
    storage = registry.storage
    for scope in storage.scopes():
        timestamp = storage.collection_timestamp(*scope, initialize=False)
        yield {"type": "collection", **scope._asdict(), "timestamp": timestamp}
        secrets = hidden.get(scope.collection_id, ())
        for kind, record in _records(storage, scope):
            shown = {name: record[name] for name in record if name not in secrets}
            yield {"type": kind, "data": shown}
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


def _records(storage: StorageBase, scope: Scope) -> Iterator[tuple[str, Record]]:
    """Yield records and tombstones, each with the type of its line."""
    rules: list[list[Filter]] = []
    while True:
        page, _ = storage.get_all(
            *scope,
            sorting=_BY_AGE,
            pagination_rules=rules,
            limit=_PAGE,
            include_deleted=True,
        )
        live = _live_ids(storage, scope, page)
        for record in page:
            yield "record" if record["id"] in live else "tombstone", record
        if len(page) < _PAGE:
            return
        rules = build_rules(_BY_AGE, page[-1])


def _live_ids(storage: StorageBase, scope: Scope, page: list[Record]) -> set[str]:
    """Return the ids of live records: a field `deleted` may be an application's own."""
    live = {record["id"] for record in page if "deleted" not in record}
    if len(live) < len(page):
        doubtful = [record["id"] for record in page if "deleted" in record]
        found, _ = storage.get_all(
            *scope, filters=[Filter("id", doubtful, COMPARISON.IN)]
        )
        live.update(record["id"] for record in found)
    return live


def import_from(registry: Registry, path: str, *, resume: bool) -> int:
    """Store what a file that `export_to` wrote has; return how many lines.

    Each page of lines is one transaction. How many are stored is written in a file
    beside it, where a later run with `resume` starts.
    """
    mark = Path(f"{path}.imported")
    done = int(mark.read_text(encoding="utf-8")) if resume and mark.exists() else 0
    progress = Progress("Imported")
    scope: Scope | None = None
    number = 0
    with Path(path).open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = serialization.loads_stored(text)
                if line["type"] == "collection":
                    scope = Scope(line["collection_id"], line["parent_id"])
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
                write_private(mark, str(number))
    transaction.commit()
    mark.unlink(missing_ok=True)
    progress.end()
    return number


def _import(registry: Registry, line: dict[str, Any], scope: Scope | None) -> None:
    match line:
        case {"type": "collection"}:
            pass
        case {"type": "record", "data": data} if scope:
            registry.storage.update(*scope, object_id=data["id"], record=data)
        case {"type": "tombstone", "data": data} if scope:
            _import_tombstone(registry.storage, data, scope)
        case {"type": "principal", "user_id": user_id, "principal": principal}:
            registry.permission.add_user_principal(user_id, principal)
        case {"type": "permission", "object_id": object_id, "permission": name}:
            registry.permission.add_principal_to_ace(object_id, name, line["principal"])
        case {"type": kind}:
            raise ValueError(f"{kind!r} is unknown, or lacks something")


def _import_tombstone(storage: StorageBase, data: Record, scope: Scope) -> None:
    """Delete a record, which is stored first if there is none."""
    modified = data["last_modified"]
    try:
        storage.get(*scope, object_id=data["id"])
    except RecordNotFoundError:
        before = {"last_modified": modified - 1}
        storage.update(*scope, object_id=data["id"], record=before)
    storage.delete(*scope, object_id=data["id"], last_modified=modified)
