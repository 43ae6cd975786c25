import colander
from pyramid.config import Configurator

import cliquet
from cliquet import resource


class NoteSchema(resource.ResourceSchema):
    text = colander.SchemaNode(colander.String())


@resource.register(collection_path="/notes", record_path="/notes/{{id}}")
class Note(resource.UserResource):
    mapping = NoteSchema()


class ArticleSchema(resource.ResourceSchema):
    title = colander.SchemaNode(colander.String())


@resource.register(collection_path="/articles", record_path="/articles/{{id}}")
class Article(resource.ShareableResource):
    mapping = ArticleSchema()


def main(global_config, **settings):
    defaults = {
        "multiauth.policies": "jwt basicauth",
        "multiauth.policy.jwt.use": "cliquet.authentication.jwt.JWTAuthenticationPolicy",
        "multiauth.policy.jwt.secret": "a secret of tests, which is long enough",
        "article_create_principals": "group:editors",
        "userid_hmac_secret": "of tests",
    }
    config = Configurator(settings={**defaults, **settings})
    cliquet.initialize(config, "1.0", "shop")
    config.scan("shop")
    return config.make_wsgi_app()
