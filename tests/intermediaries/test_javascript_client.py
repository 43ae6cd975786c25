"""The JavaScript client in a browser, with copies in IndexedDB, streams; its types."""

import subprocess
from pathlib import Path

import pytest
from pyramid.config import Configurator

from tests.intermediaries.origin import Served
from tests.programs import find_program

in_a_browser = pytest.mark.intermediaries("chromium", "playwright")

PACKAGE = Path(__file__).parents[2] / "clients" / "javascript"
SCENARIO = """
async ([url, name]) => {
    const { Client, UnreachableError } = await import("/src/index.js");
    const open = (fetch) => new Client(url, { auth: ["alice", "secret"], retries: 0, fetch })
        .collection("mushrooms").local(name);
    let copy = await open();
    const isKept = (await indexedDB.databases()).some((each) => each.name === name);
    await copy.put({ name: "Morel" });
    for (let n = 0; n < 30; n += 1) await copy.put({ name: `Cep ${n}` });
    // The answer to the push is lost, and the page is closed.
    const lose = async (...request) => { await fetch(...request); throw new TypeError("cut"); };
    const cut = await open(lose);
    const failure = await cut.sync().catch((error) => error instanceof UnreachableError);
    cut.close();
    copy.close();
    copy = await open();
    const pending = await copy.pending();
    const { conflicts } = await copy.sync();
    const other = await new Client(url, { auth: ["alice", "secret"] })
        .collection("mushrooms").local("memory", { memory: true });
    const { pulled } = await other.sync();
    const same = JSON.stringify(await copy.list()) === JSON.stringify(await other.list());
    return { isKept, failure, pending, conflicts: conflicts.length, pulled, same };
}
"""

FOLLOWING = """
async (url) => {
    const { Client } = await import("/src/index.js");
    const streams = [];
    // Each stream is cut after its first event, or within it.
    const cutting = async (address, options) => {
        const response = await fetch(address, options);
        if (options.headers.Accept !== "text/event-stream") return response;
        streams.push(options.headers["Last-Event-ID"] ?? "");
        let left = 60 + 40 * streams.length;
        const cut = new TransformStream({ transform(chunk, controller) {
            controller.enqueue(chunk.subarray(0, left));
            left -= chunk.length;
            if (left < 0) controller.error(new TypeError("cut"));
        } });
        const { status, headers } = response;
        return new Response(response.body.pipeThrough(cut), { status, headers });
    };
    const auth = ["alice", "secret"];
    const mushrooms = new Client(url, { auth }).collection("mushrooms");
    const known = await mushrooms.create({ name: "known" });
    const changes = new Client(url, { auth, fetch: cutting })
        .collection("mushrooms").changes({ since: known });
    const told = [];
    for (let n = 0; n < 5; n += 1) {
        await mushrooms.create({ name: `Cep ${n}` });
        told.push((await changes.next()).value.name);
    }
    const last = changes.next();
    await changes.return();
    return { told, isLeft: (await last).done, isResumed: streams.some(Boolean) };
}
"""


@pytest.fixture
def files(started):
    """Serve the package, on another origin than the service."""
    config = Configurator()
    config.add_static_view("/", str(PACKAGE))
    return started(Served(config.make_wsgi_app()))


@pytest.fixture
def tabs(chromium, started):
    """Open tabs of one profile; what they log as errors fails the test."""
    _, profile = chromium.open()
    started(profile)
    errors = []

    def open_tab(url):
        tab = profile.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(url)
        return tab

    yield open_tab
    assert errors == []


@in_a_browser
def test_copies_are_kept_in_indexeddb(serve, files, tabs):
    origin = serve()
    tab = tabs(f"http://127.0.0.1:{files.port}/package.json")

    assert tab.evaluate(SCENARIO, [f"{origin.url}/v0", "phone"]) == {
        "isKept": True, "failure": True, "pending": 31, "conflicts": 0, "pulled": 31,
        "same": True,
    }  # fmt: skip


@in_a_browser
def test_streams_of_another_origin_are_followed_with_credentials(serve, files, tabs):
    origin = serve(stream_max_clients=20)
    tab = tabs(f"http://127.0.0.1:{files.port}/package.json")

    assert tab.evaluate(FOLLOWING, f"{origin.url}/v0") == {
        "told": [f"Cep {n}" for n in range(5)], "isLeft": True, "isResumed": True,
    }  # fmt: skip


@in_a_browser
def test_the_demo_is_a_list_that_two_tabs_edit(serve, files, tabs):
    url = f"http://127.0.0.1:{files.port}/demo.html?service={serve().url}/v0"
    one, other = tabs(url), tabs(url)

    def names(tab):
        return [each.input_value() for each in tab.get_by_label("Name").all()]

    def state(tab, text):
        tab.get_by_role("status").filter(has_text=text).wait_for()

    state(one, "0 sent")
    state(other, "0 sent")
    one.get_by_label("online").uncheck()
    one.get_by_role("textbox", name="What is to be done").fill("Morel")
    one.get_by_role("button", name="Add").click()
    state(one, "1 not synchronised")
    one.get_by_role("button", name="Synchronise").click()
    state(one, "Not synchronised: No answer")
    assert names(one) == ["Morel"]

    one.get_by_label("online").check()
    one.get_by_role("button", name="Synchronise").click()
    state(one, "1 sent")
    other.get_by_role("button", name="Synchronise").click()
    state(other, "1 received")
    assert names(other) == ["Morel"]

    for tab, name in ((one, "Black morel"), (other, "Half-free morel")):
        tab.get_by_label("Name").fill(name)
        tab.get_by_label("Name").blur()
        state(tab, "1 not synchronised")
    one.get_by_role("button", name="Synchronise").click()
    state(one, "1 sent")
    other.get_by_role("button", name="Synchronise").click()
    state(other, "yours was “Half-free morel”")
    assert names(other) == ["Black morel"]
    one.reload()
    state(one, "0 sent")
    assert names(one) == ["Black morel"]


@pytest.mark.intermediaries("tsc")
@pytest.mark.parametrize("options", [[], ["--exactOptionalPropertyTypes"]])
def test_the_declarations_are_what_typescript_reads(options):
    """A sample compiles, and what is wrong in it is refused (`@ts-expect-error`)."""
    sample = PACKAGE / "test" / "types"
    done = subprocess.run(
        [find_program("tsc"), "-p", sample, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert (done.returncode, done.stdout) == (0, "")
