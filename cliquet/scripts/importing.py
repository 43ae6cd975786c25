"""The command ``cliquet import``: what ``cliquet export`` wrote, as it was.

Timestamps survive, those of collections too; what has the same ids is replaced. Where
that would be older than what clients of a collection know, they are told to read it
again (docs: specification-horizon).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import transaction

from cliquet import serialization
from cliquet.declarations.start import backend_problems
from cliquet.scripts.advance import have_read_again
from cliquet.scripts.files import write_private
from cliquet.scripts.progress import Progress
from cliquet.storage.query import Scope
from cliquet.storage.transfer import Entry, Part, Restored
from cliquet.types import Registry, Timestamp

#: What is written in one transaction: lines, or characters if they are long.
_PAGE = 5000
_LONG = 2**23


@dataclass(slots=True)
class _Collection:
    """A collection on its way.

    Attributes:
        timestamp: The one that it gets in the end.
        before: The one that it had when it was begun, `None` if it was not.
        is_late: Something is older than that.
        is_complete: All its lines were read.
        entries: Those that wait to be written, by id: the last one counts.
    """

    scope: Scope
    timestamp: Timestamp
    before: Timestamp | None = None
    is_late: bool = False
    is_complete: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Read one; of several with one id the last one counts, in its place."""
        object_id, _ = entry.data["id"], int(entry.data["last_modified"])
        self.entries.pop(object_id, None)
        self.entries[object_id] = entry

    def part(self) -> Part:
        """Return what is to be written now."""
        # Who reads before the last entry is there must ask again.
        timestamp = self.timestamp if self.is_complete else 0
        return Part(self.scope, timestamp, list(self.entries.values()))

    def written(self, met: Restored) -> None:
        """Note what that met."""
        if self.before is None:
            self.before = met.before
        if met.oldest is not None and met.oldest <= self.before:
            self.is_late = True
        self.entries.clear()

    def mark(self) -> dict[str, Any]:
        """Return what has to be known to go on with it."""
        return {
            "scope": list(self.scope),
            "timestamp": self.timestamp,
            "before": self.before,
            "is_late": self.is_late,
        }


class _Page:
    """What was read and is not written yet.

    Args:
        registry: Of the service.
        current: The collection whose lines are read.
    """

    def __init__(self, registry: Registry, current: _Collection | None) -> None:
        self._registry = registry
        self._current = current
        self._collections = {} if current is None else {current.scope: current}
        self._members: list[tuple[str, str]] = []
        self._granted: list[tuple[str, str, str]] = []
        self._horizons: list[tuple[Scope, Timestamp]] = []

    def add(self, line: dict[str, Any]) -> None:
        """Read a line.

        Raises:
            ValueError: It is none of ours; or `KeyError`, `TypeError`.
        """
        current = self._current
        match line:
            case {"type": "record" | "tombstone" as kind, "data": data} if current:
                current.add(Entry(kind == "record", data))
            case {"type": "collection"}:
                self.complete()
                self._begin(_scope(line), line.get("timestamp") or 0)
            case {"type": "horizon", "horizon": horizon}:
                self.complete()
                self._horizons.append((_scope(line), horizon))
            case {"type": "principal", "user_id": user_id, "principal": principal}:
                self.complete()
                self._members.append((user_id, principal))
            case {"type": "permission", "object_id": object_id, "permission": name}:
                self.complete()
                self._granted.append((object_id, name, line["principal"]))
            case {"type": kind}:
                raise ValueError(f"{kind!r} is unknown, or lacks something")
            case _:
                raise ValueError("it has no type")

    def _begin(self, scope: Scope, timestamp: Timestamp) -> None:
        # It may come again, in files that were put together.
        current = self._collections.setdefault(scope, _Collection(scope, timestamp))
        current.timestamp = max(current.timestamp, timestamp)
        current.is_complete = False
        self._current = current

    def complete(self) -> None:
        """Note that no line of the current collection comes any more."""
        if self._current is not None:
            self._current.is_complete = True
            self._current = None

    def write(self) -> _Collection | None:
        """Write it, and commit; return the collection that is not complete, if any."""
        storage = self._registry.storage
        collections = self._collections.values()
        parts = [collection.part() for collection in collections]
        met = storage.restore(parts) if parts else ()
        for collection, restored in zip(collections, met, strict=True):
            collection.written(restored)
            if collection.is_complete and collection.is_late:
                have_read_again(storage, collection.scope)
        for scope, horizon in self._horizons:
            storage.raise_horizon(*scope, horizon=horizon)
        if self._members or self._granted:
            self._registry.permission.restore(self._members, self._granted)
        transaction.commit()
        return self._current


def _scope(line: dict[str, Any]) -> Scope:
    return Scope(line["collection_id"], line["parent_id"])


def import_from(registry: Registry, path: str, *, resume: bool) -> int:
    """Store what a file of `cliquet export` has; return how many lines.

    Each page of lines is one transaction. How many are stored is written in a file
    beside it, where a later run with `resume` starts: without, it is refused.
    """
    for problem in backend_problems(registry).values():
        if problem.is_refused:
            sys.exit(f"Setting {problem.reason}")
    mark = Path(f"{path}.imported")
    done, current = _read_mark(mark, resume)
    progress = Progress("Imported")
    number, size = done, 0
    page = _Page(registry, current)
    for number, text in _lines_after(path, done):
        try:
            page.add(serialization.loads_stored(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            sys.exit(
                f"{path}, line {number}: {error!r}. Kept up to line {done}: "
                "mend the file, and go on with --resume."
            )
        size += len(text)
        if number - done >= _PAGE or size >= _LONG:
            current = page.write()
            write_private(mark, serialization.dumps(_mark(number, current)))
            progress.add(number - done)
            done, size, page = number, 0, _Page(registry, current)
    page.complete()
    page.write()
    progress.add(max(number - done, 0))
    mark.unlink(missing_ok=True)
    progress.end()
    return number


def _lines_after(path: str, done: int) -> Iterator[tuple[int, str]]:
    number = 0
    with Path(path).open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            if number > done:
                yield number, text
    if number < done:
        sys.exit(f"{path} has {number} lines, but {done} were imported: it is another.")


def _mark(number: int, current: _Collection | None) -> dict[str, Any]:
    return {"lines": number, "collection": current and current.mark()}


def _read_mark(mark: Path, resume: bool) -> tuple[int, _Collection | None]:
    """Return where to start, and in which collection."""
    if not mark.exists():
        return 0, None
    if not resume:
        sys.exit(
            f"This file was imported in part: go on with --resume, or remove {mark} to "
            "begin again."
        )
    try:
        found = serialization.loads_stored(mark.read_text(encoding="utf-8"))
        known = found["collection"]
        if known is None:
            return int(found["lines"]), None
        scope = Scope(*known.pop("scope"))
        return int(found["lines"]), _Collection(scope, **known)
    except (ValueError, KeyError, TypeError):
        sys.exit(f"{mark} is not of this version: remove it, and import all again.")
