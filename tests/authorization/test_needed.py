"""Which permission an endpoint needs, and which settings grant it."""

import colander
import pytest
from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

import cliquet
from cliquet import resource
from cliquet.authorization.needed import needed
from cliquet.scripts import routes


class Schema(resource.ResourceSchema):
    title = colander.SchemaNode(colander.String())


class Diary(resource.UserResource):
    mapping = Schema()


class Folder(resource.ShareableResource):
    mapping = Schema()


class Paper(resource.ShareableResource):
    mapping = Schema()


SETTINGS = {
    "project_name": "served",
    "project_version": "1.0",
    **{f"{kind}_backend": f"cliquet.{kind}.memory" for kind in ("storage", "cache", "permission")},
    "userid_hmac_secret": "0123456789abcdef0123456789abcdef",
}  # fmt: skip


def registry_of(**settings):
    config = Configurator(settings={**SETTINGS, **settings})
    cliquet.initialize(config, "1.0")
    scan = type("Scan", (), {"config": config})
    resource.register_resource(Diary)(scan, "Diary", Diary)
    resource.register_resource(Folder)(scan, "Folder", Folder)
    resource.register_resource(
        Paper,
        collection_path="/folders/{folder_id}/papers",
        record_path="/folders/{folder_id}/papers/{id}",
    )(scan, "Paper", Paper)
    service = cliquet.Service(name="seal", path="/folders/{id}/seal")
    for method, arguments in VIEWS.items():
        service.add_view(method, lambda request: {}, **arguments)
    config.add_cornice_service(service)
    config.make_wsgi_app()
    return config.registry


VIEWS = {
    "GET": {"permission": "dynamic", "object_id": "/folders/{id}"},
    "POST": {"permission": "sign", "object_id": "/folders/{id}"},
    "PUT": {"permission": "dynamic", "object_id": lambda request: "/x"},
    "DELETE": {"permission": NO_PERMISSION_REQUIRED},
}


def needs(registry):
    return {
        f"{method} {path}": needed(registry, service, method, arguments)
        for path, service in registry.cornice_services.items()
        for method, _, arguments in service.definitions
        if method != "OPTIONS"
    }


@pytest.fixture(scope="module")
def plain():
    return needs(registry_of())


@pytest.fixture(scope="module")
def implied():
    names = ("write_implies_read", "create_implies_list", "inherit_permissions")
    return needs(registry_of(**dict.fromkeys(names, True)))


FOLDER, PAPERS = "v1/folders/{id}", "v1/folders/{folder_id}/papers"


@pytest.mark.parametrize(("endpoint", "permissions", "settings"), [
    ("GET v1/diarys", ["private"], []),
    ("GET v1/", ["(anybody)"], []),
    (f"GET {FOLDER}", ["read"], ["folder_read_principals"]),
    (f"PATCH {FOLDER}", ["write"], ["folder_write_principals"]),
    (f"PUT {FOLDER}", ["write", "create"], ["folder_write_principals", "folder_create_principals"]),
    ("POST v1/folders", ["create"], ["folder_create_principals"]),
    ("DELETE v1/folders", ["write"], ["folder_write_principals"]),
    (f"GET {FOLDER}/seal", ["read"], ["folder_read_principals"]),
    (f"POST {FOLDER}/seal", ["sign"], ["folder_sign_principals"]),
    (f"PUT {FOLDER}/seal", ["dynamic"], []),
    (f"DELETE {FOLDER}/seal", ["(anybody)"], []),
])  # fmt: skip
def test_each_endpoint_names_its_permission(plain, endpoint, permissions, settings):
    found = plain[endpoint]

    assert (list(found.permissions), list(found.settings)) == (permissions, settings)


@pytest.mark.parametrize(("endpoint", "settings"), [
    (f"GET {PAPERS}", {"paper_read_principals", "paper_write_principals", "paper_create_principals",
                       "folder_read_principals", "folder_write_principals"}),
    (f"POST {PAPERS}", {"paper_create_principals", "folder_write_principals"}),
    (f"PATCH {PAPERS}/{{id}}", {"paper_write_principals", "folder_write_principals"}),
    ("GET v1/diarys", set()),
])  # fmt: skip
def test_what_implies_a_permission_is_named_too(implied, endpoint, settings):
    assert set(implied[endpoint].settings) == settings


def test_routes_tell_permissions_and_who_has_them(capsys):
    routes.run(registry_of(folder_create_principals="system.Authenticated"))

    lines = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert "METHOD PATH PERMISSION GRANTED BY SWITCHED OFF BY" in lines
    assert "GET /v1/diarys private (any user) collection_diary_get_enabled" in lines
    assert (
        "POST /v1/folders create folder_create_principals=system.Authenticated "
        "collection_folder_post_enabled"
    ) in lines
    assert (
        "PUT /v1/folders/{id} write or create folder_write_principals "
        "folder_create_principals=system.Authenticated record_folder_put_enabled"
    ) in lines
