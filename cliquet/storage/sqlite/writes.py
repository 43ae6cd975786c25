"""The statements that write to an SQLite file, or read one record or timestamp."""

from cliquet.storage.statements import KEY, PAIR, Statements

INITIALIZE = """
    INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
    VALUES (:parent_id, :collection_id, :now, 0) ON CONFLICT DO NOTHING"""
"""Set the time of a collection that was never used."""

PARENTS = "collection_id = :collection_id AND parent_id "
_LISTED = "IN (SELECT value FROM json_each(:parent_ids))"

TIMESTAMPS_OF_PARENTS = f"""
    SELECT parent_id, last_modified FROM timestamps WHERE {PARENTS}{_LISTED}"""

_OF_PARENTS = """
    SELECT parent_id, collection_id, records.id, first.value - 1 + row_number() OVER (
        PARTITION BY parent_id ORDER BY last_modified, records.id) AS epoch{more}
    FROM json_each(:firsts) AS first
    CROSS JOIN records ON parent_id = first.key
    WHERE collection_id = :collection_id"""

DELETED_OF_PARENTS = (
    _OF_PARENTS.format(more=", last_modified, data") + " ORDER BY parent_id, epoch"
)
"""The records of some parents, with the timestamps that their tombstones get."""

DELETE_OF_PARENTS = (
    # The WHERE is for the parser of SQLite.
    f"""INSERT INTO deleted (parent_id, collection_id, id, last_modified)
    SELECT * FROM ({_OF_PARENTS.format(more="")}) WHERE true
    ON CONFLICT DO UPDATE SET last_modified = excluded.last_modified""",
    f"""UPDATE timestamps SET records = 0, last_modified = first.value - 1 + (
        SELECT count(*) FROM records WHERE records.parent_id = timestamps.parent_id
        AND records.collection_id = timestamps.collection_id)
    FROM json_each(:firsts) AS first
    WHERE {PARENTS}= first.key AND EXISTS (
        SELECT 1 FROM records WHERE records.parent_id = timestamps.parent_id
        AND records.collection_id = timestamps.collection_id)""",
    f"""DELETE FROM records WHERE {PARENTS}
    IN (SELECT key FROM json_each(:firsts))""",
)
"""What leaves their tombstones, sets their timestamps and deletes them, in turn."""

_OLD = f"FROM deleted WHERE {PAIR} AND last_modified < :before"

NEWEST_OLD = f"SELECT max(last_modified) AS newest {_OLD}"
"""The timestamp of the newest tombstone that is older than `before`."""

PURGE = f"DELETE {_OLD}"
"""Delete the tombstones of a collection that are older than `before`."""

FIND_PARENTS = """
    SELECT parent_id FROM timestamps WHERE collection_id = :collection_id AND EXISTS (
        SELECT 1 FROM json_each(:beginnings) AS beginning
        WHERE substr(parent_id, 1, length(beginning.value)) = beginning.value)"""
"""Parents of a collection whose ids begin with one of some texts."""

STATEMENTS = Statements(
    hold=f"SELECT 1 AS held FROM records WHERE {KEY}",
    get=f"SELECT id, last_modified, data FROM records WHERE {KEY}",
    put="""
        INSERT INTO records (parent_id, collection_id, id, last_modified, data)
        VALUES (:parent_id, :collection_id, :id, :last_modified, :data)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified, data = :data""",
    put_tombstone="""
        INSERT INTO deleted (parent_id, collection_id, id, last_modified)
        VALUES (:parent_id, :collection_id, :id, :last_modified)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified""",
    tombstones=f"SELECT last_modified AS epoch FROM deleted WHERE {PAIR}",
    buried="""
        SELECT collection_id, parent_id, count(*) FROM deleted
        WHERE last_modified < :before
        AND (parent_id, collection_id) > (:parent_id, :collection_id)
        GROUP BY parent_id, collection_id ORDER BY parent_id, collection_id
        LIMIT :limit""",
    timestamp=f"SELECT last_modified FROM timestamps WHERE {PAIR}",
    purge=PURGE,
    raise_timestamp="""
        INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
        VALUES (:parent_id, :collection_id, :last_modified, 0) ON CONFLICT DO UPDATE
        SET last_modified = max(last_modified, excluded.last_modified)""",
    raise_horizon="""
        INSERT INTO horizons (parent_id, collection_id, horizon)
        VALUES (:parent_id, :collection_id, :horizon) ON CONFLICT DO UPDATE
        SET horizon = max(horizon, excluded.horizon)""",
    set_timestamp="""
        INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
        VALUES (:parent_id, :collection_id, :last_modified, max(:change, 0))
        ON CONFLICT DO UPDATE
        SET last_modified = :last_modified, records = records + :change""",
    scopes="""
        SELECT collection_id, parent_id FROM timestamps
        ORDER BY parent_id, collection_id""",
)
