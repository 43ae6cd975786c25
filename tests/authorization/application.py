"""An application with all that decides upon permissions: parents, settings, groups.

Articles hold comments; who may write an article may read and write its comments, and
who may read it may read them. Notes belong to their user.
"""

from collections.abc import Mapping
from typing import Any

import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource
from cliquet.authorization import AuthorizationPolicy
from cliquet.storage.generators import UUID4


class AnyId(UUID4):
    """Ids that clients choose may be any text without slashes."""

    regexp = r"^[^/\n]+$"


class Fields(resource.ResourceSchema):
    """Some fields, and any other."""

    title = colander.SchemaNode(colander.String(), missing=colander.drop)
    rank = colander.SchemaNode(colander.Integer(), missing=colander.drop)
    slug = colander.SchemaNode(colander.String(), missing=colander.drop)
    code = colander.SchemaNode(colander.String(), missing="none")

    class Options:
        """A slug is that of one record, a code does not change."""

        preserve_unknown = True
        unique_fields = ("slug",)
        readonly_fields = ("code",)


@resource.register(
    name="article", collection_path="/articles", record_path="/articles/{{id}}"
)
class Article(resource.ShareableResource):
    """Records that are shared one by one; one field stays when they are replaced."""

    mapping = Fields()

    def process_record(self, new: Any, old: Any = None) -> Any:
        """Keep a field, as applications do with what their server knows."""
        new = super().process_record(new, old)
        if old and "kept" in old:
            new.setdefault("kept", old["kept"])
        return new


@resource.register(
    name="comment",
    collection_path="/articles/{{article}}/comments",
    record_path="/articles/{{article}}/comments/{{id}}",
)
class Comment(resource.ShareableResource):
    """Records below an article, which may be shared with it."""

    mapping = Fields()

    def get_parent_id(self, request: Any) -> str:
        """Return the path of the article."""
        return f"/articles/{request.matchdict['article']}"


@resource.register(name="note", collection_path="/notes", record_path="/notes/{{id}}")
class Note(resource.UserResource):
    """Records of one user."""

    mapping = Fields()


class Inherited(AuthorizationPolicy):
    """Permissions on an article count for its comments."""

    def get_bound_permissions(
        self, object_id: str, permission: str
    ) -> list[tuple[str, str]]:
        """Return what grants a permission: itself, or one on the article."""
        pairs = [(object_id, permission)]
        parts = object_id.split("/")
        if len(parts) < 4 or parts[1] == "groups":
            if permission == "read":
                pairs.append((object_id, "write"))
            return pairs
        article = "/".join(parts[:3])
        pairs.append((article, "write"))
        if permission == "read":
            pairs += [(object_id, "write"), (article, "read")]
        return pairs


SETTINGS = {
    "userid_hmac_secret": "a secret of tests only",
    "project_name": "authorization",
    "id_generator": f"{__name__}.AnyId",
    "multiauth.authorization_policy": f"{__name__}.Inherited",
    "article_create_principals": "system.Authenticated",
}


def build(settings: Mapping[str, Any]) -> Any:
    """Return the application."""
    config = Configurator(settings={**SETTINGS, **settings})
    cliquet.initialize(config, version="0.0.1")
    config.include("cliquet.groups")
    config.scan(__name__)
    return config.make_wsgi_app()
