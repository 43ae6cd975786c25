"""Scripts of Redis are files, each after what those of its folder share."""

from contextlib import suppress
from importlib import resources

import pytest
import redis

from cliquet.engines.redis.client import load_scripts
from tests.contract.backends import APP_ENGINES

ENGINE = next(each for each in APP_ENGINES if each.id == "redis")
PACKAGE = "cliquet.storage.redis"
SCRIPTS = {
    "scripts/lists": {"read_all", "read_ids", "read_page"},
    "scripts/writes": {"create", "update", "delete", "delete_many", "purge", "raise"},
}


@pytest.mark.parametrize("folder", SCRIPTS)
def test_scripts_have_what_they_share_and_their_own(folder):
    files = resources.files(PACKAGE).joinpath(folder)
    shared = files.joinpath("prelude.lua").read_text()

    found = load_scripts(PACKAGE, folder)

    assert set(found) == SCRIPTS[folder]
    for name, source in found.items():
        assert source.endswith(shared + files.joinpath(f"{name}.lua").read_text())


def test_a_folder_needs_no_prelude(tmp_path, importable):
    package = tmp_path / "with_scripts"
    (package / "scripts").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "scripts" / "one.lua").write_text("return 1")
    (package / "scripts" / "notes.txt").write_text("not a script")
    importable(tmp_path)

    found = load_scripts("with_scripts")

    assert set(found) == {"one"}
    assert found["one"].endswith("\nreturn 1")


@pytest.fixture
def url_of_old_server(services):
    """A server that replicates scripts as such, as all did before Redis 5."""
    url = services.new_redis_url()
    server = redis.Redis.from_url(url)
    # Those since 7 have no such setting.
    with suppress(redis.ResponseError):
        server.config_set("lua-replicate-commands", "no")
    yield url
    with suppress(redis.ResponseError):
        server.config_set("lua-replicate-commands", "yes")


def test_servers_that_replicate_scripts_run_them(url_of_old_server):
    storage, permission, cache = (
        ENGINE.load(kind, url_of_old_server)
        for kind in ("storage", "permission", "cache")
    )
    for number in range(3):
        cache.set(f"key{number}", number)
        permission.add_principal_to_ace(f"/c/{number}", "read", "alice")
        storage.create("c", "a.b", {"id": f"{number}"})
    storage.delete("c", "a.b", "0")

    assert cache.get("key2") == 2
    assert permission.object_permission_principals("/c/2", "read") == {"alice"}
    assert storage.get_all("c", "a.b")[1] == 2
    assert len(storage.delete_all("c", "a.b")) == 2
    assert storage.purge_deleted("c", "a.b") == 3
