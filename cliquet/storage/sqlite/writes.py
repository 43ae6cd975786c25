"""The statements that write to an SQLite file, or read one record or timestamp."""

from cliquet.storage.sql import KEY, PAIR, Statements

INITIALIZE = """
    INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
    VALUES (:parent_id, :collection_id, :now, 0) ON CONFLICT DO NOTHING"""
"""Set the time of a collection that was never used."""

STATEMENTS = Statements(
    get=f"SELECT id, last_modified, data FROM records WHERE {KEY}",
    put="""
        INSERT INTO records (parent_id, collection_id, id, last_modified, data)
        VALUES (:parent_id, :collection_id, :id, :last_modified, :data)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified, data = :data""",
    put_tombstone="""
        INSERT INTO deleted (parent_id, collection_id, id, last_modified)
        VALUES (:parent_id, :collection_id, :id, :last_modified)
        ON CONFLICT DO UPDATE SET last_modified = :last_modified""",
    purge=f"DELETE FROM deleted WHERE {PAIR} AND last_modified < :before",
    tombstones=f"SELECT last_modified FROM deleted WHERE {PAIR}",
    timestamp=f"SELECT last_modified FROM timestamps WHERE {PAIR}",
    set_timestamp="""
        INSERT INTO timestamps (parent_id, collection_id, last_modified, records)
        VALUES (:parent_id, :collection_id, :last_modified, max(:change, 0))
        ON CONFLICT DO UPDATE
        SET last_modified = :last_modified, records = records + :change""",
    scopes="""
        SELECT collection_id, parent_id FROM timestamps
        ORDER BY parent_id, collection_id""",
)
