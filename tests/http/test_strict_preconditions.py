"""Strict preconditions, beside a naive model of RFC 9110, section 13.2.2.

Every header, on every method, in every state of what it is about: the answers are those
of the model, and what is refused changes nothing.
"""

import itertools
import json
import time
from email.utils import formatdate
from typing import NamedTuple

import pytest

from tests.http.test_preconditions import ID, OTHER, REQUESTS

STATES = ["exists", "changed elsewhere", "tombstone", "never", "empty"]
RECORD_REQUESTS = ("GET", "HEAD", "PUT", "PATCH", "DELETE")
DAY = 86_400
DATE_FORMATS = {
    "IMF-fixdate": "%a, %d %b %Y %H:%M:%S GMT",
    "rfc850-date": "%A, %d-%b-%y %H:%M:%S GMT",
    "asctime-date": "%a %b %e %H:%M:%S %Y",
}


# --- What is sent ----------------------------------------------------------------


class Tag(NamedTuple):
    """An entity tag: the current one or one that differs from it, maybe weak."""

    offset: int | None
    weak: bool = False
    opaque: str | None = None

    def write(self, current):
        opaque = current + self.offset if self.opaque is None else self.opaque
        return f'{"W/" if self.weak else ""}"{opaque}"'


CURRENT, PAST, FUTURE = Tag(0), Tag(-7), Tag(10**6)
WEAK = Tag(0, weak=True)
FOREIGN, EMPTY = Tag(None, opaque="abc"), Tag(None, opaque="")
NO_LIST = "1234"
VALUES = {
    "current": [CURRENT],
    "past": [PAST],
    "future": [FUTURE],
    "weak": [WEAK],
    "several": [PAST, FOREIGN, CURRENT],
    "several, weak": [PAST, WEAK],
    "several others": [PAST, FOREIGN, FUTURE],
    "foreign": [FOREIGN],
    "empty": [EMPTY],
    "any": "*",
    "no tag": NO_LIST,
}
DATES = {"day before": -DAY, "day after": DAY, "second before": -1, "second after": 1}
NO_DATES = [
    "yesterday",
    "2015",
    "Wed, 21 Oct 2015 07:28:00",
    "Wed, 99 Oct 2015 07:28:00 GMT",
]


def write_tags(value, current):
    if isinstance(value, str):
        return value
    return ", ".join(tag.write(current) for tag in value)


class Conditions(NamedTuple):
    """What a request has."""

    if_match: object = None
    if_none_match: object = None
    #: Seconds between the last modification and the date.
    since: int | None = None
    #: As it is sent, if it is another text.
    date: str | None = None

    def headers(self, current):
        """Write them, for a current timestamp."""
        found = {}
        if self.if_match is not None:
            found["If-Match"] = write_tags(self.if_match, current)
        if self.if_none_match is not None:
            found["If-None-Match"] = write_tags(self.if_none_match, current)
        if self.date is not None:
            found["If-Unmodified-Since"] = self.date
        elif self.since is not None:
            found["If-Unmodified-Since"] = formatdate(
                current // 1000 + self.since, usegmt=True
            )
        return found


SINGLE = [
    Conditions(),
    *[Conditions(if_match=value) for value in VALUES.values()],
    *[Conditions(if_none_match=value) for value in VALUES.values()],
    *[Conditions(since=seconds) for seconds in DATES.values()],
    *[Conditions(date=text) for text in NO_DATES],
]
COMBINED = [
    Conditions(*each)
    for each in itertools.product(
        [None, [CURRENT], [PAST], "*"],
        [None, [CURRENT], [PAST], "*"],
        [None, -DAY, DAY],
    )
]


# --- The model -------------------------------------------------------------------


def matches(value, weakly):
    """RFC 9110, 8.8.3.2: is the current representation named?"""
    if value == "*":
        return True
    if isinstance(value, str):
        return False
    return any(tag.offset == 0 and (weakly or not tag.weak) for tag in value)


def model(conditions, has_representation, is_read):
    """RFC 9110, 13.2.2: the status, None if the method is performed."""
    if conditions.if_match is not None:
        if not (has_representation and matches(conditions.if_match, weakly=False)):
            return 412
    elif conditions.since is not None and conditions.since < 0 and has_representation:
        return 412
    if conditions.if_none_match is None or not has_representation:
        return None
    if not matches(conditions.if_none_match, weakly=True):
        return None
    return 304 if is_read else 412


def status_without(name, state):
    """Return the status of a request without conditions."""
    is_live = state in ("exists", "changed elsewhere")
    if name in ("POST", "POST id"):
        return 200 if name == "POST id" and is_live else 201
    if name == "PUT":
        return 200 if is_live else 201
    return 200 if is_live or name not in RECORD_REQUESTS else 404


