"""The floor: a WSGI function, a pool and one statement.

Nobody would deploy it: it trusts whatever it is sent, and knows no users.
"""

import json
import uuid
from urllib.parse import parse_qs

from psycopg2.pool import ThreadedConnectionPool

SCHEMA = """CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, owner TEXT,
    modified BIGINT, data JSONB);
CREATE INDEX IF NOT EXISTS floor_by_time ON floor (owner, modified DESC)"""
NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


def build(url):
    pool = ThreadedConnectionPool(1, 8, url)

    def run(sql, *values):
        connection = pool.getconn()
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            pool.putconn(connection)

    run(SCHEMA)
    return application_of(run)


def listed(run, query):
    where, values = "owner = 'me'", []
    if "kind" in query:
        where += " AND data ->> 'kind' = %s"
        values.append(query["kind"][0])
    if "_since" in query:
        where += " AND modified > %s"
        values.append(int(query["_since"][0]))
    limit = int(query.get("_limit", ["10000"])[0])
    return run(f"SELECT id, modified, data FROM floor WHERE {where}"
               " ORDER BY modified DESC LIMIT %s", *values, limit)  # fmt: skip


def application_of(run):
    def application(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        record_id = path.rpartition("/")[2]
        headers = [("Content-Type", "application/json")]
        if path == "/v1/":
            answer = {"hello": "world", "user": {"id": "me"}}
        elif method == "POST":
            body = json.loads(environ["wsgi.input"].read())
            record_id = str(uuid.uuid4())
            run(f"INSERT INTO floor VALUES (%s, 'me', {NOW}, %s)", record_id,
                json.dumps(body["data"]))  # fmt: skip
            answer = {"data": {**body["data"], "id": record_id}}
        elif method in ("PUT", "PATCH"):
            body = json.loads(environ["wsgi.input"].read())
            run(f"UPDATE floor SET data = data || %s, modified = {NOW} WHERE id = %s",
                json.dumps(body["data"]), record_id)  # fmt: skip
            answer = {"data": {**body["data"], "id": record_id}}
        elif method == "DELETE":
            run("DELETE FROM floor WHERE id = %s", record_id)
            answer = {"data": {"id": record_id, "deleted": True}}
        elif path == "/v1/items":
            rows = listed(run, parse_qs(environ["QUERY_STRING"]))
            answer = {"data": [{**data, "id": key, "last_modified": at}
                               for key, at, data in rows]}  # fmt: skip
        else:
            row = run("SELECT modified, data FROM floor WHERE id = %s", record_id)[0]
            tag = f'"{row[0]}"'
            headers.append(("ETag", tag))
            answer = {"data": {**row[1], "id": record_id, "last_modified": row[0]}}
            if environ.get("HTTP_IF_NONE_MATCH") == tag:
                start_response("304 Not Modified", headers)
                return []
        text = json.dumps(answer).encode()
        headers.append(("Content-Length", str(len(text))))
        start_response("200 OK", headers)
        return [text]

    return application
