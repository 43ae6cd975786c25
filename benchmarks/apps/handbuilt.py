"""A careful application on our very stack, written by hand for one resource.

Pyramid, Cornice, colander, pyramid_multiauth, pyramid_tm and zope.sqlalchemy, used
sparingly: one session a request, statements prepared as constants, the same checks
and the same headers as the protocol asks for. What it leaves out is listed in
benchmarks/README.rst.
"""

import hashlib
import hmac
import json
import re
import time
import uuid
from functools import cache

import colander
import zope.sqlalchemy
from cornice import Service
from pyramid.authentication import extract_http_basic_credentials
from pyramid.authorization import Authenticated
from pyramid.config import Configurator
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPNotFound,
    HTTPNotModified,
    HTTPPreconditionFailed,
)
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

SCHEMA = """CREATE TABLE IF NOT EXISTS handbuilt (id TEXT, owner TEXT, modified BIGINT,
    data JSONB, PRIMARY KEY (owner, id));
CREATE INDEX IF NOT EXISTS handbuilt_by_time ON handbuilt (owner, modified DESC);
CREATE TABLE IF NOT EXISTS handbuilt_times (owner TEXT PRIMARY KEY, modified BIGINT)"""
# Taken first by each write: what follows of it sees the writes before it.
STAMP = text("""INSERT INTO handbuilt_times AS t VALUES (:owner, :now)
    ON CONFLICT (owner) DO UPDATE SET modified = greatest(:now, t.modified + 1)
    RETURNING modified""")
INSERT = text("INSERT INTO handbuilt VALUES (:id, :owner, :at, CAST(:data AS jsonb))")
UPDATE = text("""UPDATE handbuilt SET data = CAST(:data AS jsonb), modified = :at
    WHERE owner = :owner AND id = :id""")
DELETE = text("DELETE FROM handbuilt WHERE owner = :owner AND id = :id")
GET = text("SELECT modified, data FROM handbuilt WHERE owner = :owner AND id = :id")
TIME = text("SELECT modified FROM handbuilt_times WHERE owner = :owner")
FILTERS = {
    "_since": "modified > :_since",
    "_before": "modified < :_before",
    "kind": "data ->> 'kind' = :kind",
}
PARAMETERS = {*FILTERS, "_limit", "_token"}
AT_MOST = 10_000
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
COMMON = {
    "Vary": "Authorization",
    "Access-Control-Expose-Headers": "Content-Length, Vary, Last-Modified, ETag, Backoff,"
    " Alert, Pragma, Retry-After, Cache-Control, Next-Page, Total-Records, Expires",
}


class Item(colander.MappingSchema):
    name = colander.SchemaNode(colander.String())
    kind = colander.SchemaNode(colander.Integer(), missing=colander.drop)


ITEM = Item()


class BasicAuth:
    """Any pair of name and password is a user, as with Cliquet's default."""

    def authenticated_userid(self, request):
        credentials = extract_http_basic_credentials(request)
        if credentials is None:
            return None
        pair = f"{credentials.username}:{credentials.password}".encode()
        return hmac.new(b"secret", pair, hashlib.sha256).hexdigest()

    unauthenticated_userid = authenticated_userid

    def effective_principals(self, request):
        return []

    def remember(self, request, principal, **more):
        return []

    def forget(self, request):
        return []


class Policy:
    def permits(self, context, principals, permission):
        return Authenticated in principals


@cache
def listing(names):
    """Return the statements of a list and of its total, from names of filters."""
    where = " AND ".join(["owner = :owner", *(FILTERS[name] for name in names)])
    page = (
        f"SELECT id, modified, data FROM handbuilt WHERE {where}"
        " AND modified < :_token ORDER BY modified DESC LIMIT :_limit"
    )
    return text(page), text(f"SELECT count(*) FROM handbuilt WHERE {where}")


def query_of(request):
    """Read the query string: numbers only, of names that are known."""
    try:
        values = {name: int(value.strip('"')) for name, value in request.GET.items()}
    except ValueError as error:
        raise HTTPBadRequest(str(error)) from error
    if not PARAMETERS.issuperset(values):
        raise HTTPBadRequest
    names = tuple(name for name in FILTERS if name in values)
    if "kind" in values:
        values["kind"] = str(values["kind"])
    values["_limit"] = min(values.get("_limit") or AT_MOST, AT_MOST)
    return names, {"_token": 2**62, **values}


def body_of(request):
    try:
        return ITEM.deserialize(json.loads(request.body)["data"])
    except (ValueError, KeyError, TypeError, colander.Invalid) as error:
        raise HTTPBadRequest(str(error)) from error


def id_of(request):
    found = request.matchdict["id"]
    if not IDS.match(found):
        raise HTTPBadRequest
    return found


def set_times(response, modified):
    response.headers["ETag"] = f'"{modified}"'
    response.headers["Last-Modified"] = time.strftime(
        "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(modified / 1000)
    )


def check(request, modified):
    """Respond 304 or 412 if the client asked for it; `modified` is None if missing."""
    tag = None if modified is None else f'"{modified}"'
    known = request.headers.get("If-None-Match")
    if known and tag and known in (tag, "*"):
        if request.method != "GET":
            raise HTTPPreconditionFailed
        answer = HTTPNotModified()
        set_times(answer, modified)
        raise answer
    wanted = request.headers.get("If-Match")
    if wanted and (tag is None or wanted not in (tag, "*")):
        raise HTTPPreconditionFailed