def expected(conditions, name, state):
    """Return the status that RFC 9110 asks for, 13.2.1 included."""
    otherwise = status_without(name, state)
    if otherwise >= 400:
        return otherwise
    about_record = name in RECORD_REQUESTS
    has_representation = not about_record or state in ("exists", "changed elsewhere")
    is_read = name.startswith(("GET", "HEAD"))
    return model(conditions, has_representation, is_read) or otherwise


# --- The service -----------------------------------------------------------------


@pytest.fixture
def strict(make_app):
    return make_app(strict_preconditions=True)


class Prepared:
    """A collection in one of the states, made again where a request changed it."""

    def __init__(self, app, alice, state):
        self.app, self.alice, self.state = app, alice, state
        self.prepare()

    def prepare(self):
        self.app.app.registry.storage.flush()
        self.record = None
        body = {"data": {"name": "a"}}
        if self.state in ("exists", "changed elsewhere", "tombstone"):
            made = self.app.put_json(f"/mushrooms/{ID}", body, headers=self.alice)
            self.record = made.json["data"]["last_modified"]
        if self.state in ("changed elsewhere", "never"):
            self.app.put_json(f"/mushrooms/{OTHER}", body, headers=self.alice)
        if self.state == "tombstone":
            gone = self.app.delete(f"/mushrooms/{ID}", headers=self.alice)
            self.record = gone.json["data"]["last_modified"]
        self.collection = self.read_timestamp()

    def read_timestamp(self):
        found = self.app.get("/mushrooms", headers=self.alice)
        return int(found.headers["ETag"].strip('"'))

    def send(self, name, conditions):
        """Send a request; what it is about has the current timestamp."""
        method, path, body = REQUESTS[name]
        current = self.record if name in RECORD_REQUESTS else self.collection
        headers = conditions.headers(current or self.collection)
        response = self.app.request(
            path,
            method=method,
            body=json.dumps(body).encode() if body else b"",
            headers={**self.alice, **headers},
            expect_errors=True,
        )
        if method in ("GET", "HEAD"):
            return response
        after = self.read_timestamp()
        if response.status_code >= 400:
            assert after == self.collection, (conditions, "written")
        if after != self.collection:
            self.prepare()
        return response


def find_differences(prepared, name, many):
    found = {}
    for conditions in many:
        wanted = expected(conditions, name, prepared.state)
        response = prepared.send(name, conditions)
        if response.status_code != wanted:
            found[conditions] = (wanted, response.status_code)
        if wanted == 412 and wanted == response.status_code:
            has_validators = {"ETag", "Last-Modified"} <= set(response.headers)
            assert has_validators is (
                name not in RECORD_REQUESTS
                or prepared.state in ("exists", "changed elsewhere")
            )
    return found


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_of_the_model(strict, alice, state, name):
    assert find_differences(Prepared(strict, alice, state), name, SINGLE) == {}


@pytest.mark.parametrize("state", ["exists", "tombstone"])
@pytest.mark.parametrize("name", REQUESTS)
def test_several_headers_have_the_order_of_the_model(strict, alice, state, name):
    assert find_differences(Prepared(strict, alice, state), name, COMBINED) == {}


# --- Rows that a reader of RFC 9110 looks for ------------------------------------


