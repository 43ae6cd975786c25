--
-- Count all records, whoever wrote them. Who writes takes the first of the locks first.
--
LOCK TABLE timestamps, records, deleted IN SHARE ROW EXCLUSIVE MODE;

UPDATE timestamps SET records = 0;
INSERT INTO timestamps AS pair (parent_id, collection_id, last_modified, records)
SELECT parent_id, collection_id, max(last_modified), sum(live)
  FROM (SELECT parent_id, collection_id, last_modified, 1 AS live FROM records
        UNION ALL
        SELECT parent_id, collection_id, last_modified, 0 AS live FROM deleted) AS stored
 GROUP BY parent_id, collection_id
ON CONFLICT (parent_id, collection_id) DO UPDATE SET
    records = excluded.records,
    last_modified = greatest(pair.last_modified, excluded.last_modified);
