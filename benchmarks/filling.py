"""How does a collection get its records, before anything is measured?

By what is fastest on each engine, under the very keys and columns that the
applications write: a million requests would take an hour.
"""

import datetime as dt
import io
import json
import sqlite3

import psycopg2
import redis

from benchmarks.application import record_id

FIRST_TIME = 1_500_000_000_000
#: Records of one `kind`, by which lists are filtered.
SAME_KIND = 100
_AT_ONCE = 10_000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- PostgreSQL's TIMESTAMP has no zone
_ACES = "INSERT INTO access_control_entries (object_id, permission, principal)"


def records(count):
    """Yield the id, the timestamp and the fields of records, oldest first."""
    for number in range(count):
        fields = {
            "name": f"something to remember {number}",
            "kind": number // SAME_KIND,
        }
        yield record_id(number), FIRST_TIME + number, fields


def chunks(count):
    chunk = []
    for record in records(count):
        chunk.append(record)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    yield chunk


def fill(app, engine, url, count, collection="item"):
    """Fill a collection of Cliquet: one of a user, or the shared one."""
    user = app.user_id
    shared = collection == "note"
    scope = ("" if shared else user, collection)
    _ENGINES[engine](app, url, scope, count)
    if shared:
        share(app, engine, url, user, "write", range(count))
    app.size = count


def fill_reference(app, url, table, count):
    """Fill the table of another application."""
    owner = app.user_id
    rows = ((key, owner, at, json.dumps(fields)) for key, at, fields in records(count))
    _copy(url, f"{table} ({_TABLES[table]})", rows)
    app.size = count
    # As if it had been the last one to be written: applications that keep the
    # timestamp of a collection learn it.
    fields = {"name": "something to remember 0", "kind": 0}
    app.send("PUT", f"{app.items}/{record_id(0)}", {"data": fields})


#: Their columns have the names that their frameworks would give.
_TABLES = {
    "floor": "id, owner, modified, data",
    "handbuilt": "id, owner, modified, data",
    "peer_django": "id, owner, last_modified, data",
    "peer_fastapi": "id, owner, last_modified, data",
}


def _copy(url, target, rows):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    text = io.StringIO("\n".join("\t".join(map(str, row)) for row in rows) + "\n")
    cursor.copy_expert(f"COPY {target} FROM STDIN", text)
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("CHECKPOINT")
    connection.close()


def _fill_postgresql(app, url, scope, count):
    rows = (
        (key, *scope, _EPOCH + dt.timedelta(milliseconds=at), json.dumps(fields))
        for key, at, fields in records(count)
    )
    columns = "id, parent_id, collection_id, last_modified, data"
    _copy(url, f"records ({columns})", rows)


def _fill_sqlite(app, url, scope, count):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    with connection:
        connection.executemany(
            "INSERT INTO records (parent_id, collection_id, id, last_modified, data)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (*scope, key, at, json.dumps(fields, separators=(",", ":")))
                for key, at, fields in records(count)
            ),
        )
        connection.execute(
            "INSERT INTO timestamps (parent_id, collection_id, last_modified, records)"
            " VALUES (?, ?, ?, ?)",
            (*scope, FIRST_TIME + count, count),
        )
    connection.execute("ANALYZE")
    connection.close()


def _fill_redis(app, url, scope, count):
    client = redis.Redis.from_url(url)
    stem = f"{scope[1]}.{scope[0]}"
    for chunk in chunks(count):
        if not chunk:
            continue
        client.mset({
            f"{stem}.{key}.records": json.dumps(
                {**fields, "id": key, "last_modified": at}, separators=(",", ":")
            )
            for key, at, fields in chunk
        })  # fmt: skip
        client.sadd(f"{stem}.records", *(key for key, _, _ in chunk))
    client.set(f"{stem}.timestamp", FIRST_TIME + count)
    client.close()


def _fill_memory(app, url, scope, count):
    parent, collection = scope
    storage = app.wsgi.registry.storage
    for key, at, fields in records(count):
        storage.create(collection, parent, {**fields, "id": key, "last_modified": at})


_ENGINES = {
    "postgresql": _fill_postgresql,
    "sqlite": _fill_sqlite,
    "redis": _fill_redis,
    "memory": _fill_memory,
}


def share(app, engine, url, principal, permission, numbers):
    """Let a principal do something on some of the notes, by their numbers."""
    ids = [f"/notes/{record_id(number)}" for number in numbers]
    if engine == "postgresql":
        columns = "object_id, permission, principal"
        rows = ((key, permission, principal) for key in ids)
        _copy(url, f"access_control_entries ({columns})", rows)
    elif engine == "sqlite":
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        with connection:
            rows = ((key, permission, principal) for key in ids)
            connection.executemany(f"{_ACES} VALUES (?, ?, ?)", rows)
        connection.close()
    else:
        # A round trip each for Redis, which is quick enough for 10,000.
        backend = app.wsgi.registry.permission
        for key in ids:
            backend.add_principal_to_ace(key, permission, principal)
