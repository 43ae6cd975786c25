"""The command line, as an operator uses it."""

import cProfile
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest
import transaction
from pyramid.config import Configurator

from cliquet.scripts import advance, profile, purge
from cliquet.storage.answers import Answer
from cliquet.testing.servers import free_port, wait_for_port
from cliquet.timestamps import msec_time
from tests.contract.backends import APP_ENGINES
from tests.scripts.registries import Registry, make_registries
from tests.waiting import eventually

pytestmark = pytest.mark.long

DAY_MS = 24 * 60 * 60 * 1000


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
         *map(str, arguments)],
        capture_output=True, text=True, check=False, **options,
    )  # fmt: skip


@pytest.fixture
def registries(services, tmp_path):
    return make_registries(services, tmp_path)


# --- usage -----------------------------------------------------------------------


def test_help_teaches():
    answer = command("--help")

    assert answer.returncode == 0
    for word in ("migrate", "init", "check", "purge", "advance-timestamps", "export", "import", "routes",
                 "profile", "flush-cache", "conformance", "serve", "keys", "token",
                 "examples"):  # fmt: skip
        assert word in answer.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["migrate"], ["--ini", "x.ini"], ["--ini", "x.ini", "fly"]]
)
def test_wrong_usage_is_2(arguments):
    assert command(*arguments).returncode == 2


def test_version_is_told():
    assert command("--version").stdout.startswith("3.2.0")


