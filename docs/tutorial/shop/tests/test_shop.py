"""What the shop promises."""

import pytest
from cliquet.events import AfterResourceChanged
from cliquet.testing import ClientFactory, Events


@pytest.fixture
def store(as_user: ClientFactory) -> str:
    """Return the path of a store of Alice's."""
    made = as_user("alice").post("/stores", {"name": "Mycelium"})
    return f"/stores/{made.json['data']['id']}"


@pytest.fixture
def product(as_user: ClientFactory, store: str) -> str:
    """Return the path of a product in it, for 5.00."""
    sent = {"title": "Basket", "cents": 500}
    made = as_user("alice").post(f"{store}/products", sent)
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
    as_user: ClientFactory, wish: dict[str, object], field: str
) -> None:
    refused = as_user("alice").post("/wishes", wish, status=400)

    assert refused.json["details"][0]["name"] == field


def test_products_are_for_those_whom_the_store_is_shared_with(
    as_user: ClientFactory, product: str, store: str
) -> None:
    alice, bob = as_user("alice"), as_user("bob")
    bob.get(product, status=403)

    alice.patch(store, permissions={"read": ["system.Everyone"]})

    assert bob.get(product).json["data"]["title"] == "Basket"
    bob.patch(product, {"cents": 1}, status=403)


def test_prices_are_kept_when_they_change(as_user: ClientFactory, product: str) -> None:
    alice = as_user("alice")
    for change in ({"cents": 450}, {"title": "Big basket"}, {"cents": 480}):
        alice.patch(product, change)

    told = alice.get(f"{product}/prices").json["data"]

    assert [each["cents"] for each in told] == [480, 450, 500]
    as_user("bob").get(f"{product}/prices", status=403)


def test_whoever_has_an_old_version_overwrites_nothing(
    as_user: ClientFactory, cliquet_events: Events, product: str
) -> None:
    alice = as_user("alice")
    etag = alice.get(product).headers["ETag"]
    alice.patch(product, {"cents": 450})

    alice.patch(product, {"cents": 520}, if_match=etag, status=412)

    assert alice.get(product).json["data"]["cents"] == 450
    assert len(cliquet_events.of(AfterResourceChanged, action="update")) == 1
