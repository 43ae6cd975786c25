"""Whether the tables of backends are there, asked once at start.

By a connection of its own, which is closed before anybody could fork with it, and which
does not wait: the start goes on where a database is down, slow or being migrated.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from cliquet.engines.sql.client import SQLClient

CONNECT_SECONDS = 3

_REMEDY = "run cliquet migrate"

# Of the session, so that a pooler hands nothing on; no table is locked by the first.
_POSTGRESQL_LIMITS = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '3s'"
_POSTGRESQL_TABLES = """SELECT name FROM unnest(ARRAY[{names}]) AS name
WHERE to_regclass(name) IS NOT NULL"""
_POSTGRESQL_VERSION = (
    "SELECT max(value::integer) FROM metadata WHERE name = 'storage_schema_version'"
)
_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class Misfit(NamedTuple):
    """What tells that tables are not as a setting says.

    Attributes:
        sql: Finds a row then.
        setting: Its name.
        told: What is wrong with it.
    """

    sql: str
    setting: str
    told: str


class Problem(NamedTuple):
    """Why a backend is not ready.

    Attributes:
        reason: In words.
        is_refused: Whether what is there would be spoilt by whoever starts.
    """

    reason: str
    is_refused: bool = False


def find_problems(backends: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """Yield the kinds of backends that are not ready, each with the reason.

    Backends without tables, or of others, are not looked at.

    Args:
        backends: By kind.
    """
    by_engine: dict[Any, dict[str, Any]] = {}
    for kind, backend in backends.items():
        client = getattr(backend, "client", None)
        # An application may have given it sessions of its own.
        engine = client._engine if isinstance(client, SQLClient) else None  # noqa: SLF001
        if engine is not None:
            by_engine.setdefault(engine, {})[kind] = backend
    for engine, found in by_engine.items():
        yield from _problems_of(engine, found)


def _problems_of(
    engine: sqlalchemy.Engine, backends: Mapping[str, Any]
) -> Iterator[tuple[str, Problem]]:
    wanted = dict.fromkeys(name for each in backends.values() for name in each.tables)
    misfits = [getattr(each, "misfit", None) for each in backends.values()]
    try:
        tables, version, found = _look(engine, wanted, filter(None, misfits))
    except (SQLAlchemyError, sqlite3.Error, engine.dialect.loaded_dbapi.Error) as error:
        reason = " ".join(str(error).split())
        for kind in backends:
            yield kind, Problem(f"the database does not answer: {reason}")
        return
    for kind, backend in backends.items():
        missing = [name for name in backend.tables if name not in tables]
        latest = getattr(backend, "schema_version", None)
        if missing:
            listed = ", ".join(missing)
            yield kind, Problem(f"tables are missing ({listed}): {_REMEDY}")
        elif latest and version is not None and version < latest:
            told = f"tables have version {version}, not {latest}: {_REMEDY}"
            yield kind, Problem(told)
        elif (misfit := getattr(backend, "misfit", None)) in found:
            told = f"'{misfit.setting}' {misfit.told}: {_REMEDY}"
            yield kind, Problem(told, is_refused=True)


def _look(
    engine: sqlalchemy.Engine, wanted: Iterable[str], misfits: Iterable[Misfit]
) -> tuple[set[str], int | None, list[Misfit]]:
    """Return the tables that there are, the version of the storage's, what misfits."""
    if engine.dialect.name == "sqlite":
        return _look_into_file(engine.url.database, wanted), None, []
    arguments, options = engine.dialect.create_connect_args(engine.url)
    options.setdefault("connect_timeout", CONNECT_SECONDS)
    with closing(engine.dialect.connect(*arguments, **options)) as connection:
        cursor = connection.cursor()
        cursor.execute(_POSTGRESQL_LIMITS)
        names = ", ".join(f"'{name}'" for name in [*wanted, "metadata"])
        cursor.execute(_POSTGRESQL_TABLES.format(names=names))
        tables = {row[0] for row in cursor.fetchall()}
        version = None
        if "metadata" in tables:
            cursor.execute(_POSTGRESQL_VERSION)
            version = cursor.fetchall()[0][0]
        found = []
        for misfit in misfits:
            cursor.execute(misfit.sql)
            found += [misfit] * len(cursor.fetchall())
    return tables, version, found


def _look_into_file(path: str | None, wanted: Iterable[str]) -> set[str]:
    if not path or path == ":memory:" or path.startswith("file:"):
        # Another connection would see another database.
        return set(wanted)
    if not Path(path).exists():
        return set()
    # Nothing is created by looking.
    uri = f"file:{quote(path)}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=1)) as connection:
        return {row[0] for row in connection.execute(_SQLITE_TABLES)}