# --- a project ---------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    target = tmp_path / "shop"
    assert command("init", target).returncode == 0
    ini = target / "shop.ini"
    port = free_port()
    ini.write_text(ini.read_text().replace(":8888", f":{port}"))
    # The package that is tested, even where another checkout is installed.
    path = f"{target}{os.pathsep}{Path(__file__).parents[2]}"
    return target, {"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}, port


# --- migrate ---------------------------------------------------------------------


def test_a_first_migration_to_postgresql_tells_what_it_did_and_no_more(
    services, tmp_path
):
    url = services.postgresql_url()
    ini = tmp_path / "service.ini"
    lines = [f"cliquet.{kind}_{name} = {value}"
             for kind in ("storage", "permission", "cache")
             for name, value in (("backend", f"cliquet.{kind}.postgresql"),
                                 ("url", url))]  # fmt: skip
    lines = ["[app:main]", "use = call:cliquet.tests.testapp:main",
             "multiauth.policies = basicauth", *lines]  # fmt: skip
    ini.write_text("\n".join(lines))

    told = [
        subprocess.run(
            [sys.executable, "-m", "cliquet.scripts.cliquet", "--ini", str(ini),
             "migrate", *options], capture_output=True, text=True, check=True,
        ).stderr
        for options in (
            [], ["--to-utc"], ["--with-index", "--dry-run"], ["--with-index"]
        )
    ]  # fmt: skip

    for lines in told:
        assert "DEBUG" not in lines
        assert "Reuse" not in lines
        assert "Pool" not in lines
    assert "Created PostgreSQL storage tables (version" in told[0]
    assert "All timestamps are those of UTC." in told[1]
    assert "Would build the index on documents" in told[2]
    assert "Build the index on documents" in told[3]


# --- check and routes ------------------------------------------------------------


def test_check_explains_and_warns(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    command("--ini", ini, "migrate", env=environment)
    text = ini.read_text()
    with_lines(ini, "cliquet.paginate_bye = 100")

    answer = command(
        "--ini", ini, "check", env={**environment, "CLIQUET_BATCH_MAX_REQUESTS": "7"}
    )

    # The misspelt one is not what was wanted.
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "batch_max_requests = 7  (environment, CLIQUET_BATCH" in answer.stdout
    errors = answer.stdout.partition("Errors:")[2].partition("Backends:")[0]
    assert "cliquet.paginate_bye is no setting" in errors
    assert "Did you mean 'paginate_by'?" in errors
    assert "cors_origins = *" in answer.stdout
    assert "storage: answers" in answer.stdout
    secret = text.partition("userid_hmac_secret = ")[2].split()[0]
    assert secret not in answer.stdout


def test_check_warns_of_policies_that_read_cookies(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    session = "pyramid.authentication.SessionAuthenticationPolicy"
    ini.write_text(
        ini.read_text().replace(
            "[app:main]",
            "[app:main]\nmultiauth.policies = basicauth session\n"
            f"multiauth.policy.session.use = {session}",
        )
    )

    answer = command("--ini", ini, "check", env=environment)
    named = {**environment, "CLIQUET_VARY": "Authorization, Cookie"}
    right = command("--ini", ini, "check", env=named)

    assert "Policy session reads cookies" in answer.stdout, answer.stdout
    assert "reads cookies" not in right.stdout
    assert "vary = Authorization, Cookie" in right.stdout


def test_check_warns_of_policies_that_read_other_headers(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    with_keys(ini)

    answer = command("--ini", ini, "check", env=environment)
    named = {**environment, "CLIQUET_VARY": "Authorization, x-api-key"}
    right = command("--ini", ini, "check", env=named)

    assert "Policy key reads X-API-Key" in answer.stdout, answer.stdout
    assert "Policy key" not in right.stdout
    assert "Any name and password is a user" not in right.stdout


# --- keys ------------------------------------------------------------------------


def with_keys(ini):
    policy = "cliquet.authentication.apikey.APIKeyAuthenticationPolicy"
    ini.write_text(
        ini.read_text().replace(
            "[app:main]",
            "[app:main]\nmultiauth.policies = key\n"
            f"multiauth.policy.key.use = {policy}",
        )
    )


@pytest.mark.long
def test_keys_are_made_listed_and_revoked(project):
    target, environment, port = project
    ini = target / "shop.ini"
    with_keys(ini)

    def keys(*arguments):
        return command("--ini", ini, "keys", *arguments, env=environment)

    unmigrated = keys("list")
    assert unmigrated.returncode == 1
    assert "Traceback" not in unmigrated.stderr
    assert "cliquet migrate" in unmigrated.stderr
    command("--ini", ini, "migrate", env=environment)
    made = keys("create", "backup")
    key = made.stdout.strip()
    listed = keys("list").stdout

    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"ck_[\w-]{43}", key)
    assert "of backup" in made.stderr
    assert re.fullmatch(r"[0-9a-f]{12}  \d{4}-\d\d-\d\d \d\d:\d\d  backup\n", listed)
    assert key not in made.stderr + listed

    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "pyramid.scripts.pserve", str(ini)],
        env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(port, server)

        def user():
            request = Request(
                f"http://127.0.0.1:{port}/v1/", headers={"X-API-Key": key}
            )
            with urlopen(request, timeout=60) as response:
                return json.load(response).get("user", {}).get("id")

        assert user() == "key:backup"
        revoked = keys("revoke", listed.split()[0])
        assert "of backup counts no longer" in revoked.stdout
        assert eventually(lambda: user() is None)
    finally:
        server.terminate()
        server.wait()
    assert keys("list").stdout == ""
    again = keys("revoke", key)
    assert again.returncode == 1
    assert again.stderr.endswith("No such key.\n")
    refused = keys("create", "system.Everyone")
    assert refused.returncode == 1
    assert "cannot be the name of a user" in refused.stderr


def test_keys_are_not_kept_where_they_are_lost(project):
    target, environment, _ = project
    memory = {**environment, "CLIQUET_STORAGE_BACKEND": "cliquet.storage.memory"}

    answer = command("--ini", target / "shop.ini", "keys", "create", "a", env=memory)

    assert answer.returncode == 1
    assert "gone with it" in answer.stderr


def test_check_tells_that_tables_are_missing(project):
    target, environment, _ = project

    answer = command("--ini", target / "shop.ini", "check", env=environment)

    assert answer.returncode == 1
    assert "storage: DOES NOT ANSWER: tables are missing (records, " in answer.stdout
    assert f"cliquet --ini {target / 'shop.ini'} migrate" in answer.stdout


def with_lines(ini, *lines):
    """Add settings to an ini file, instead of those of the same names."""
    names = [line.partition(" = ")[0] for line in lines]
    kept = [
        line
        for line in ini.read_text().splitlines()
        if line.partition(" = ")[0] not in names
    ]
    place = kept.index("[app:main]") + 1
    ini.write_text("\n".join([*kept[:place], *lines, *kept[place:]]))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://127.0.0.1:{port}/0", "ConnectionError"),
        ("postgresql://127.0.0.1:{port}/shop", "refused"),
    ],
)
def test_check_tells_why_a_backend_does_not_answer(project, url, reason):
    target, environment, _ = project
    ini = target / "shop.ini"
    engine = url.partition(":")[0]
    with_lines(
        ini,
        f"cliquet.cache_backend = cliquet.cache.{engine}",
        f"cliquet.cache_url = {url.format(port=free_port())}",
    )

    answer = command("--ini", ini, "check", env=environment)

    assert answer.returncode == 1
    (line,) = [each for each in answer.stdout.splitlines() if "  cache: " in each]
    assert "DOES NOT ANSWER: " in line
    assert reason in line