def stamp(session, owner):
    values = {"owner": owner, "now": int(time.time() * 1000)}
    return session.execute(STAMP, values).scalar()


def add_common(event):
    event.response.headers.update(COMMON)


def save(session, statement, owner, record_id, modified, data):
    session.execute(statement, {"id": record_id, "owner": owner, "at": modified,
                                "data": json.dumps(data)})  # fmt: skip
    zope.sqlalchemy.mark_changed(session)
    return {"data": {**data, "id": record_id, "last_modified": modified}}


def find(request, session, owner):
    values = {"owner": owner, "id": id_of(request)}
    row = session.execute(GET, values).first()
    if row is None:
        raise HTTPNotFound
    check(request, row[0])
    return row


def collection_service(factory):
    items = Service(name="items", path="/v1/items", renderer="json")

    @items.post(permission="private")
    def create(request):
        data = body_of(request)
        session, owner = factory(), request.authenticated_userid
        modified = stamp(session, owner)
        request.response.status_code = 201
        return save(session, INSERT, owner, str(uuid.uuid4()), modified, data)

    @items.get(permission="private")
    def listed(request):
        session, owner = factory(), request.authenticated_userid
        names, values = query_of(request)
        modified = session.execute(TIME, {"owner": owner}).scalar() or 0
        check(request, modified)
        page, count = listing(names)
        values["owner"], size = owner, values["_limit"]
        # One more than wanted tells whether there is a next page.
        rows = session.execute(page, {**values, "_limit": size + 1}).all()
        headers = request.response.headers
        headers["Total-Records"] = str(session.execute(count, values).scalar())
        if len(rows) > size:
            rows = rows[:size]
            query = {**request.GET, "_limit": size, "_token": rows[-1][1]}
            headers["Next-Page"] = request.route_url("items", _query=query)
        set_times(request.response, modified)
        headers["Cache-Control"] = "no-cache"
        return {"data": [{**data, "id": key, "last_modified": at}
                         for key, at, data in rows]}  # fmt: skip

    return items


def record_service(factory):
    item = Service(name="item", path="/v1/items/{id}", renderer="json")

    @item.get(permission="private")
    def get(request):
        modified, data = find(request, factory(), request.authenticated_userid)
        set_times(request.response, modified)
        request.response.headers["Cache-Control"] = "no-cache"
        record_id = request.matchdict["id"]
        return {"data": {**data, "id": record_id, "last_modified": modified}}

    @item.put(permission="private")
    def put(request):
        record_id, data = id_of(request), body_of(request)
        session, owner = factory(), request.authenticated_userid
        modified = stamp(session, owner)
        found = session.execute(GET, {"owner": owner, "id": record_id}).first()
        check(request, found and found[0])
        if not found:
            request.response.status_code = 201
        set_times(request.response, modified)
        statement = UPDATE if found else INSERT
        return save(session, statement, owner, record_id, modified, data)

    @item.patch(permission="private")
    def patch(request):
        session, owner = factory(), request.authenticated_userid
        modified = stamp(session, owner)
        _, old = find(request, session, owner)
        try:
            data = ITEM.deserialize({**old, **json.loads(request.body)["data"]})
        except (ValueError, KeyError, TypeError, colander.Invalid) as error:
            raise HTTPBadRequest(str(error)) from error
        set_times(request.response, modified)
        return save(session, UPDATE, owner, request.matchdict["id"], modified, data)

    @item.delete(permission="private")
    def delete(request):
        session, owner = factory(), request.authenticated_userid
        modified = stamp(session, owner)
        find(request, session, owner)
        record_id = request.matchdict["id"]
        session.execute(DELETE, {"owner": owner, "id": record_id})
        zope.sqlalchemy.mark_changed(session)
        return {"data": {"id": record_id, "last_modified": modified, "deleted": True}}

    return item


def hello(request):
    """Return what Cliquet's does, most of it written down."""
    return {
        "project_name": "bench",
        "project_version": "1.0",
        "http_api_version": "1.0",
        "project_docs": "",
        "cliquet_protocol_version": "2",
        "url": request.route_url("hello"),
        "settings": {"readonly": False, "batch_max_requests": 25},
        "user": {"id": request.authenticated_userid},
        "capabilities": {},
    }


def build(url, install=True):
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
    factory = scoped_session(sessionmaker(bind=engine))
    zope.sqlalchemy.register(factory)
    if install:
        with engine.begin() as connection:
            connection.exec_driver_sql(SCHEMA)
    config = Configurator(settings={
        "multiauth.policies": "basicauth",
        "multiauth.policy.basicauth.use": "benchmarks.apps.handbuilt.BasicAuth",
        "multiauth.authorization_policy": "benchmarks.apps.handbuilt.Policy",
    })  # fmt: skip
    for name in ("pyramid_tm", "pyramid_multiauth", "cornice"):
        config.include(name)
    config.add_subscriber(add_common, "pyramid.events.NewResponse")
    config.add_route("hello", "/v1/")
    config.add_view(hello, route_name="hello", renderer="json")
    config.add_cornice_service(collection_service(factory))
    config.add_cornice_service(record_service(factory))
    return config.make_wsgi_app()
