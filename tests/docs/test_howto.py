"""Each how-to is one application, and its commands answer as printed."""

import hmac
import json
import queue
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from tests.docs.examples import blocks_of
from tests.docs.placeholders import Bound
from tests.docs.test_readme import code_blocks

DOCS = Path(__file__).parents[2] / "docs" / "howto"
PAGES = sorted(set(DOCS.glob("*.rst")) - {DOCS / "index.rst"})
TITLE = re.compile(r"^(.+)\n={3,}$", re.MULTILINE)
PITCH = DOCS.parent / "index.rst"
#: Servers of others, by what the pages say instead.
POSTGRESQL = "postgresql://shop:secret@127.0.0.1/shop"
RECEIVER = "http://127.0.0.1:9000"
REDIS = "redis://127.0.0.1:6379/0"


class Receiver(ThreadingHTTPServer):
    """Keep what is posted to it, and say so."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), PostHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.received = queue.Queue()


class PostHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.put((self.headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.long
@pytest.mark.parametrize("page", [PITCH, *PAGES], ids=lambda page: page.stem)
def test_howtos_do_what_is_shown(page, request, run_example):
    text, servers = page.read_text(), {}
    if POSTGRESQL in text:
        servers[POSTGRESQL] = request.getfixturevalue("services").postgresql_url()
    if RECEIVER in text:
        servers[RECEIVER] = request.getfixturevalue("receiver").url
    if REDIS in text:
        servers[REDIS] = request.getfixturevalue("services").redis_url()

    run_example(list(blocks_of(page)), servers)


def test_the_receiver_of_a_webhook_gets_what_is_shown(receiver, run_example):
    page = DOCS / "webhooks.rst"
    run_example(list(blocks_of(page)), {RECEIVER: receiver.url})

    headers, body = receiver.received.get(timeout=60)
    (shown,) = code_blocks(page.read_text(), "json")
    Bound().expect_json(json.loads(shown), json.loads(body))
    signature = hmac.new(b"shared with the receiver", body, "sha256").hexdigest()
    assert headers["X-Signature"] == f"sha256={signature}"


def test_the_files_beside_a_recipe_serve_it(modules_of_pages, monkeypatch):
    monkeypatch.chdir(modules_of_pages)
    blocks = [*blocks_of(DOCS / "index.rst"), *blocks_of(DOCS / "unique-fields.rst")]
    for block in blocks:
        if block.file:
            (modules_of_pages / block.file).write_text(block.text)

    app = get_app("service.ini", "main")

    assert TestApp(app).get("/v1/").json["project_name"] == "howto"
    assert TestApp(app).get("/v1/bookmarks", status=401)


@pytest.mark.parametrize(
    "word",
    [
        *("pagination", "filter", "sort", "nested", "groups", "conflicts", "offline"),
        *("authentication", "JWT", "OpenID Connect", "API keys", "CORS", "webhooks"),
        *("multi-tenant", "deployment", "PostgreSQL", "Redis", "Prometheus", "GDPR"),
        *("validate", "migrate", "batch", "Kinto", "audit log", "tutorial"),
    ],
)
def test_what_people_search_for_is_the_title_of_a_page(word):
    pages = DOCS.parent.rglob("*.rst")
    titles = [each for page in pages for each in TITLE.findall(page.read_text())]

    assert [each for each in titles if word.lower() in each.lower()]


def test_there_are_how_tos_for_what_people_build():
    assert len(PAGES) >= 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_how_to_is_short_and_shows_code(page):
    assert any(blocks_of(page))
    languages = re.findall(r"\.\. code-block:: (\w+)", page.read_text())
    assert set(languages) <= {"python", "ini", "json", "pycon", "console"}
    assert len(page.read_text().splitlines()) < 150
