"""The page of the description in a browser: sign in, create, list, see a conflict."""

import json
import re
from contextlib import contextmanager

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from cliquet.authentication import keys
from tests.intermediaries.origin import ALICE, Served

pytestmark = pytest.mark.intermediaries("chromium", "playwright")

JWT_SECRET = "0123456789abcdef" * 4
POLICIES = {
    "multiauth.policies": "basicauth jwt apikey",
    "multiauth.policy.basicauth.use": "cliquet.authentication.BasicAuthAuthenticationPolicy",
    "multiauth.policy.jwt.use": "cliquet.authentication.jwt.JWTAuthenticationPolicy",
    "multiauth.policy.jwt.secret": JWT_SECRET,
    "multiauth.policy.jwt.require_exp": "false",
    "multiauth.policy.apikey.use": "cliquet.authentication.apikey.APIKeyAuthenticationPolicy",
    "vary": "Authorization X-API-Key",
}


class Docs:
    """The page, as somebody uses it; what the browser complained of, and asked for."""

    def __init__(self, tab, origin, path):
        self.tab, self.complaints, self.sent = tab, [], []
        tab.on("console", self._hear)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", self._note)
        tab.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (event) => console.error(`CSP: ${event.violatedDirective}`))"
        )
        tab.goto(origin.url + path)
        self.tab.locator(".opblock").first.wait_for()

    def _note(self, request):
        self.sent.append(request)

    def _hear(self, message):
        # A 412 is what is wanted: the browser says so of every 4xx.
        wanted = "the server responded with a status of 4" in message.text
        if message.type in ("error", "warning") and not wanted:
            self.complaints.append(message.text)

    def sign_in(self, **fields):
        """Fill fields of the dialog, by their labels, and close it."""
        self.tab.locator(".scheme-container").get_by_role(
            "button", name="Authorize"
        ).click()
        dialog = self.tab.get_by_role("dialog", name="Credentials")
        for label, value in fields.items():
            dialog.get_by_label(label, exact=True).fill(value)
        self.tab.keyboard.press("Enter")
        dialog.get_by_role("button", name="Close").last.click()

    @contextmanager
    def operation(self, name):
        """Open an operation, and close it afterwards."""
        block = self.tab.locator(f"#operations-{name}")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        yield block
        block.get_by_role("button", name="Cancel").click()
        block.locator(".opblock-summary-control").click()

    def send(self, name, body=None, **parameters):
        """Send a request by its form; status, headers and body that are shown."""
        with self.operation(name) as block:
            for parameter, value in parameters.items():
                label = parameter.replace("_", "-")
                block.locator(f'tr[data-param-name="{label}"] input').fill(value)
            if body is not None:
                block.get_by_label("Request body").fill(json.dumps(body))
            block.get_by_role("button", name="Execute").click()
            shown = block.locator(".live-responses-table")
            status = shown.locator("tbody .response-col_status").inner_text()
            texts = shown.locator("tbody pre").all_inner_texts()
            # Or the next one would see what this one was answered.
            block.get_by_role("button", name="Clear").click()
        bodies = [json.loads(text) for text in texts if text.startswith("{")]
        lines = "\n".join(text for text in texts if not text.startswith("{"))
        headers = re.findall(r"^ *([\w-]+): (.*?) *$", lines, re.MULTILINE)
        return int(status.split()[0]), dict(headers), *bodies

    def request(self, method):
        """The last request of a method that the browser sent."""
        return [each for each in self.sent if each.method == method][-1]


@pytest.fixture
def visit(chromium, started):
    """Open the page in a profile of its own; nothing may be complained of."""
    opened = []

    def visit(origin, path="/v0/__docs__", **options):
        profile = started(chromium.profile(**options))
        opened.append((Docs(profile.new_page(), origin, path), origin))
        return opened[-1][0]

    yield visit
    for docs, origin in opened:
        assert docs.complaints == []
        elsewhere = [
            each.url
            for each in docs.sent
            if not each.url.startswith((origin.url, "data:"))
        ]
        assert elsewhere == []


def test_sign_in_create_list_and_conflict(serve, visit):
    origin = serve()
    docs = visit(origin)
    docs.sign_in(Username=ALICE[0], Password=ALICE[1])

    status, headers, created = docs.send(
        "mushroom-post-mushroom-collection", {"data": {"name": "Morel"}}
    )
    assert status == 201
    etag, record_id = headers["etag"], created["data"]["id"]
    assert etag == f'"{created["data"]["last_modified"]}"'

    status, headers, listed = docs.send("mushroom-get-mushroom-collection")
    assert status == 200
    assert headers["total-records"] == "1"
    assert listed["data"] == [created["data"]]

    record = "mushroom-put-mushroom-record"
    changed = {"data": {"name": "Truffle"}}
    status, headers, replaced = docs.send(record, changed, id=record_id, If_Match=etag)
    assert status == 200
    assert replaced["data"]["name"] == "Truffle"

    # Somebody who read it before.
    late = {"data": {"name": "Chanterelle"}}
    status, shown, error = docs.send(record, late, id=record_id, If_Match=etag)
    assert status == 412
    assert error["errno"] == 114
    assert shown["etag"] == headers["etag"]
    stored = origin.get(f"/v0/mushrooms/{record_id}", auth=ALICE).json()["data"]
    assert stored["name"] == "Truffle"