def test_check_tells_of_settings_that_no_resource_reads(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    command("--ini", ini, "migrate", env=environment)
    with_lines(
        ini,
        "cliquet.notes_write_principals = system.Everyone",
        "record_noet_put_enabled = false",
        "cliquet.event_listeners.audit.use = shop",
    )

    answer = command("--ini", ini, "check", env=environment)

    assert answer.returncode == 1
    errors = answer.stdout.partition("Errors:")[2].partition("Backends:")[0]
    assert "cliquet.notes_write_principals" in errors
    assert "record_noet_put_enabled" in errors
    assert "'event_listeners' does not list 'audit'" in answer.stdout


def test_check_lists_each_setting_once(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    with_lines(ini, "cliquet.note_read_principals = system.Everyone")

    answer = command("--ini", ini, "check", env=environment)

    lines = [each for each in answer.stdout.splitlines() if "note_read_pri" in each]
    assert lines == ["  note_read_principals = system.Everyone  (file)"]


def test_check_tells_which_setting_is_wrong(project):
    target, environment, _ = project

    answer = command(
        "--ini", target / "shop.ini", "check",
        env={**environment, "CLIQUET_BATCH_MAX_REQUESTS": "many"},
    )  # fmt: skip

    assert answer.returncode == 1
    assert "batch_max_requests" in answer.stdout
    assert "many" in answer.stdout


def test_check_fails_while_user_ids_are_not_protected(project):
    target, environment, _ = project
    ini = target / "shop.ini"
    command("--ini", ini, "migrate", env=environment)

    answer = command(
        "--ini", ini, "check", env={**environment, "CLIQUET_USERID_HMAC_SECRET": ""}
    )

    assert answer.returncode == 1
    assert "'userid_hmac_secret' is not a secret" in answer.stdout


def test_check_names_variables_that_nothing_reads(project):
    target, environment, _ = project
    environment = {
        **environment,
        "CLIQUET_PAGINATE_BYE": "7",
        "CLIQUET_NOTE_READ_PRINCIPALS": "system.Everyone",
    }

    answer = command("--ini", target / "shop.ini", "check", env=environment)

    assert "CLIQUET_PAGINATE_BYE is for no setting" in answer.stdout
    assert "note_read_principals = system.Everyone  (environment" in answer.stdout


@pytest.mark.parametrize("name", ["check", "migrate"])
def test_a_percent_sign_is_explained_without_the_line_that_has_it(project, name):
    target, environment, _ = project
    ini = target / "shop.ini"
    ini.write_text(
        ini.read_text().replace(
            "[app:main]", "[app:main]\nstorage_url = redis://:p%40w@h"
        )
    )

    answer = command("--ini", ini, name, env=environment)

    assert answer.returncode == 1
    assert "%%" in answer.stdout + answer.stderr
    assert "40w" not in answer.stdout + answer.stderr


def test_routes_are_listed(project):
    target, environment, _ = project

    answer = command("--ini", target / "shop.ini", "routes", env=environment)

    lines = {" ".join(line.split()) for line in answer.stdout.splitlines()}
    assert "PUT /v1/notes/{id} private (any user) record_note_put_enabled" in lines
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


@pytest.mark.parametrize(
    "engine", [each for each in APP_ENGINES if each.id in ("sqlite", "postgresql")]
)
def test_purge_commits_and_removes_answers_that_expired(services, tmp_path, engine):
    """As services run: what is written is committed with a transaction."""
    url = engine.url(services, tmp_path)
    registry = Registry(engine, url, transaction_per_request=True)
    storage = registry.storage
    bury(storage, 25, age_days=10)
    storage.keep_answer("old", Answer("", "", msec_time()))
    storage.keep_answer("new", Answer("", "", msec_time() + DAY_MS))
    transaction.commit()
    options = {"older_than_days": 5, "keep": None, "batch": 10}

    assert purge.run(registry, **options, dry_run=False) == 25

    transaction.abort()
    assert dead(storage) == 0
    assert storage.purge_answers() == 0
    assert storage.claim_answer("new") is not None
    transaction.abort()


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


@pytest.fixture(params=[each.id for each in APP_ENGINES if each.processes > 1])
def served(request, services, tmp_path):
    """The storage of a service, as commands find it, and one that others see."""
    [engine] = [each for each in APP_ENGINES if each.id == request.param]
    url = engine.url(services, tmp_path)
    storage = engine.load("storage", url, transaction_per_request=True)
    seen = engine.load("storage", url)
    yield SimpleNamespace(storage=storage), seen
    transaction.abort()
    seen.flush()


def test_what_is_purged_is_gone_for_others(served):
    registry, seen = served
    bury(seen, 5)

    purge.run(registry, older_than_days=None, keep=1, batch=3, dry_run=False)
    transaction.abort()

    assert dead(seen) == 1


# --- advance-timestamps ------------------------------------------------------------


def horizon_of(storage, *scope):
    told = []
    storage.get_all(*scope, limit=1, horizons=told)
    return told[0]


def test_timestamps_are_advanced_for_others(served):
    registry, seen = served
    now = msec_time()
    seen.create("c", "old", {"id": "a", "last_modified": 1000})
    ahead = seen.create("c", "ahead", {"id": "a", "last_modified": now + 10**7})

    assert advance.run(registry, above=0, dry_run=True) == 2
    assert seen.collection_timestamp("c", "old") == 1000
    assert advance.run(registry, above=0, dry_run=False) == 2
    transaction.abort()

    for parent, least in (("old", now), ("ahead", ahead["last_modified"] + 1)):
        reached = seen.collection_timestamp("c", parent)
        assert reached >= least
        assert horizon_of(seen, "c", parent) == reached
        # It is later than the horizon: who reads now is not told.
        assert seen.create("c", parent, {})["last_modified"] > reached
    assert now <= horizon_of(seen, "c", "lost") <= msec_time()


def test_timestamps_are_advanced_above_what_is_said(served):
    registry, seen = served
    seen.create("c", "p", {})
    wanted = msec_time() + 10**8

    advance.run(registry, above=wanted, dry_run=False)

    assert seen.collection_timestamp("c", "p") == wanted + 1


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
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
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


def test_no_name_in_a_profile_breaks_the_page(tmp_path):
    odd = "<!--<script>'\"&{{data}}"
    code = compile("def f(): pass\nf()", f"/x/{odd}.py", "exec")
    profiler = cProfile.Profile()
    profiler.runcall(exec, code, {})
    profiler.dump_stats(tmp_path / f"GET.{odd.replace('/', '')}.5ms.1.prof")

    assert profile.run(str(tmp_path), str(tmp_path / "page.html")) == 0

    text = (tmp_path / "page.html").read_text()
    data = text.partition('id="data">')[2].partition("</script>")[0]
    assert "<" not in data
    assert json.loads(data)["endpoints"][0]["name"] == f"GET /{odd}"


def test_a_directory_without_profiles_is_told(tmp_path, capsys):
    assert profile.run(str(tmp_path), str(tmp_path / "page.html")) == 1
    assert "profiler_enabled" in capsys.readouterr().out
