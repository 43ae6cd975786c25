"""The floor: a WSGI function and one statement, nothing that anybody would deploy."""

import json
import uuid

from psycopg2.pool import ThreadedConnectionPool

SCHEMA = """CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, owner TEXT,
    modified BIGINT, data JSONB);
CREATE INDEX IF NOT EXISTS floor_by_time ON floor (owner, modified DESC)"""
NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


def build(url):
    pool = ThreadedConnectionPool(1, 4, url)

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

    def application(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        record_id = path.rpartition("/")[2]
        if path == "/v1/":
            answer = {"hello": "world"}
        elif method == "POST":
            body = json.loads(environ["wsgi.input"].read())
            record_id = str(uuid.uuid4())
            run(f"INSERT INTO floor VALUES (%s, 'me', {NOW}, %s)", record_id,
                json.dumps(body["data"]))  # fmt: skip
            answer = {"data": {**body["data"], "id": record_id}}
        elif method in ("PUT", "PATCH"):
            body = json.loads(environ["wsgi.input"].read())
            run(f"UPDATE floor SET data = %s, modified = {NOW} WHERE id = %s",
                json.dumps(body["data"]), record_id)  # fmt: skip
            answer = {"data": {**body["data"], "id": record_id}}
        elif method == "DELETE":
            run("DELETE FROM floor WHERE id = %s", record_id)
            answer = {"data": {"id": record_id, "deleted": True}}
        elif path == "/v1/items":
            rows = run("SELECT id, modified, data FROM floor WHERE owner = 'me'"
                       " ORDER BY modified DESC LIMIT 100")  # fmt: skip
            answer = {"data": [{**data, "id": key} for key, _, data in rows]}
        else:
            ((data,),) = run("SELECT data FROM floor WHERE id = %s", record_id)
            answer = {"data": {**data, "id": record_id}}
        text = json.dumps(answer).encode()
        start_response("200 OK", [("Content-Type", "application/json"),
                                  ("Content-Length", str(len(text)))])  # fmt: skip
        return [text]

    return application
