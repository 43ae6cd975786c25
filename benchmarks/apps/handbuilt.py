"""A careful application on our very stack, written by hand for one resource.

Pyramid, Cornice, colander, pyramid_multiauth, pyramid_tm and zope.sqlalchemy, used
sparingly: one session a request, statements prepared as constants, the same checks
and headers as the protocol asks for.
"""

import hashlib
import hmac
import json
import time
import uuid

import colander
import zope.sqlalchemy
from cornice import Service
from pyramid.authentication import extract_http_basic_credentials
from pyramid.authorization import Authenticated
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPNotModified, HTTPPreconditionFailed
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

SCHEMA = """CREATE TABLE IF NOT EXISTS handbuilt (id TEXT, owner TEXT, modified BIGINT,
    data JSONB, PRIMARY KEY (owner, id));
CREATE INDEX IF NOT EXISTS handbuilt_by_time ON handbuilt (owner, modified DESC);
CREATE TABLE IF NOT EXISTS handbuilt_times (owner TEXT PRIMARY KEY, modified BIGINT)"""
STAMP = text("""INSERT INTO handbuilt_times AS t VALUES (:owner, :now)
    ON CONFLICT (owner) DO UPDATE SET modified = greatest(:now, t.modified + 1)
    RETURNING modified""")
INSERT = text("INSERT INTO handbuilt VALUES (:id, :owner, :at, CAST(:data AS jsonb))")
UPDATE = text("""UPDATE handbuilt SET data = CAST(:data AS jsonb), modified = :at
    WHERE owner = :owner AND id = :id""")
DELETE = text("DELETE FROM handbuilt WHERE owner = :owner AND id = :id")
GET = text("SELECT modified, data FROM handbuilt WHERE owner = :owner AND id = :id")
LIST = text("""SELECT id, modified, data FROM handbuilt WHERE owner = :owner
    AND modified > :since ORDER BY modified DESC LIMIT 100""")
COUNT = text(
    "SELECT count(*) FROM handbuilt WHERE owner = :owner AND modified > :since"
)
TIME = text("SELECT modified FROM handbuilt_times WHERE owner = :owner")


class Item(colander.MappingSchema):
    name = colander.SchemaNode(colander.String())


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


def build(url):  # noqa: C901, PLR0915 -- one resource, in one place
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
    factory = scoped_session(sessionmaker(bind=engine))
    zope.sqlalchemy.register(factory)
    with engine.begin() as connection:
        connection.exec_driver_sql(SCHEMA)
    items = Service(name="items", path="/v1/items", renderer="json")
    item = Service(name="item", path="/v1/items/{id}", renderer="json")

    def body_of(request):
        try:
            return ITEM.deserialize(json.loads(request.body)["data"])
        except (ValueError, KeyError, TypeError, colander.Invalid) as error:
            request.errors.add("body", "data", str(error))
            return None

    def stamp(session, owner):
        values = {"owner": owner, "now": int(time.time() * 1000)}
        return session.execute(STAMP, values).scalar()

    def answer(request, record, modified):
        request.response.headers["ETag"] = f'"{modified}"'
        request.response.headers["Last-Modified"] = time.strftime(
            "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(modified / 1000)
        )
        request.response.headers["Cache-Control"] = "no-cache"
        return {"data": record}

    def find(request):
        session = factory()
        owner = request.authenticated_userid
        row = session.execute(
            GET, {"owner": owner, "id": request.matchdict["id"]}
        ).first()
        if row is None:
            raise HTTPNotFound
        tag = f'"{row[0]}"'
        if request.headers.get("If-None-Match") == tag:
            raise HTTPNotModified
        if request.headers.get("If-Match", tag) != tag:
            raise HTTPPreconditionFailed
        return session, owner, {**row[1], "id": request.matchdict["id"],
                                "last_modified": row[0]}  # fmt: skip

    @items.post(permission="private")
    def create(request):
        data = body_of(request)
        if data is None:
            return None
        session, owner = factory(), request.authenticated_userid
        record_id, modified = str(uuid.uuid4()), stamp(session, owner)
        session.execute(INSERT, {"id": record_id, "owner": owner, "at": modified,
                                 "data": json.dumps(data)})  # fmt: skip
        zope.sqlalchemy.mark_changed(session)
        request.response.status_code = 201
        return answer(
            request, {**data, "id": record_id, "last_modified": modified}, modified
        )

    @items.get(permission="private")
    def listed(request):
        session, owner = factory(), request.authenticated_userid
        values = {"owner": owner, "since": int(request.GET.get("_since", 0))}
        modified = session.execute(TIME, {"owner": owner}).scalar() or 0
        rows = session.execute(LIST, values).all()
        total = session.execute(COUNT, values).scalar()
        request.response.headers["Total-Records"] = str(total)
        return answer(request, [{**data, "id": key, "last_modified": at}
                                for key, at, data in rows], modified)  # fmt: skip

    @item.get(permission="private")
    def get(request):
        _, _, record = find(request)
        return answer(request, record, record["last_modified"])

    def write(request, merge):
        data = body_of(request)
        if data is None:
            return None
        session, owner, record = find(request)
        new = {**record, **data} if merge else {**data}
        modified = stamp(session, owner)
        new.pop("id", None), new.pop("last_modified", None)
        session.execute(UPDATE, {"id": record["id"], "owner": owner, "at": modified,
                                 "data": json.dumps(new)})  # fmt: skip
        zope.sqlalchemy.mark_changed(session)
        return answer(
            request, {**new, "id": record["id"], "last_modified": modified}, modified
        )

    @item.put(permission="private")
    def put(request):
        return write(request, merge=False)

    @item.patch(permission="private")
    def patch(request):
        return write(request, merge=True)

    @item.delete(permission="private")
    def delete(request):
        session, owner, record = find(request)
        modified = stamp(session, owner)
        session.execute(DELETE, {"owner": owner, "id": record["id"]})
        zope.sqlalchemy.mark_changed(session)
        return answer(request, {"id": record["id"], "deleted": True}, modified)

    config = Configurator(settings={
        "multiauth.policies": "basicauth",
        "multiauth.policy.basicauth.use": "benchmarks.apps.handbuilt.BasicAuth",
        "multiauth.authorization_policy": "benchmarks.apps.handbuilt.Policy",
    })  # fmt: skip
    for name in ("pyramid_tm", "pyramid_multiauth", "cornice"):
        config.include(name)
    config.add_route("hello", "/v1/")
    config.add_view(
        lambda request: {"hello": "world"}, route_name="hello", renderer="json"
    )
    config.add_cornice_service(items)
    config.add_cornice_service(item)
    return config.make_wsgi_app()
