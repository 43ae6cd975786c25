"""Which statements write and read one record? (backends §15)

A collection has a row in `timestamps`. Each write takes that row first and keeps it
until it commits: timestamps increase in the order of commits (rulings §2.2).

The usual writes are one statement each. A statement sees what was committed when it
started, and may then wait for the row: another writer had it. So `STAMP` only gives the
next timestamp if the row is still the one that the statement saw; then whatever else it
saw of the collection holds too. If not, there is no row in the answer, nothing was
written, and the collection is ours: the same statement, sent again, sees all.
"""

from cliquet.backends.statements import Frequent
from cliquet.storage.postgresql.conditions import MODIFIED
from cliquet.storage.sql import KEY, PAIR, Statements

_SEEN = f"(SELECT last_modified FROM timestamps WHERE {PAIR})"

_STAMP = f"""WITH stamp AS (
    INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
    SELECT :parent_id, :collection_id, from_epoch(current_epoch())
    WHERE {{guard}} AND (CAST(:collection AS bigint) IS NULL
        OR CAST(:collection AS bigint) = COALESCE(as_epoch({_SEEN}), 0))
    ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified = from_epoch(
        greatest(as_epoch(excluded.last_modified), as_epoch(pair.last_modified) + 1))
    WHERE pair.last_modified = {_SEEN}
    RETURNING last_modified)"""

CREATE = Frequent(
    f"""{_STAMP.format(guard=f"NOT EXISTS (SELECT FROM records WHERE {KEY})")},
forget AS (DELETE FROM deleted WHERE {KEY} AND EXISTS (SELECT FROM stamp))
INSERT INTO records (id, parent_id, collection_id, last_modified, data)
SELECT :id, :parent_id, :collection_id, stamp.last_modified, CAST(:data AS jsonb)
FROM stamp RETURNING {MODIFIED} AS last_modified"""
)
"""Create a record where there is none."""

_IS_SAME = f"EXISTS (SELECT FROM records WHERE {KEY} AND {MODIFIED} = :expected)"

REPLACE = Frequent(
    f"""{_STAMP.format(guard=_IS_SAME)}
UPDATE records SET data = CAST(:data AS jsonb), last_modified = stamp.last_modified
FROM stamp WHERE {KEY} RETURNING as_epoch(records.last_modified) AS last_modified"""
)
"""Replace a record that has the timestamp `expected`."""

DELETE = Frequent(
    f"""{_STAMP.format(guard=_IS_SAME)},
gone AS (DELETE FROM records USING stamp WHERE {KEY} RETURNING stamp.last_modified),
buried AS (INSERT INTO deleted (id, parent_id, collection_id, last_modified)
    SELECT :id, :parent_id, :collection_id, last_modified FROM gone
    WHERE CAST(:with_deleted AS boolean)
    ON CONFLICT (id, parent_id, collection_id)
    DO UPDATE SET last_modified = excluded.last_modified)
SELECT {MODIFIED} AS last_modified FROM gone"""
)
"""Delete a record that has the timestamp `expected`."""

LOCK = Frequent(
    f"""INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified)
VALUES (:parent_id, :collection_id, from_epoch(0))
ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified = pair.last_modified
RETURNING {MODIFIED} AS last_modified, current_epoch() AS now"""
)
"""Take the row of a collection: it has time 0 if the collection was never used."""

LOCK_ALL = """INSERT INTO timestamps AS pair
(parent_id, collection_id, last_modified)
SELECT parent_id, collection_id, from_epoch(0)
FROM unnest(CAST(:parents AS text[]), CAST(:collections AS text[]))
    WITH ORDINALITY AS wanted (parent_id, collection_id, number) ORDER BY number
ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified = pair.last_modified
"""
"""Take the rows of several collections, in the order given."""

TIMESTAMP = Frequent(f"SELECT {MODIFIED} AS last_modified FROM timestamps WHERE {PAIR}")
INITIALIZE = f"""INSERT INTO timestamps AS pair
(parent_id, collection_id, last_modified)
VALUES (:parent_id, :collection_id, from_epoch(current_epoch()))
ON CONFLICT (parent_id, collection_id) DO UPDATE SET last_modified =
    CASE WHEN as_epoch(pair.last_modified) = 0 THEN excluded.last_modified
    ELSE pair.last_modified END
RETURNING {MODIFIED} AS last_modified"""

# Indexes of 3.1.x want distinct microseconds where clients see equal milliseconds:
# some 500 records of a collection may be forced to the same one.
_FREE = f"""(SELECT COALESCE(max(last_modified) + INTERVAL '1 microsecond',
    from_epoch(:last_modified)) AS slot FROM {{table}}
    WHERE {PAIR} AND id <> :id AND {MODIFIED} = :last_modified
    AND last_modified >= from_epoch(:last_modified)) AS free
WHERE as_epoch(slot) = :last_modified"""

DELETE_ALL = f"""WITH gone AS (
    DELETE FROM records WHERE {{where}} RETURNING id, last_modified),
numbered AS (
    SELECT id, CAST(:first AS bigint) - 1
        + row_number() OVER (ORDER BY {MODIFIED}, id COLLATE "C") AS epoch FROM gone),
stamp AS (
    UPDATE timestamps SET last_modified = from_epoch(newest.epoch)
    FROM (SELECT max(epoch) AS epoch FROM numbered) AS newest
    WHERE {PAIR} AND newest.epoch IS NOT NULL),
buried AS (
    INSERT INTO deleted (id, parent_id, collection_id, last_modified)
    SELECT id, :parent_id, :collection_id, from_epoch(epoch) FROM numbered
    WHERE CAST(:with_deleted AS boolean)
    ON CONFLICT (id, parent_id, collection_id)
    DO UPDATE SET last_modified = excluded.last_modified)
SELECT id, epoch AS last_modified FROM numbered ORDER BY epoch"""
"""Delete the records of a locked collection, each with a timestamp from `first` on."""

STATEMENTS = Statements(
    get=Frequent(f"SELECT id, {MODIFIED}, data::text FROM records WHERE {KEY}"),
    put=f"""INSERT INTO records (id, parent_id, collection_id, last_modified, data)
        SELECT :id, :parent_id, :collection_id, slot, CAST(:data AS jsonb)
        FROM {_FREE.format(table="records")}
        ON CONFLICT (id, parent_id, collection_id)
        DO UPDATE SET last_modified = excluded.last_modified, data = excluded.data""",
    remove=f"DELETE FROM records WHERE {KEY}",
    bury=f"""INSERT INTO deleted (id, parent_id, collection_id, last_modified)
        SELECT :id, :parent_id, :collection_id, slot
        FROM {_FREE.format(table="deleted")}
        ON CONFLICT (id, parent_id, collection_id)
        DO UPDATE SET last_modified = excluded.last_modified""",
    forget=f"DELETE FROM deleted WHERE {KEY}",
    purge=f"DELETE FROM deleted WHERE {PAIR} AND {MODIFIED} < :before",
    # The number of records is counted by a trigger.
    set_timestamp=f"""UPDATE timestamps SET last_modified = from_epoch(:last_modified)
        WHERE {PAIR}""",
)
SCOPES = """SELECT collection_id, parent_id FROM timestamps
WHERE as_epoch(last_modified) <> 0 ORDER BY parent_id, collection_id"""
FLUSH = "DELETE FROM deleted; DELETE FROM records; DELETE FROM timestamps"
