"""The command line, as an operator uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyramid.config import Configurator

from cliquet.scripts import check, profile, purge, transfer
from cliquet.timestamps import msec_time
from tests.contract.backends import APP_ENGINES
from tests.services import free_port, wait_for_port

DAY_MS = 24 * 60 * 60 * 1000


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
         *map(str, arguments)],
        capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


class Registry:
    """Backends of one engine."""

    def __init__(self, engine, url):
        self.storage = engine.load("storage", url)
        self.permission = engine.load("permission", url)
        self.settings = {}


@pytest.fixture
def registries(services, tmp_path):
    return {
        engine.id: Registry(engine, engine.url(services, tmp_path))
        for engine in APP_ENGINES
    }


# --- usage -----------------------------------------------------------------------


def test_help_teaches():
    answer = command("--help")

    assert answer.returncode == 0
    for word in ("migrate", "init", "check", "purge", "export", "import", "routes",
                 "profile", "flush-cache", "examples"):  # fmt: skip
        assert word in answer.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["migrate"], ["--ini", "x.ini"], ["--ini", "x.ini", "fly"]]
)
def test_wrong_usage_is_2(arguments):
    assert command(*arguments).returncode == 2


def test_version_is_told():
    assert command("--version").stdout.startswith("3.2.0")


# --- init ------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    target = tmp_path / "shop"
    assert command("init", target).returncode == 0
    ini = target / "shop.ini"
    port = free_port()
    ini.write_text(ini.read_text().replace(":8888", f":{port}"))
    return target, {"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"}, port


def test_a_new_project_passes_its_tests(project):
    target, environment, _ = project

    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "tests"], cwd=target, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert "3 passed" in answer.stdout, answer.stdout


def test_a_new_project_serves_and_keeps(project):
    import requests

    target, environment, port = project
    migrated = command("--ini", "shop.ini", "migrate", cwd=target, env=environment)
    assert migrated.returncode == 0
    assert "SQLite storage tables" in migrated.stderr
    url = f"http://127.0.0.1:{port}/v1/items"
    for number in (1, 2):
        pserve = Path(sys.executable).with_name("pserve")
        process = subprocess.Popen(
            [pserve, "shop.ini"], cwd=target, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for_port(port, process)
            made = requests.post(
                url, json={"data": {"name": "a"}}, auth=("alice", "x"), timeout=10
            )
            found = requests.get(url, auth=("alice", "x"), timeout=10)
        finally:
            process.terminate()
            process.wait()
        assert made.status_code == 201
        assert len(found.json()["data"]) == number


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "kept").write_text("mine")

    assert command("init", tmp_path).returncode == 2
    assert command("init", tmp_path / "1+1").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


# --- check and routes ------------------------------------------------------------


def test_check_explains_and_warns(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    command("--ini", ini, "migrate", env=environment)
    text = ini.read_text().replace("paginate_by = 100", "paginate_bye = 100")
    ini.write_text(text)

    answer = command(
        "--ini", ini, "check", env={**environment, "CLIQUET_BATCH_MAX_REQUESTS": "7"}
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "batch_max_requests = 7  (environment, CLIQUET_BATCH" in answer.stdout
    assert "did you mean paginate_by?" in answer.stdout
    assert "cors_origins = *" in answer.stdout
    assert "storage: answers" in answer.stdout
    secret = text.partition("userid_hmac_secret = ")[2].split()[0]
    assert secret not in answer.stdout


def test_check_tells_that_tables_are_missing(project):
    target, environment, _ = project

    answer = command("--ini", target / "shop.ini", "check", env=environment)

    assert answer.returncode == 1
    assert "DOES NOT ANSWER" in answer.stdout
    assert "migrate" in answer.stdout


def test_check_tells_which_setting_is_wrong(project):
    target, environment, _ = project

    answer = command(
        "--ini", target / "shop.ini", "check",
        env={**environment, "CLIQUET_BATCH_MAX_REQUESTS": "many"},
    )  # fmt: skip

    assert answer.returncode == 1
    assert "batch_max_requests" in answer.stdout
    assert "many" in answer.stdout


def test_secrets_of_urls_are_hidden():
    url = "postgresql://user:pass@host/db"

    assert check.shown("storage_url", url) == "postgresql://user:********@host/db"
    assert check.shown("sentry_dsn", "https://x@y/1") == "********"


def test_routes_are_listed(project):
    target, environment, _ = project

    answer = command("--ini", target / "shop.ini", "routes", env=environment)

    lines = {" ".join(line.split()) for line in answer.stdout.splitlines()}
    assert "PUT /v1/items/{id} private record_item_put_enabled" in lines
    assert "POST /v1/batch (anybody)" in lines


# --- purge -----------------------------------------------------------------------


def bury(storage, count, parent="p", age_days=0):
    for number in range(count):
        at = msec_time() - int(age_days * DAY_MS) + number
        record = {"id": f"{age_days}-{number}", "last_modified": at - 1}
        storage.update("c", parent, record["id"], record)
        storage.delete("c", parent, record["id"], last_modified=at)


def dead(storage, parent="p"):
    listed, _ = storage.get_all("c", parent, include_deleted=True)
    return sum("deleted" in record for record in listed)


@pytest.mark.parametrize("engine", [each.id for each in APP_ENGINES])
def test_purge_forgets_what_is_old_and_nothing_live(registries, engine):
    registry = registries[engine]
    bury(registry.storage, 25, age_days=10)
    bury(registry.storage, 5, age_days=1)
    live = registry.storage.create("c", "p", {"last_modified": 1})
    options = {"older_than_days": 5, "keep": None, "batch": 10}
    before = registry.storage.collection_timestamp("c", "p")

    told = purge.run(registry, **options, dry_run=True)
    kept = dead(registry.storage)
    done = purge.run(registry, **options, dry_run=False)

    assert (told, kept, done) == (25, 30, 25)
    assert dead(registry.storage) == 5
    assert registry.storage.get("c", "p", live["id"]) == live
    assert registry.storage.collection_timestamp("c", "p") == before
    registry.storage.flush()


@pytest.mark.parametrize("engine", [each.id for each in APP_ENGINES])
def test_purge_keeps_the_newest(registries, engine):
    registry = registries[engine]
    bury(registry.storage, 12)
    bury(registry.storage, 3, parent="q")

    done = purge.run(registry, older_than_days=None, keep=4, batch=3, dry_run=False)

    assert done == 8
    assert (dead(registry.storage), dead(registry.storage, "q")) == (4, 3)
    registry.storage.flush()


def test_purge_asks_what(registries):
    with pytest.raises(SystemExit):
        purge.run(
            registries["memory"], older_than_days=None, keep=None, batch=1, dry_run=True
        )


# --- export and import -----------------------------------------------------------

COUPLES = [
    ("memory", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "redis"),
    ("redis", "postgresql"),
]  # fmt: skip


def everything(registry):
    found = {}
    for scope in registry.storage.scopes():
        listed, total = registry.storage.get_all(
            **scope._asdict(), include_deleted=True
        )
        found[tuple(scope)] = (listed, total)
    principals = list(registry.permission.all_user_principals())
    return found, principals, list(registry.permission.all_permissions())


@pytest.mark.parametrize(("source", "target"), COUPLES)
def test_what_is_exported_is_imported(registries, source, target, tmp_path):
    origin, copy = registries[source], registries[target]
    for number in range(7):
        for parent in ("basicauth:é", ""):
            record = {"id": f"r{number}", "n": [number, {"a": None}, 1e300, 2**70]}
            origin.storage.create("c", parent, record)
    origin.storage.delete("c", "", "r3")
    origin.storage.create("c", "", {"id": "forced", "last_modified": 5})
    origin.storage.create("c", "", {"id": "odd", "deleted": True, "x": 1})
    origin.permission.add_user_principal("u", "g:é")
    origin.permission.add_principal_to_ace("/c/r1", "obj:del", "u")
    file = tmp_path / "all.jsonl"

    lines = transfer.export_to(origin, str(file))
    imported = transfer.import_from(copy, str(file), resume=False)
    again = transfer.import_from(copy, str(file), resume=False)

    assert lines == imported == again == 2 + 7 + 7 + 2 + 2
    assert everything(copy) == everything(origin)
    for scope in origin.storage.scopes():
        names = scope._asdict()
        assert copy.storage.collection_timestamp(
            **names
        ) >= origin.storage.collection_timestamp(**names)
    for registry in (origin, copy):
        registry.storage.flush()
        registry.permission.flush()


def test_an_import_that_stopped_goes_on(registries, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_PAGE", 10)
    origin, copy = registries["memory"], registries["sqlite"]
    for number in range(35):
        origin.storage.create("c", "p", {"id": f"r{number}"})
    file = tmp_path / "all.jsonl"
    transfer.export_to(origin, str(file))
    whole = file.read_text()
    lines = whole.splitlines()
    file.write_text("\n".join([*lines[:25], '{"type": "rec', *lines[26:]]))

    with pytest.raises(SystemExit, match=r"line 26.*up to line 20"):
        transfer.import_from(copy, str(file), resume=False)
    file.write_text(whole)
    transfer.import_from(copy, str(file), resume=True)

    assert everything(copy) == everything(origin)
    assert not file.with_name("all.jsonl.imported").exists()


def test_flush_cache_empties_the_cache(project):
    target, environment, _ = project
    command("--ini", target / "shop.ini", "migrate", env=environment)

    answer = command("--ini", target / "shop.ini", "flush-cache", env=environment)

    assert answer.stdout == "The cache is empty.\n"


# --- profile ---------------------------------------------------------------------


def test_profiles_become_a_page(tmp_path):
    from webtest import TestApp

    from cliquet.tests.testapp import main

    settings = {
        "project_name": "p",
        "profiler_enabled": True,
        "profiler_dir": str(tmp_path),
        "multiauth.authorization_policy": "cliquet.authorization.AuthorizationPolicy",
        **{f"{kind}_backend": f"cliquet.{kind}.memory"
           for kind in ("storage", "cache", "permission")},
    }  # fmt: skip
    app = TestApp(main(config=Configurator(settings=settings)))
    for _ in range(3):
        app.get("/v0/mushrooms", headers={"Authorization": "Basic bWF0OjE="})
    app.get("/v0/")
    page = tmp_path / "page.html"

    assert profile.run(str(tmp_path), str(page)) == 0

    text = page.read_text()
    data = json.loads(
        text.partition('id="data">')[2].partition("</script>")[0].replace("<\\/", "</")
    )
    names = {each["name"]: each["count"] for each in data["endpoints"]}
    # werkzeug names files by second and duration: those of like requests may coincide.
    alike = len(list(tmp_path.glob("GET.v0.mushrooms.*.prof")))
    assert names == {"GET /v0/mushrooms": alike, "GET /v0": 1}
    flame = data["endpoints"][0]["flame"]
    assert flame["c"]
    for _ in range(3):
        flame = flame["c"][0]
        assert flame["t"] > 0
    assert "collection_get" in text
    assert "http://" not in text.partition("<script type")[0]


def test_a_directory_without_profiles_is_told(tmp_path, capsys):
    assert profile.run(str(tmp_path), str(tmp_path / "page.html")) == 1
    assert "profiler_enabled" in capsys.readouterr().out
