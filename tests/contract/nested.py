"""Shareable articles with comments below them, whose ids are any text but a slash."""

import base64
import uuid

import colander
from pyramid.config import Configurator
from webtest import TestApp

import cliquet
from cliquet import resource
from cliquet.storage.generators import Generator


class AnyText(Generator):
    """Ids of any text that is a segment of a path."""

    regexp = r"^[^/]+$"

    def __call__(self):
        return uuid.uuid4().hex


class Fields(resource.ResourceSchema):
    n = colander.SchemaNode(colander.Integer(), missing=colander.drop)


class Article(resource.ShareableResource):
    mapping = Fields()


class Comment(resource.ShareableResource):
    mapping = Fields()

    def get_parent_id(self, request):
        return "/articles/" + request.matchdict["article"]


def build(storage, permission, **settings):
    """Build an application from two pairs of an engine and a URL."""
    known = {
        **cliquet.DEFAULT_SETTINGS,
        "project_name": "nested",
        "id_generator": "tests.contract.nested.AnyText",
        "userid_hmac_secret": "secret of nested",
        "article_create_principals": "system.Authenticated",
        "comment_create_principals": "system.Authenticated",
        "cache_backend": "cliquet.cache.memory",
        "cache_url": "",
    }
    for kind, (engine, url) in (("storage", storage), ("permission", permission)):
        known[f"{kind}_backend"] = f"cliquet.{kind}.{engine.id}"
        known[f"{kind}_url"] = url
    config = Configurator(settings={**known, **settings})
    cliquet.initialize(config, version="1.0")
    scan = type("Scan", (), {"config": config})
    paths = {"article": "/articles", "comment": "/articles/{{article}}/comments"}
    for cls in (Article, Comment):
        name = cls.__name__.lower()
        viewset = cls.default_viewset(
            collection_path=paths[name], record_path=paths[name] + "/{{id}}"
        )
        resource.register_resource(cls, viewset=viewset)(scan, name, cls)
    app = config.make_wsgi_app()
    for kind in ("storage", "permission"):
        getattr(app.registry, kind).initialize_schema()
    return TestApp(app)


def user(name):
    """Return the headers of a user."""
    sent = base64.b64encode(f"{name}:password".encode()).decode()
    return {"Authorization": f"Basic {sent}"}


def principal_of(app, name):
    return app.get("/v1/", headers=user(name)).json["user"]["id"]
