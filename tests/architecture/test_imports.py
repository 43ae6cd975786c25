"""What takes long to import is imported by those who use it."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
from pyramid.config import Configurator
from cliquet.tests.testapp import main

{before}
settings = {settings}
app = main(config=Configurator(settings=settings))
{after}
print(json.dumps(sorted(sys.modules)))
"""


def imported(engine, url="", before="", after=""):
    """Tell the modules of a process in which an application started."""
    settings = {"userid_hmac_secret": "x"}
    for kind in ("storage", "cache", "permission"):
        settings[f"{kind}_backend"] = f"cliquet.{kind}.{engine}"
        settings[f"{kind}_url"] = url
    program = PROGRAM.format(settings=settings, before=before, after=after)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1])), done


@pytest.mark.parametrize(
    ("engine", "url", "unwanted"),
    [
        ("memory", "", {"sqlalchemy", "redis", "psycopg2", "sqlite3"}),
        ("redis", "redis://127.0.0.1:1/0", {"sqlalchemy", "psycopg2"}),
        (
            "postgresql",
            "postgresql://nobody@127.0.0.1:1/none",
            {"sqlalchemy.orm", "zope.sqlalchemy", "redis"},
        ),
    ],
    ids=["memory", "redis", "postgresql"],
)
def test_a_start_imports_no_library_of_other_engines(engine, url, unwanted):
    modules, _ = imported(engine, url)

    unwanted = unwanted | {"structlog", "dateutil", "newrelic", "werkzeug"}
    assert modules & unwanted == set()


def test_requests_need_no_session(tmp_path):
    send = """
from webtest import TestApp
for kind in ("storage", "cache", "permission"):
    getattr(app.registry, kind).initialize_schema()
app = TestApp(app, extra_environ={"HTTP_AUTHORIZATION": "Basic YWxpY2U6"})
sent = app.post_json("/v0/mushrooms", {"data": {"name": "a"}}).json
app.get("/v0/mushrooms/" + sent["data"]["id"])
app.get("/v0/mushrooms")
"""

    modules, _ = imported("sqlite", f"sqlite:///{tmp_path}/test.db", after=send)

    assert "sqlalchemy" in modules
    assert modules & {"sqlalchemy.orm", "cliquet.engines.sql.orm"} == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import structlog", "structlog.get_logger('own').warning('so it is', a=1)"),
        (
            "import cliquet.logs",
            "cliquet.logs.structlog.get_logger('own').warning('so it is', a=1)",
        ),
    ],
    ids=["imported before", "asked for"],
)
def test_loggers_of_structlog_log_as_ours_do(before, after):
    before += "\nimport logging; logging.basicConfig(format='%(name)s: %(message)s')"

    _, done = imported("memory", before=before, after=after)

    # As the renderer for people writes it, to what is no terminal.
    assert "own: so it is a=1\n" in done.stderr
