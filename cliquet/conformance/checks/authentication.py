"""Who sends a request: credentials, and ids of users."""

import base64

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe, User
from cliquet.conformance.server import Credentials

#: Credentials that count for nothing.
_ODD = ("Basic", "Basic odd", "Basic !!!", "Carrier pigeon", "odd", "Bearer odd")


def _basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _user_of(probe: Probe, header: str) -> object:
    """Return what hello says of who sends credentials."""
    response = probe.nobody.get("/", headers={"Authorization": header})
    return expect.body(response, 200).get("user")


@clause("AUTH-1", "mandatory")
def who_is_nobody_is_401(probe: Probe) -> None:
    """Respond 401, errno 104, where credentials that count are needed."""
    note, nobody = probe.note(), probe.nobody
    for header in (None, *_ODD):
        asked = {"Authorization": header}
        for method, path in (
            ("GET", probe.private), ("HEAD", probe.private), ("DELETE", probe.private),
            ("GET", note.path), ("DELETE", note.path),
        ):  # fmt: skip
            response = nobody.request(method, path, headers=asked)
            if method == "HEAD":
                expect.status(response, 401)
            else:
                expect.error(response, 401, 104)
        fields = {"title": "one"}
        for response in (
            nobody.post(probe.private, fields, headers=asked),
            nobody.put(note.path, fields, headers=asked),
            nobody.patch(note.path, fields, headers=asked),
        ):
            expect.error(response, 401, 104)


@clause("AUTH-2", "mandatory")
def odd_credentials_are_no_error(probe: Probe) -> None:
    """Ignore credentials that count for nothing, where none are needed."""
    page = probe.page()
    for header in _ODD:
        asked = {"Authorization": header}
        expect.status(probe.nobody.get("/", headers=asked), 200)
        expect.status(probe.nobody.get(page.path, headers=asked), 200)
        response = probe.nobody.post("/batch", json={"requests": []}, headers=asked)
        expect.status(response, 200)


@clause("AUTH-3", "mandatory")
def a_401_has_a_challenge(probe: Probe) -> None:
    """Send ``WWW-Authenticate`` with a 401."""
    response = expect.status(probe.nobody.get(probe.private), 401)
    challenge = expect.header(response, "WWW-Authenticate")
    schemes = challenge.lower()
    expect.contains(schemes, "basic", "WWW-Authenticate")


@clause("AUTH-4", "mandatory")
def ids_have_the_name_of_their_policy(probe: Probe) -> None:
    """Begin the id of a user with the name of the policy and a colon."""
    for user in (probe.alice, probe.bob):
        policy, colon, name = user.id.partition(":")
        is_prefixed = bool(policy and colon and name) and policy == policy.lower()
        expect.true(is_prefixed, f"id of {user.name}: got {user.id}")
        again = expect.body(user.get("/"), 200)["user"]["id"]
        expect.equal(again, user.id, "id of the same credentials")


@clause("AUTH-7", "mandatory")
def any_name_and_password_is_a_user(probe: Probe) -> None:
    """Accept any name and password, each pair as a user of its own."""
    name = probe.word()
    pairs = (
        (name, "one"), (name, "two"), (name, ""), (name, "a:b"), (f"{name}é", "ü"),
    )  # fmt: skip
    seen = set()
    for user, password in pairs:
        somebody = User("somebody", probe, Credentials(user, password))
        found = expect.body(somebody.get("/"), 200).get("user")
        if not isinstance(found, dict):
            expect.fail(f"{user!r} with the password {password!r} is no user")
        seen.add(found.get("id"))
        expect.status(somebody.get(probe.private), 200)
    expect.equal(len(seen), len(pairs), "how many users several passwords are")


@clause("AUTH-8", "mandatory")
def what_is_no_pair_is_nobody(probe: Probe) -> None:
    """Take no name, no colon, and what is not base64 for no credentials."""
    for header in (
        _basic(":secret"),
        _basic("alice"),
        "Basic ???",
        "Basic",
        "Basic YQ",
    ):
        expect.equal(_user_of(probe, header), None, f"user of {header!r}")
        response = probe.nobody.get(probe.private, headers={"Authorization": header})
        expect.status(response, 401)


@clause("AUTH-9", "mandatory")
def the_scheme_has_no_case(probe: Probe) -> None:
    """Compare the name of the scheme without case."""
    wanted = {"id": probe.alice.id}
    credentials = probe.server.alice.header.partition(" ")[2]
    for scheme in ("basic", "BASIC", "bAsIc"):
        found = _user_of(probe, f"{scheme} {credentials}")
        expect.equal(found, wanted, f"user of the scheme {scheme}")