def test_forms_are_filled_with_what_does_no_harm(serve, visit):
    docs = visit(serve())
    docs.sign_in(Username="alice", Password="secret")

    with docs.operation("toadstool-post-toadstool-collection") as block:
        preconditions = [
            field.input_value() for field in block.locator(".parameters input").all()
        ]
        body = json.loads(block.get_by_label("Request body").input_value())

    assert set(preconditions) == {""}
    assert body["permissions"] == {}
    assert docs.send("toadstool-post-toadstool-collection")[0] == 201


def test_names_beyond_ascii_are_the_users_that_they_are_elsewhere(serve, visit):
    origin = serve()
    user = ("жанна", "naïve")
    docs = visit(origin)
    docs.sign_in(Username=user[0], Password=user[1])

    docs.send("service-get-hello")

    name, password = (text.encode() for text in user)
    there = origin.get("/v0/", auth=(name, password)).json()["user"]["id"]
    assert docs.request("GET").response().json()["user"]["id"] == there


def test_each_policy_has_its_field(serve, visit):
    origin = serve(**POLICIES)
    key, _ = keys.create(origin.application.registry.storage, "robot")
    secret = OctKey.import_key(JWT_SECRET)
    token = jwt.encode({"alg": "HS256"}, {"sub": "alice"}, secret)
    known = {
        "basicauth": {"Username": "alice", "Password": "secret"},
        "jwt": {"Token": token},
        "apikey": {"API key": key},
    }

    for policy, credentials in known.items():
        docs = visit(origin)
        docs.sign_in(**credentials)
        status, _, hello = docs.send("service-get-hello")
        assert status == 200
        assert hello["user"]["id"].partition(":")[0] == policy


def test_credentials_are_gone_with_the_tab(serve, visit):
    docs = visit(serve())
    docs.sign_in(Username="alice", Password="secret")
    assert docs.send("mushroom-get-mushroom-collection")[0] == 200

    kept = docs.tab.evaluate(
        "[localStorage.length, sessionStorage.length, document.cookie]"
    )
    docs.tab.reload()
    docs.tab.locator(".opblock").first.wait_for()

    assert kept == [0, 0, ""]
    # Nor does the browser ask for them, and keep them itself.
    assert docs.send("mushroom-get-mushroom-collection")[0] == 401
    assert "authorization" not in docs.request("GET").headers


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_fits_the_screen_and_is_dark_where_that_is_wished(
    serve, visit, width, scheme
):
    docs = visit(serve(), viewport={"width": width, "height": 900}, color_scheme=scheme)
    docs.send("toadstool-get-toadstool-collection")
    docs.tab.locator("#operations-toadstool-post-toadstool-collection").get_by_role(
        "button"
    ).first.click()

    assert docs.tab.evaluate("document.documentElement.scrollWidth") <= width
    background = docs.tab.evaluate(
        "getComputedStyle(document.querySelector('.swagger-ui')).backgroundColor"
    )
    assert (background == "rgb(28, 32, 34)") is (scheme == "dark")


def test_a_link_cannot_have_it_show_another_service(serve, visit):
    """Without version it is redirected, and what others read from the query is not."""
    origin = serve()
    docs = visit(
        origin,
        "/__docs__?url=https://example.com/a.json&configUrl=https://example.com/b.json",
    )

    assert docs.send("service-get-hello")[0] == 200
    assert docs.request("GET").url == f"{origin.url}/v0/"


def test_it_works_below_a_path_and_behind_another_host(serve, started, visit):
    """What it loads and sends is on the host that it came from, wherever that is."""
    service = serve(http_scheme="https", http_host="api.example.org").application

    def mounted(environ, start_response):
        inner = environ["PATH_INFO"].removeprefix("/some/where")
        names = {"SCRIPT_NAME": "/some/where", "PATH_INFO": inner}
        return service({**environ, **names}, start_response)

    docs = visit(started(Served(mounted)), "/some/where/v0/__docs__")
    docs.sign_in(Username="alice", Password="secret")

    assert docs.send("mushroom-post-mushroom-collection")[0] == 201
