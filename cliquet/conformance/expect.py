"""What checks expect of a response; failures say what was wanted, and what was got."""

import json
from collections.abc import Callable, Collection
from typing import Any, NoReturn

import httpx

#: Members that errors may have.
_MEMBERS = {"code", "errno", "error", "message", "info", "details"}
#: Letters of a value that a message shows.
_MOST = 400


class UnmetError(Exception):
    """A server did not do what a clause asks for."""


class InapplicableError(Exception):
    """A server turns out to lack what a clause is about."""


def fail(message: str) -> NoReturn:
    """Say that the clause does not hold."""
    raise UnmetError(message)


def skip(reason: str) -> NoReturn:
    """Say that the clause is not about this server."""
    raise InapplicableError(reason)


def true(value: object, what: str) -> None:
    """Expect what a sentence says."""
    if not value:
        fail(what)


def equal(got: object, wanted: object, what: str) -> None:
    """Expect a value."""
    # True is no 1 in JSON.
    if got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
        fail(f"{what}: wanted {_show(wanted)}, got {_show(got)}")


def same(got: Collection[Any], wanted: Collection[Any], what: str) -> None:
    """Expect values whose order means nothing."""
    if sorted(map(_show, got)) != sorted(map(_show, wanted)):
        fail(
            f"{what}: wanted {_show(list(wanted))} in any order, got {_show(list(got))}"
        )


def contains(got: Any, part: Any, what: str) -> None:
    """Expect something to be in a text, a list or an object."""
    if part not in got:
        fail(f"{what}: wanted {_show(part)} in {_show(got)}")


def lacks(got: Any, part: Any, what: str) -> None:
    """Expect something not to be in a text, a list or an object."""
    if part in got:
        fail(f"{what}: {_show(part)} is not wanted in {_show(got)}")


def status(response: httpx.Response, *wanted: int) -> httpx.Response:
    """Expect one of some statuses; return the response."""
    if response.status_code not in wanted:
        statuses = " or ".join(map(str, wanted))
        fail(f"{_named(response)}: wanted {statuses}, got {response.status_code}")
    return response


def body(response: httpx.Response, *wanted: int) -> Any:
    """Expect JSON, with one of some statuses; return its value."""
    status(response, *wanted)
    try:
        return json.loads(response.content)
    except ValueError:
        fail(f"{_named(response)}: wanted JSON, got {response.text[:200]!r}")


def data(response: httpx.Response, *wanted: int) -> Any:
    """Expect ``{"data": …}`` with one of some statuses, 200 if none; return it."""
    found = body(response, *(wanted or (200,)))
    if not isinstance(found, dict) or "data" not in found:
        fail(f'{_named(response)}: wanted {{"data": …}}, got {_show(found)}')
    return found["data"]


def ids(response: httpx.Response) -> list[str]:
    """Expect a list of records; return their ids in order."""
    found = data(response, 200)
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and "id" in each for each in found
    ):
        fail(f"{_named(response)}: wanted a list of records, got {_show(found)}")
    return [each["id"] for each in found]


def error(
    response: httpx.Response, code: int, errno: int | None = None
) -> dict[str, Any]:
    """Expect an error in the protocol's format; return its body."""
    found = body(response, code)
    if not isinstance(found, dict):
        fail(f"{_named(response)}: wanted an error object, got {_show(found)}")
    equal(found.get("code"), code, f"{_named(response)}: code of the error")
    if not isinstance(found.get("errno"), int) or not isinstance(
        found.get("error"), str
    ):
        fail(f"{_named(response)}: errno or error is missing in {_show(found)}")
    if errno is not None:
        equal(found["errno"], errno, f"{_named(response)}: errno")
    if odd := set(found) - _MEMBERS:
        fail(f"{_named(response)}: members that errors do not have: {sorted(odd)}")
    return found


def detail(response: httpx.Response, location: str, name: str | None) -> str:
    """Expect a 400 that lists an error of one place; return its description."""
    found = error(response, 400, 107)
    details = found.get("details")
    for each in details if isinstance(details, list) else ():
        if (each.get("location"), each.get("name")) == (location, name):
            return str(each.get("description"))
    fail(
        f"{_named(response)}: wanted an entry for {location}, {name!r} in details, "
        f"got {_show(details)}"
    )


def header(
    response: httpx.Response,
    name: str,
    wanted: str | Callable[[str], bool] | None = None,
) -> str:
    """Expect a header, with a value if one is given; return the value."""
    value = response.headers.get(name)
    if value is None:
        fail(f"{_named(response)}: the header {name} is missing")
    if isinstance(wanted, str) and value != wanted:
        fail(f"{_named(response)}: wanted {name}: {wanted}, got {value}")
    if callable(wanted) and not wanted(value):
        fail(f"{_named(response)}: unexpected value of {name}: {value}")
    return str(value)


def no_header(response: httpx.Response, name: str) -> None:
    """Expect a header to be absent."""
    if name in response.headers:
        fail(
            f"{_named(response)}: {name} is not wanted, got {response.headers[name]!r}"
        )


def tokens(response: httpx.Response, name: str) -> set[str]:
    """Return the comma-separated words of a header, in lower case; none if absent."""
    value = response.headers.get(name, "")
    return {each.strip().lower() for each in value.split(",") if each.strip()}


def _named(response: httpx.Response) -> str:
    request = response.request
    return f"{request.method} {request.url.raw_path.decode('latin-1')}"


def _show(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"
