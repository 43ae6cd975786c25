"""What the shop promises."""

from collections.abc import Callable

import pytest
from webtest import TestApp

AsUser = Callable[[str], TestApp]


@pytest.fixture
def store(as_user: AsUser) -> str:
    """Return the path of a store of Alice's."""
    made = as_user("alice").post_json("/v1/stores", {"data": {"name": "Mycelium"}})
    return f"/v1/stores/{made.json['data']['id']}"


@pytest.fixture
def product(as_user: AsUser, store: str) -> str:
    """Return the path of a product in it, for 5.00."""
    sent = {"data": {"title": "Basket", "cents": 500}}
    made = as_user("alice").post_json(f"{store}/products", sent)
    return f"{store}/products/{made.json['data']['id']}"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"cents": 1}, "data.title"),
        ({"title": "Knife", "cents": -1}, "data.cents"),
        ({"title": "Knife", "cents": 1, "colour": "red"}, "data.colour"),
    ],
)
def test_wishes_that_are_no_wishes_are_refused(
    as_user: AsUser, wish: dict[str, object], field: str
) -> None:
    refused = as_user("alice").post_json("/v1/wishes", {"data": wish}, status=400)

    assert refused.json["details"][0]["name"] == field


def test_products_are_for_those_whom_the_store_is_shared_with(
    as_user: AsUser, product: str, store: str
) -> None:
    alice, bob = as_user("alice"), as_user("bob")
    bob.get(product, status=403)

    alice.patch_json(store, {"permissions": {"read": ["system.Everyone"]}})

    assert bob.get(product).json["data"]["title"] == "Basket"
    bob.patch_json(product, {"data": {"cents": 1}}, status=403)


def test_prices_are_kept_when_they_change(as_user: AsUser, product: str) -> None:
    alice = as_user("alice")
    for change in ({"cents": 450}, {"title": "Big basket"}, {"cents": 480}):
        alice.patch_json(product, {"data": change})

    told = alice.get(f"{product}/prices").json["data"]

    assert [each["cents"] for each in told] == [480, 450, 500]
    as_user("bob").get(f"{product}/prices", status=403)


def test_whoever_has_an_old_version_overwrites_nothing(
    as_user: AsUser, product: str
) -> None:
    alice = as_user("alice")
    etag = alice.get(product).headers["ETag"]
    alice.patch_json(product, {"data": {"cents": 450}})

    late = {"If-Match": etag}
    alice.patch_json(product, {"data": {"cents": 520}}, headers=late, status=412)

    assert alice.get(product).json["data"]["cents"] == 450
