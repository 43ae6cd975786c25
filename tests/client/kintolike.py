"""An application of the shape of Kinto: buckets, collections, records, with permissions.

After the description of its HTTP API; nothing of it is here. Whoever is authenticated
makes buckets, and who may write something may write what is below.
"""

from typing import Any

import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource

BUCKETS = "/buckets"
COLLECTIONS = BUCKETS + "/{bucket_id}/collections"
RECORDS = COLLECTIONS + "/{collection_id}/records"
#: Of the tests: a user has a bucket, in which there is one collection.
PATH = "/buckets/{bucket}/collections/notes/records"

SETTINGS = {
    "bucket_create_principals": "system.Authenticated",
    "inherit_permissions": "true",
    "write_implies_read": "true",
    "id_generator": "tests.client.kintolike.NameGenerator",
    "paginate_by": "2",
}


class NameGenerator(cliquet.storage.generators.UUID4):
    """Ids may be names."""

    regexp = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"


class _Any(resource.ResourceSchema):
    class Options:
        preserve_unknown = True


class _NoteSchema(_Any):
    title = colander.SchemaNode(colander.String(), missing=colander.drop)


@resource.register(
    name="bucket", collection_path=BUCKETS, record_path=BUCKETS + "/{id}"
)
class Bucket(resource.ShareableResource):
    mapping = _Any()
    permissions = ("read", "write", "collection:create")


@resource.register(
    name="collection",
    parent=Bucket,
    collection_path=COLLECTIONS,
    record_path=COLLECTIONS + "/{id}",
)
class Collection(resource.ShareableResource):
    mapping = _Any()
    permissions = ("read", "write", "record:create")


@resource.register(
    name="record",
    parent=Collection,
    collection_path=RECORDS,
    record_path=RECORDS + "/{id}",
)
class Record(resource.ShareableResource):
    mapping = _NoteSchema()


def main(**settings: Any) -> Any:
    """Build the application."""
    config = Configurator(settings={**settings, **SETTINGS})
    cliquet.initialize(config, version="0.1", project_name="kintolike")
    config.scan(__name__)
    return config.make_wsgi_app()