@pytest.fixture
def current(strict, alice):
    """The timestamp of the record, which is that of the collection."""
    return strict.put_json(
        f"/mushrooms/{ID}", {"data": {"name": "a"}}, headers=alice
    ).json["data"]["last_modified"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", f"/mushrooms/{ID}", {"If-None-Match": "*"}, 304),
        ("GET", "/mushrooms", {"If-None-Match": "*"}, 304),
        ("GET", f"/mushrooms/{ID}", {"If-None-Match": 'W/"{}"'}, 304),
        ("GET", "/mushrooms", {"If-None-Match": '"1", "{}"'}, 304),
        ("GET", f"/mushrooms/{ID}", {"If-None-Match": '"abc"'}, 200),
        ("GET", "/mushrooms", {"If-None-Match": '""'}, 200),
        ("GET", "/mushrooms", {"If-None-Match": '"{}-gzip"'}, 200),
        ("GET", f"/mushrooms/{ID}", {"If-Match": '"1"', "If-None-Match": '"{}"'}, 412),
        ("GET", f"/mushrooms/{ID}", {"If-Match": 'W/"{}"'}, 412),
        ("GET", f"/mushrooms/{ID}", {"If-Match": "*"}, 200),
        ("PUT", f"/mushrooms/{ID}", {"If-Match": 'W/"{}"'}, 412),
        ("PUT", f"/mushrooms/{ID}", {"If-Match": '"abc"'}, 412),
        ("PUT", f"/mushrooms/{ID}", {"If-Match": '"1", "{}"'}, 200),
        ("PUT", f"/mushrooms/{ID}", {"If-None-Match": '"{}"'}, 412),
        ("PUT", f"/mushrooms/{ID}", {"If-None-Match": "*"}, 412),
        ("PUT", f"/mushrooms/{OTHER}", {"If-None-Match": "*"}, 201),
        ("PUT", f"/mushrooms/{OTHER}", {"If-Match": "*"}, 412),
        ("PUT", f"/mushrooms/{ID}",
         {"If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"}, 412),
        ("PUT", f"/mushrooms/{ID}",
         {"If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT", "If-Match": '"{}"'}, 200),
        ("PUT", f"/mushrooms/{ID}",
         {"If-Unmodified-Since": "Thu, 21 Oct 2060 07:28:00 GMT", "If-Match": '"1"'}, 412),
        ("PUT", f"/mushrooms/{ID}", {"If-Unmodified-Since": "2015"}, 200),
        ("PATCH", f"/mushrooms/{ID}", {"If-None-Match": '"1"'}, 200),
        ("DELETE", f"/mushrooms/{ID}", {"If-None-Match": 'W/"{}"'}, 412),
        ("DELETE", "/mushrooms", {"If-Match": "*"}, 200),
        ("DELETE", "/mushrooms", {"If-None-Match": '"{}"'}, 412),
        ("POST", "/mushrooms", {"If-None-Match": "*"}, 412),
        ("POST", "/mushrooms", {"If-Match": '"{}"'}, 201),
    ],
)  # fmt: skip
def test_rows(strict, alice, current, method, path, headers, status):
    headers = {name: value.format(current) for name, value in headers.items()}
    body = b"" if method in ("GET", "DELETE") else b'{"data": {"name": "b"}}'

    strict.request(
        path, method=method, body=body, headers={**alice, **headers}, status=status
    )


def test_a_tombstone_is_no_representation(strict, alice, current):
    url = f"/mushrooms/{ID}"
    etag = strict.delete(url, headers=alice).headers["ETag"]
    body = {"data": {"name": "b"}}

    refused = strict.put_json(
        url, body, headers={**alice, "If-Match": etag}, status=412
    )
    assert "ETag" not in refused.headers
    assert refused.json["details"]["existing"]["deleted"] is True
    for conditions in (
        {"If-None-Match": etag},
        {"If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"},
    ):
        strict.put_json(url, body, headers={**alice, **conditions}, status=201)
        strict.delete(url, headers=alice)


@pytest.mark.parametrize("layout", DATE_FORMATS)
@pytest.mark.parametrize(("seconds", "status"), [(-DAY, 412), (DAY, 200)])
@pytest.mark.parametrize("path", [f"/mushrooms/{ID}", "/mushrooms"])
def test_dates_have_three_formats(
    strict, alice, current, layout, seconds, status, path
):
    moment = time.gmtime(current // 1000 + seconds)
    date = time.strftime(DATE_FORMATS[layout], moment)

    strict.get(path, headers={**alice, "If-Unmodified-Since": date}, status=status)
    strict.delete(path, headers={**alice, "If-Unmodified-Since": date}, status=status)


def test_what_changed_later_within_the_second_of_a_date_changed_since(make_app, alice):
    everybody = {
        f"spore_{name}_principals": "system.Authenticated"
        for name in ("create", "read")
    }
    strict = make_app(strict_preconditions=True, **everybody)
    url = f"/spores/{ID}"
    changed = {"data": {"last_modified": 1_448_000_000_500}}
    strict.put_json(url, changed, headers=alice, status=201)

    for seconds, status in ((-1, 412), (0, 412), (1, 200)):
        date = formatdate(1_448_000_000 + seconds, usegmt=True)
        strict.get(url, headers={**alice, "If-Unmodified-Since": date}, status=status)


@pytest.mark.parametrize("wrong", ["_limit=many", "_sort=x", "unknown=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_conditions_of_a_request_that_is_wrong_do_not_matter(
    make_app, alice, wrong, method
):
    """RFC 9110, 13.2.1."""
    strict = make_app(strict_preconditions=True, paginated_delete=True)
    for headers in ({"If-None-Match": "*"}, {"If-Match": '"1"'}):
        strict.request(
            f"/mushrooms?{wrong}",
            method=method,
            headers={**alice, **headers},
            status=400,
        )


def test_parameters_of_a_record_are_read_first(strict, alice, current):
    url = f"/mushrooms/{ID}"
    headers = {**alice, "If-None-Match": "*"}

    strict.get(f"{url}?_fields=unknown", headers=headers, status=400)
    strict.delete(f"{url}?last_modified=abc", headers=headers, status=400)
