"""The hello view, and heartbeats."""

from typing import Any

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe

_MEMBERS = (
    "project_name", "project_version", "project_docs", "http_api_version",
    "cliquet_protocol_version", "url", "settings", "capabilities",
)  # fmt: skip


def _hello(probe: Probe) -> dict[str, Any]:
    found = expect.body(probe.nobody.get("/"), 200)
    if not isinstance(found, dict):
        expect.fail(f"hello: wanted an object, got {found!r}")
    return found


@clause("HELLO-1", "mandatory")
def hello_describes_the_service(probe: Probe) -> None:
    """Describe the service below the prefix, to anybody."""
    for user in (probe.nobody, probe.alice):
        found = expect.body(user.get("/"), 200)
        for name in _MEMBERS:
            expect.contains(found, name, "hello")
    odd = {"Authorization": "Basic odd"}
    expect.status(probe.nobody.get("/", headers=odd), 200)


@clause("HELLO-2", "mandatory")
def the_protocol_is_named(probe: Probe) -> None:
    """Name the protocol ``2``, in a text."""
    got = _hello(probe).get("cliquet_protocol_version")
    expect.equal(got, "2", "cliquet_protocol_version")


@clause("HELLO-3", "mandatory")
def hello_says_where_it_is(probe: Probe) -> None:
    """Show the absolute URL of the hello view, with its slash."""
    url = str(_hello(probe).get("url"))
    is_absolute = url.startswith(("http://", "https://"))
    expect.true(is_absolute, f"url: wanted an absolute one, got {url}")
    wanted = f"{probe.server.prefix}/"
    expect.true(url.endswith(wanted), f"url: wanted {wanted} at the end, got {url}")


@clause("HELLO-4", "mandatory")
def hello_shows_public_settings(probe: Probe) -> None:
    """Show ``batch_max_requests`` and ``readonly``."""
    settings = _hello(probe).get("settings")
    if not isinstance(settings, dict):
        expect.fail(f"settings: wanted an object, got {settings!r}")
    expect.contains(settings, "batch_max_requests", "settings")
    most = settings["batch_max_requests"]
    is_bound = most is None or (isinstance(most, int) and most is not True)
    expect.true(
        is_bound, f"batch_max_requests: wanted an integer or null, got {most!r}"
    )
    is_readonly = settings.get("readonly")
    expect.true(
        isinstance(is_readonly, bool),
        f"readonly: wanted a boolean, got {is_readonly!r}",
    )


@clause("HELLO-5", "mandatory")
def hello_shows_who_asks(probe: Probe) -> None:
    """Show ``user`` to who is authenticated, and to nobody else."""
    expect.lacks(_hello(probe), "user", "hello of nobody")
    odd = {"Authorization": "Basic odd"}
    found = expect.body(probe.nobody.get("/", headers=odd), 200)
    expect.lacks(found, "user", "hello of who has odd credentials")
    users = [expect.body(user.get("/"), 200).get("user")
             for user in (probe.alice, probe.bob)]  # fmt: skip
    for user in users:
        is_user = isinstance(user, dict) and isinstance(user.get("id"), str)
        expect.true(is_user, f"user: wanted an object with an id, got {user!r}")
    expect.true(users[0] != users[1], "Alice and Bob have one id")


@clause("HELLO-6", "mandatory")
def hello_shows_the_end(probe: Probe) -> None:
    """Show ``eos`` if, and only if, the end of service is announced."""
    response = probe.nobody.get("/")
    found = expect.body(response, 200)
    is_announced = "Alert" in response.headers
    expect.equal("eos" in found, is_announced, "whether there is eos beside an Alert")


@clause("HELLO-7", "mandatory")
def capabilities_are_described(probe: Probe) -> None:
    """Show ``capabilities`` as objects with ``description`` and ``url``."""
    found = _hello(probe).get("capabilities")
    if not isinstance(found, dict):
        expect.fail(f"capabilities: wanted an object, got {found!r}")
    for name, each in found.items():
        is_object = isinstance(each, dict)
        expect.true(is_object, f"capability {name}: wanted an object, got {each!r}")
        for member in ("description", "url"):
            is_text = isinstance(each.get(member), str)
            expect.true(is_text, f"capability {name}: {member} is no text")


@clause("HELLO-8", "mandatory")
def slashes_are_not_escaped(probe: Probe) -> None:
    """Leave slashes in the body as they are."""
    response = expect.status(probe.nobody.get("/"), 200)
    expect.lacks(response.text, "\\/", "the body of hello")


@clause("BEAT-1", "mandatory")
def heartbeats_say_which_backends_live(probe: Probe) -> None:
    """Show which backends live: 200 if all do, else 503."""
    response = probe.nobody.get("/__heartbeat__")
    found = expect.body(response, 200, 503)
    if not isinstance(found, dict):
        expect.fail(f"heartbeat: wanted an object, got {found!r}")
    for name, state in found.items():
        is_state = state is None or isinstance(state, bool | list)
        expect.true(
            is_state, f"{name}: wanted true, false, null or a list, got {state!r}"
        )
    wanted = 503 if False in found.values() else 200
    expect.equal(response.status_code, wanted, "status of the heartbeat")


@clause("BEAT-2", "mandatory")
def balancers_see_that_the_process_lives(probe: Probe) -> None:
    """Respond 200 and an empty object to load balancers."""
    found = expect.body(probe.nobody.get("/__lbheartbeat__"), 200)
    expect.equal(found, {}, "body of __lbheartbeat__")


@clause("BEAT-5", "repaired")
def the_build_is_shown_or_not_there(probe: Probe) -> None:
    """Respond with an object, or 404, where the version of the build would be."""
    response = expect.status(probe.nobody.get("/__version__"), 200, 404)
    found = expect.body(response, 200, 404)
    expect.true(isinstance(found, dict), "__version__: wanted an object")
