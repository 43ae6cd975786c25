"""What breaks the clauses of lists."""

import base64
import json
import re

from tests.conformance.breaking import (
    LIST,
    RECORD,
    answers,
    asks,
    both,
    edits,
    edits_data,
    forward,
    ignores_parameters,
    method,
    path,
    puts,
)

NOTES = path("/notes$")
READ = method("GET", "HEAD")


def rename(old, new):
    def change(request):
        request.query_string = re.sub(old, new, request.query_string)

    return asks(change, of=both(LIST, READ))


def query_has(text):
    return lambda request, response=None: text in request.query_string


def with_permissions(body):
    body["permissions"] = {}


def of_page(request, app):
    """Count the records of the page."""
    response = forward(request, app)
    if (
        LIST(request)
        and response.status_int == 200
        and "_limit=1" in request.query_string
    ):
        response.headers["Total-Records"] = "1"
    return response


def of_rest(request, app):
    """Count less from page to page."""
    response = forward(request, app)
    if LIST(request) and "_token" in request.query_string:
        response.headers["Total-Records"] = "1"
    return response


def hash_of(request, app):
    response = forward(request, app)
    if LIST(request) and response.status_int == 200 and "rank" in request.query_string:
        response.headers["ETag"] = f'"{abs(hash(response.body))}"'
    return response


def last_one(request):
    """Have the last of several parameters of one name alone."""
    parts = dict(
        part.partition("=")[::2] for part in request.query_string.split("&") if part
    )
    request.query_string = "&".join(f"{name}={value}" for name, value in parts.items())


def present_only(records):
    return [each for each in records if "slug" in each]


def in_reverse(records):
    return records[::-1]


def by_case(request, app):
    """Order texts as a dictionary does."""
    response = forward(request, app)
    if "_sort=slug" in request.query_string and response.status_int == 200:
        found = sorted(
            response.json["data"], key=lambda each: each.get("slug", "~").lower()
        )
        response.json = {"data": found}
    return response


def without_sort(location):
    return re.sub(r"&?_sort=[^&]*", "", location or "")


def skip_first(request, app):
    """Lose the first record of each page but the first."""
    response = forward(request, app)
    if (
        "_token" in request.query_string
        and response.status_int == 200
        and len(response.json["data"]) > 1
    ):
        response.json = {"data": response.json["data"][1:]}
    return response


def by_offset(request, app):
    """Say that there is nothing more once as many were shown as there are now."""
    response = forward(request, app)
    if "Next-Page" in response.headers and "_token" in request.query_string:
        token = re.search(r"_token=([^&]+)", request.url)[1].replace("%3D", "=")
        shown = json.loads(base64.b64decode(token)).get("offset", 0) + len(
            response.json["data"]
        )
        # Counted with the first page, before one was deleted.
        if shown + 2 >= int(response.headers["Total-Records"]):
            del response.headers["Next-Page"]
    return response


def padded(location):
    return f"{location}&_pad={'x' * 5000}"


def flat(request, app):
    """Choose objects as a whole."""
    if "_fields=" in request.query_string:
        request.query_string = re.sub(r"(\.\w+)+", "", request.query_string)
    return forward(request, app)


def more_fields(data):
    for each in data if isinstance(data, list) else []:
        each.setdefault("title", "one")


MUTANTS = {
    "LIST-1": edits(with_permissions, of=both(path("/articles$"), method("GET"))),
    "LIST-2": of_page,
    "LIST-3": of_rest,
    "LIST-4": hash_of,
    "LIST-5": asks(last_one),
    "LIST-6": answers(400, both(NOTES, query_has("_unknown"))),
    "LIST-7": ignores_parameters("rank.x", of=method("DELETE")),
    "LIST-8": edits_data(present_only, of=query_has("not_slug")),
    "LIST-9": rename("gt_", "min_"),
    "LIST-10": edits_data(present_only, of=query_has("exclude_")),
    "LIST-11": ignores_parameters("exclude_last_modified"),
    "LIST-12": rename("in_stock=", "in_done="),
    "LIST-13": rename("=Yes", "=%22Yes%22"),
    "LIST-14": rename(r"=\[1%5D|=%5B1%5D", "=1"),
    "LIST-15": rename("title=12$", "title=%2212%22"),
    "LIST-16": rename("=true", "=1"),
    "LIST-17": answers(503, both(NOTES, query_has("1e400"))),
    "LIST-18": rename("-rank", "rank"),
    "LIST-19": edits_data(in_reverse, of=both(NOTES, query_has("_sort=title"))),
    "LIST-20": rename(",odd", ""),
    "LIST-21": rename("=-due-date", "="),
    "LIST-22": by_case,
    "LIST-23": rename("_limit=1.5", "_limit=1"),
    "LIST-24": rename("_limit=-1", "_limit=1"),
    "LIST-25": edits_data(lambda data: data * 2, of=query_has("_limit=1000")),
    "LIST-26": edits_data(lambda data: [], of=query_has("_limit=0")),
    "LIST-27": puts("Next-Page", without_sort, of=lambda request, response: "Next-Page" in response.headers),
    "LIST-28": skip_first,
    "LIST-29": by_offset,
    "LIST-30": rename("_token=(W10|e30)=", "_token="),
    "LIST-31": puts("Next-Page", padded, of=lambda request, response: "Next-Page" in response.headers),
    "LIST-33": edits_data(more_fields, of=both(NOTES, query_has("_fields="))),
    "LIST-34": flat,
    "LIST-35": rename("_fields=title,odd", "_fields=title"),
    "LIST-36": edits(with_permissions, of=both(RECORD, query_has("_fields="))),
    "LIST-40": rename("place.floor=3", "place.floor=4"),
    "LIST-37": rename("like_title=50\\*", "like_title=50*5"),
    "LIST-38": edits_data(lambda data: [], of=query_has("has_slug=false")),
    "LIST-39": rename("contains_tags=", "contains_any_tags="),
}  # fmt: skip
