"""Where a record is, as far as the request tells it."""

from types import SimpleNamespace

import pytest

from cliquet.resource.responses import record_url


def make_request(kind, collection_path, record_path, route_url=None):
    service = SimpleNamespace(
        type=kind,
        collection_path=collection_path,
        record_path=record_path,
        record_route="a-record",
    )
    return SimpleNamespace(
        current_service=service,
        path_url="http://localhost/v1/here",
        matchdict={"farm": "f"},
        route_url=route_url,
    )


def test_a_put_is_at_the_url_of_the_record():
    request = make_request("record", "/as", "/as/{id}")

    assert record_url(request, "x") == "http://localhost/v1/here"


@pytest.mark.parametrize(
    ("record_id", "quoted"),
    [("x", "x"), ("a b", "a%20b"), ("é%", "%C3%A9%25"), (5, "5")],
)
def test_records_are_below_their_collection(record_id, quoted):
    request = make_request("collection", "/as", "/as/{id}")

    assert record_url(request, record_id) == f"http://localhost/v1/here/{quoted}"


def test_records_may_be_elsewhere():
    def route_url(name, **parameters):
        return f"{name} {parameters}"

    request = make_request("collection", "/as", "/a/{farm}/{id}", route_url)

    assert record_url(request, "x") == "a-record {'farm': 'f', 'id': 'x'}"


def test_where_a_record_is_may_be_unknown():
    def route_url(name, **parameters):
        return parameters["unknown"]

    request = make_request("collection", "/as", "/a/{unknown}/{id}", route_url)

    assert record_url(request, "x") is None
