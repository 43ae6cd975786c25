"""The command ``cliquet export``: all records, deletions and permissions, as they are.

One JSON object a line: a collection and its timestamp, its records and tombstones from
the oldest to the newest; horizons; users' principals; permissions. It is the
picture of one moment where the engine has one (docs: operations-move).
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any

from cliquet import serialization
from cliquet.resource.told import guarded_fields
from cliquet.scripts.files import replaced_file
from cliquet.scripts.progress import Progress
from cliquet.storage import StorageBase
from cliquet.types import Registry


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
    with _output(path) as file, registry.storage.snapshot():
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
    yield from _lines_of_records(registry.storage, hidden)
    permission = getattr(registry, "permission", None)
    if permission is None:
        return
    # After the records: what was written meanwhile is not without its permissions.
    for user_id, principal in permission.all_user_principals():
        yield {"type": "principal", "user_id": user_id, "principal": principal}
    for object_id, name, principal in permission.all_permissions():
        yield {
            "type": "permission",
            "object_id": object_id,
            "permission": name,
            "principal": principal,
        }


def _lines_of_records(
    storage: StorageBase, hidden: Mapping[str, Collection[str]]
) -> Iterator[dict[str, Any]]:
    previous = None
    for scope, timestamp, entries in storage.dump():
        if scope != previous:
            yield {"type": "collection", **scope._asdict(), "timestamp": timestamp}
            previous = scope
        secrets = hidden.get(scope.collection_id, ())
        for is_live, record in entries:
            shown = {name: record[name] for name in record if name not in secrets}
            yield {"type": "record" if is_live else "tombstone", "data": shown}
    # After them, too: what was purged meanwhile may be missing.
    for scope, horizon in storage.horizons():
        yield {"type": "horizon", **scope._asdict(), "horizon": horizon}
