"""What a copy keeps in its file: records, what is not pushed yet, how far it is.

Every method is one transaction: whenever the process ends, the file is whole. Several
threads and processes may use one file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from cliquet.client.local.conflicts import Conflicts
from cliquet.client.local.files import File
from cliquet.client.local.schema import PUSHED, SCHEMA, WALK
from cliquet.client.records import Record

#: Of one record, whose answers were all lost.
_VERSIONS = 50

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A change made here that the server does not have.

    Attributes:
        data: What the record shall be, None for deleted.
        base: The server's version that it was made from; None if it had none.
        sent: What earlier pushes, whose answers never came, may have left there.
        edit: Number of the change.
        contested: Whether it is what a conflict was decided to be.
    """

    id: str
    data: Data | None
    base: Record | None
    sent: Sequence[Data]
    edit: int
    contested: bool = False


@dataclass(frozen=True)
class Position:
    """How far the copy is.

    Attributes:
        since: Timestamp of the server that the copy has reached, None before the first.
        reached: What it will have reached when the pages under way are read.
        next: URL of the page that is read next, None if no reading is under way.
    """

    since: int | None
    reached: int | None
    next: str | None


class Kept:
    """What an application reads and changes of a copy.

    Args:
        path: The file; `:memory:` for none.
        collection: What names the collection among those of the file: its URL.

    Attributes:
        conflicts: Those that nobody was told of yet.
    """

    def __init__(self, path: str | PathLike[str], collection: str) -> None:
        self._file = File(path, SCHEMA, {"c": collection})
        self.conflicts = Conflicts(self._file)
        self._execute, self._rows = self._file.execute, self._file.rows
        self._transaction = self._file.transaction
        self._execute(
            "INSERT OR IGNORE INTO positions (collection, walk) VALUES (:c, 1)"
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def records(self) -> list[Record]:
        """Return what is there, in the order of ids."""
        rows = self._rows(
            "SELECT data FROM records WHERE collection = :c AND data IS NOT NULL "
            "ORDER BY id"
        )
        return [Record(json.loads(data)) for (data,) in rows]

    def get(self, record_id: str) -> Record | None:
        """Return a record, None if it is not there."""
        rows = self._rows(
            "SELECT data FROM records WHERE collection = :c AND id = :id "
            "AND data IS NOT NULL",
            id=record_id,
        )
        return Record(json.loads(rows[0][0])) if rows else None

    def put(self, record_id: str, data: Data | None) -> None:
        """Note that a record was changed here, or deleted (None)."""
        with self._transaction():
            if data is None:
                # What the server cannot have is forgotten.
                self._execute(
                    "DELETE FROM records WHERE collection = :c AND id = :id "
                    "AND base IS NULL AND sent IS NULL",
                    id=record_id,
                )
                statement = (
                    "UPDATE records SET data = NULL, edit = :edit "
                    "WHERE collection = :c AND id = :id"
                )
            else:
                statement = (
                    "INSERT INTO records (collection, id, data, edit) "
                    "VALUES (:c, :id, :data, :edit) ON CONFLICT (collection, id) "
                    "DO UPDATE SET data = excluded.data, edit = excluded.edit"
                )
            self._execute(
                statement, id=record_id, data=_text(data), edit=self._next_edit()
            )

    def _next_edit(self) -> int:
        self._execute("UPDATE positions SET edits = edits + 1 WHERE collection = :c")
        ((edits,),) = self._rows("SELECT edits FROM positions WHERE collection = :c")
        number: int = edits
        return number


class Store(Kept):
    """The copy of one collection in a SQLite file."""

    # --- For pushing -------------------------------------------------------------

    def changes(self) -> list[Change]:
        """Return what the server does not have yet, in the order of the changes."""
        rows = self._rows(
            "SELECT id, data, base, sent, edit FROM records "
            "WHERE collection = :c AND edit IS NOT NULL ORDER BY edit"
        )
        return [
            Change(record_id, _record(data), _record(base), _versions(sent), edit)
            for record_id, data, base, sent, edit in rows
        ]

    def note_sent(self, changes: Sequence[Change]) -> None:
        """Note, before they are sent, that the server may have these from now on.

        What a conflict was decided to be is not noted: nothing here was made from it.
        """
        with self._transaction():
            for change in changes:
                if change.data is not None and not change.contested:
                    versions = [v for v in change.sent if v != change.data]
                    self._execute(
                        "UPDATE records SET sent = :sent "
                        "WHERE collection = :c AND id = :id",
                        id=change.id,
                        sent=json.dumps([*versions[-_VERSIONS:], change.data]),
                    )

    def settle(self, change: Change, record: Record | None) -> None:
        """Note what the server has after a change was pushed, None if nothing.

        A change that was made here meanwhile stays dirty. It was made from what was
        pushed, unless that is what a conflict was decided to be: then it meets the
        conflict too.
        """
        values = {"id": change.id, "edit": change.edit, "record": _text(record)}
        where = "WHERE collection = :c AND id = :id"
        unless_changed = f"{where} AND edit = :edit"
        with self._transaction():
            self._execute(
                f"UPDATE records SET base = :record, sent = NULL, walk = {PUSHED} "
                + (unless_changed if change.contested else where),
                **values,
            )
            self._execute(
                f"UPDATE records SET data = :record, edit = NULL {unless_changed}",
                **values,
            )
            self._execute(
                f"DELETE FROM records {where} AND edit IS NULL AND data IS NULL",
                id=change.id,
            )

    # --- For pulling -------------------------------------------------------------

    def position(self) -> Position:
        """Return how far the copy is."""
        ((since, reached, following),) = self._rows(
            "SELECT since, reached, next FROM positions WHERE collection = :c"
        )
        return Position(since, reached, following)

    def newest(self) -> int | None:
        """Return the latest timestamp of the server's versions, None if it has none."""
        ((newest,),) = self._rows(
            "SELECT max(json_extract(base, '$.last_modified')) FROM records "
            "WHERE collection = :c"
        )
        found: int | None = newest
        return found

    def keep(self, records: list[Record], following: str | None, reached: int) -> int:
        """Keep a page, and where the next one is; return how many were news.

        What was changed here is left: the next push finds the conflict.
        """
        with self._transaction():
            news = sum(self._keep(record) for record in records)
            self._execute(
                "UPDATE positions SET next = :next, reached = :reached "
                "WHERE collection = :c",
                next=following,
                reached=reached,
            )
            if following is None:
                news += self._finish(reached)
        return news

    def restart(self) -> None:
        """Forget how far the copy is: the next reading is of the whole collection."""
        with self._transaction():
            self._execute(
                "UPDATE positions SET since = NULL, reached = NULL, next = NULL, "
                "walk = walk + 1 WHERE collection = :c"
            )

    def _keep(self, record: Record) -> bool:
        """Keep a record unless it was changed here; return whether it is news."""
        record_id = record["id"]
        rows = self._rows(
            "SELECT base, edit FROM records WHERE collection = :c AND id = :id",
            id=record_id,
        )
        base, edit = (_record(rows[0][0]), rows[0][1]) if rows else (None, None)
        if edit is not None or base == record or (base is None and record.deleted):
            self._execute(
                f"UPDATE records SET walk = {WALK} WHERE collection = :c AND id = :id",
                id=record_id,
            )
            return False
        if record.deleted:
            self._execute(
                "DELETE FROM records WHERE collection = :c AND id = :id", id=record_id
            )
            return True
        self._execute(
            "INSERT OR REPLACE INTO records (collection, id, data, base, walk) "
            f"VALUES (:c, :id, :data, :data, {WALK})",
            id=record_id,
            data=_text(record),
        )
        return True

    def _finish(self, reached: int) -> int:
        """End a reading; what a whole one did not find is gone. Return how many.

        But what was pushed when the reading had begun.
        """
        gone = self._execute(
            "DELETE FROM records WHERE collection = :c AND edit IS NULL "
            "AND (SELECT since FROM positions WHERE collection = :c) IS NULL "
            f"AND (abs(walk) < {WALK} OR walk < 0 "
            "AND json_extract(base, '$.last_modified') <= :reached)",
            reached=reached,
        )
        self._execute(
            "UPDATE positions SET since = :reached, reached = NULL, next = NULL "
            "WHERE collection = :c",
            reached=reached,
        )
        return gone


def _text(data: Data | None) -> str | None:
    return None if data is None else json.dumps(data, ensure_ascii=False)


def _versions(text: str | None) -> list[Data]:
    return [] if text is None else json.loads(text)


def _record(text: str | None) -> Record | None:
    return None if text is None else Record(json.loads(text))
