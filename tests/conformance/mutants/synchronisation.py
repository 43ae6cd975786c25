"""What breaks the clauses of timestamps and polling."""

import re

from tests.conformance.breaking import (
    LIST,
    READ,
    RECORD,
    asks,
    asks_json,
    both,
    drops,
    edits_data,
    edits_records,
    forward,
    ignores_parameters,
    method,
    path,
    puts,
    status,
)

NOTES = path(r"/notes$")
#: What a client forces.
STAMP = "last_modified"


def seconds(record):
    if STAMP in record:
        record[STAMP] //= 1000


def round_up(record):
    """Have timestamps of hundredths of seconds, so that some are equal."""
    record[STAMP] = record[STAMP] // 60_000 * 60_000


def inclusive(request):
    request.query_string = re.sub(
        r"_since=(\d+)",
        lambda found: f"_since={int(found[1]) - 1}",
        request.query_string,
    )


def unquoted(request):
    """Do without the quotes of `_since` alone."""
    request.query_string = re.sub(r"_to=%22(\d+)%22", "_to=abc", request.query_string)


def without_stamp(body):
    body.get("data", {}).pop(STAMP, None)


def to_integer(body):
    """Make an integer of what is sent, or leave it."""
    value = body.get("data", {}).get(STAMP)
    if type(value) is not int and STAMP in body.get("data", {}):
        body["data"][STAMP] = int(value) if isinstance(value, (bool, float)) else 5


def nearer(body):
    """Cut what is far ahead, instead of refusing it."""
    value = body.get("data", {}).get(STAMP)
    if isinstance(value, int) and value > 2 * 10**12:
        del body["data"][STAMP]


def skip_newest(body):
    """Lose the newest of several changes, once its ETag is out."""
    return body[1:] if len(body) > 1 else body


def tombstones_everywhere(request):
    if (
        "_since" not in request.query_string
        and "last_modified" not in request.query_string
    ):
        joint = "&" if request.query_string else ""
        request.query_string += f"{joint}_since=0"


def one_clock(request, app):
    """Show each user the time of the last write of anybody."""
    response = forward(request, app)
    if request.method == "POST" and response.status_int == 201:
        CLOCK["last"] = f'"{response.json["data"]["last_modified"]}"'
    elif NOTES(request) and request.method == "GET" and response.status_int == 200:
        response.headers["ETag"] = CLOCK.get("last", '"0"')
    return response


CLOCK = {}


def of_records_alone(request, app):
    """Say the time of the newest record in the ETag, whatever was deleted."""
    response = forward(request, app)
    if (
        LIST(request)
        and request.method == "GET"
        and response.status_int == 200
        and response.json["data"]
    ):
        newest = max(record["last_modified"] for record in response.json["data"])
        response.headers["ETag"] = f'"{newest}"'
    return response


def behind(request, app):
    """Say the time of a list as of its greatest timestamp but the forced one."""
    response = forward(request, app)
    if (
        path(r"/articles$")(request)
        and request.method == "GET"
        and "ETag" in response.headers
    ):
        response.headers["ETag"] = (
            f'"{int(response.headers["ETag"].strip(chr(34))) - 2000}"'
        )
    return response


MUTANTS = {
    "SYNC-1": edits_records(seconds, of=status(200, 201)),
    "SYNC-2": edits_records(round_up, of=status(200, 201)),
    "SYNC-3": of_records_alone,
    "SYNC-4": puts("ETag", '"1795758361221"', of=lambda request, response: response.headers.get("ETag") == '"0"'),
    "SYNC-5": one_clock,
    "SYNC-6": edits_data(skip_newest, of=both(NOTES, method("GET"))),
    "SYNC-8": asks(inclusive, of=READ),
    "SYNC-9": asks(unquoted),
    "SYNC-10": drops("Alert"),
    "SYNC-11": ignores_parameters("in_last_modified", of=READ),
    "SYNC-12": edits_records(lambda record: record.setdefault("title", None), of=NOTES),
    "SYNC-13": ignores_parameters("not_deleted"),
    "SYNC-14": asks_json(without_stamp, of=method("PUT")),
    "SYNC-15": asks_json(without_stamp, of=method("PATCH")),
    "SYNC-16": behind,
    "SYNC-17": ignores_parameters("last_modified", of=both(RECORD, method("DELETE"))),
    "SYNC-18": asks_json(to_integer, of=method("PUT", "POST", "PATCH")),
    "SYNC-23": puts("Horizon", '"99999999999999"', of=both(NOTES, method("GET"))),
    "SYNC-19": asks_json(nearer, of=method("PUT", "POST", "PATCH")),
}  # fmt: skip
