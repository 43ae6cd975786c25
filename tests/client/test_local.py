"""Copies that work offline: what is pushed, pulled, decided, and never lost."""

import uuid

import httpx
import pytest

from cliquet.client import ProtocolError, UnreachableError
from tests.client.network import Cuts, Network

pytestmark = pytest.mark.long_on("sqlite", "postgresql", "redis")


@pytest.fixture
def remote(client):
    return client.collection("mushrooms")


@pytest.fixture
def make_copy(make_client, application, tmp_path):
    """Make the copy of a device, with a network of its own."""
    copies = []

    def make(name: str = "phone", user: str = "alice"):
        network = Network(application)
        collection = make_client(user, network=network).collection("mushrooms")
        copy = collection.local(tmp_path / f"{name}.sqlite")
        copies.append(copy)
        copy.network = network
        return copy

    yield make
    for copy in copies:
        copy.close()


@pytest.fixture
def phone(make_copy):
    return make_copy("phone")


@pytest.fixture
def laptop(make_copy):
    return make_copy("laptop")


def contents(records):
    return sorted((each["id"], each["name"]) for each in records)


def test_what_is_kept_offline_is_pushed(phone, remote):
    kept = phone.put({"name": "Morel"})
    assert phone.get(kept["id"]) == kept
    assert phone.pending() == 1

    result = phone.sync()

    assert (result.pushed, result.pulled, result.conflicts) == (1, 0, [])
    assert phone.pending() == 0
    (created,) = remote.list()
    assert created == phone.get(kept["id"])
    assert created.timestamp > 0


def test_what_others_wrote_is_pulled(phone, remote):
    first, second = remote.create({"name": "a"}), remote.create({"name": "b"})
    assert phone.sync().pulled == 2
    assert contents(phone.list()) == contents([first, second])

    remote.update(first["id"], {"name": "c"})
    remote.delete(second["id"])
    assert phone.sync().pulled == 2
    assert [each["name"] for each in phone.list()] == ["c"]


def test_a_copy_that_is_up_to_date_costs_one_request(phone, remote):
    remote.create({"name": "a"})
    phone.sync()
    phone.network.sent.clear()

    result = phone.sync()

    assert len(phone.network.sent) == 1
    assert (result.pushed, result.pulled) == (0, 0)


def test_changes_are_pushed_as_batches(phone, remote):
    for number in range(60):
        phone.put({"name": f"{number}"})

    assert phone.sync().pushed == 60

    # A batch has 25, says the hello page; a list has pages of 3.
    assert [sent.partition("?")[0] for sent in phone.network.sent] == [
        "GET /v0/", *["POST /v0/batch"] * 3, *["GET /v0/mushrooms"] * 20,
    ]  # fmt: skip
    assert contents(phone.list()) == contents(remote.list())


def test_a_deletion_is_pushed(phone, remote):
    record_id = remote.create({"name": "a"})["id"]
    phone.sync()

    phone.delete(record_id)
    assert phone.list() == []
    with pytest.raises(KeyError):
        phone.get(record_id)
    with pytest.raises(KeyError):
        phone.delete(record_id)

    assert phone.sync().pushed == 1
    assert list(remote.list()) == []


def test_what_was_made_and_deleted_offline_is_never_sent(phone):
    phone.delete(phone.put({"name": "a"})["id"])

    assert phone.pending() == 0
    phone.sync()
    assert not any("POST" in sent or "PUT" in sent for sent in phone.network.sent)


def test_what_was_deleted_on_both_sides_is_no_conflict(phone, remote):
    record_id = remote.create({"name": "a"})["id"]
    phone.sync()
    phone.delete(record_id)
    remote.delete(record_id)

    result = phone.sync()

    assert (result.conflicts, phone.pending(), phone.list()) == ([], 0, [])


@pytest.fixture
def conflict(phone, remote):
    """A record that was changed here and there; its id."""
    record_id = remote.create({"name": "both"})["id"]
    phone.sync()
    phone.put({**phone.get(record_id), "name": "phone"})
    remote.update(record_id, {"name": "remote"})
    return record_id


@pytest.mark.parametrize("winner", ["server", "client"])
def test_of_two_versions_one_wins_and_the_other_is_told(
    phone, remote, conflict, winner
):
    result = phone.sync(winner)

    (found,) = result.conflicts
    assert found.id == conflict
    assert (found.base["name"], found.local["name"], found.remote["name"]) == (
        "both", "phone", "remote",
    )  # fmt: skip
    assert phone.pending() == 0
    expected = {"server": "remote", "client": "phone"}[winner]
    assert phone.get(conflict)["name"] == expected
    assert remote.get(conflict) == phone.get(conflict)


def test_a_function_merges_two_versions(phone, remote, conflict):
    def merge(found):
        return {**found.remote, "name": found.local["name"] + found.remote["name"]}

    phone.sync(merge)

    assert remote.get(conflict)["name"] == "phoneremote"
    assert phone.get(conflict) == remote.get(conflict)


def test_a_function_may_delete(phone, remote, conflict):
    phone.sync(lambda _found: None)

    assert list(remote.list()) == phone.list() == []


def test_strategies_are_known(phone, conflict):
    with pytest.raises(ValueError, match="'mine'"):
        phone.sync("mine")


def test_the_default_is_the_servers_version(phone, conflict):
    phone.sync()

    assert phone.get(conflict)["name"] == "remote"


@pytest.mark.parametrize("winner", ["server", "client"])
def test_a_record_that_was_deleted_elsewhere(phone, remote, conflict, winner):
    remote.delete(conflict)

    (found,) = phone.sync(winner).conflicts

    assert found.remote.deleted
    names = [each["name"] for each in remote.list()]
    assert names == {"server": [], "client": ["phone"]}[winner]
    assert [each["name"] for each in phone.list()] == names


@pytest.mark.parametrize("winner", ["server", "client"])
def test_a_record_that_was_deleted_here(phone, remote, conflict, winner):
    phone.delete(conflict)

    (found,) = phone.sync(winner).conflicts

    assert found.local is None
    names = [each["name"] for each in remote.list()]
    assert names == {"server": ["remote"], "client": []}[winner]
    assert [each["name"] for each in phone.list()] == names


def test_the_same_change_on_both_sides_is_no_conflict(phone, remote, conflict):
    remote.update(conflict, {"name": "phone"})

    assert phone.sync().conflicts == []
    assert phone.get(conflict) == remote.get(conflict)


def test_two_devices_make_the_same_id(phone, laptop, remote):
    record_id = str(uuid.uuid4())
    phone.put({"id": record_id, "name": "phone"})
    laptop.put({"id": record_id, "name": "laptop"})
    phone.sync()

    (found,) = laptop.sync("client").conflicts

    assert found.base is None
    assert remote.get(record_id)["name"] == "laptop"


def test_what_is_changed_during_a_push_is_pushed_next(phone, remote):
    record = phone.put({"name": "first"})

    def change(number):
        if number == 0:
            phone.put({**record, "name": "second"})

    phone.network.fate = change
    phone.sync()

    assert remote.get(record["id"])["name"] == "first"
    assert phone.get(record["id"])["name"] == "second"
    phone.network.fate = lambda _: None
    assert phone.sync().conflicts == []
    assert remote.get(record["id"])["name"] == "second"


def test_what_is_changed_while_a_conflict_is_decided_meets_it_too(
    phone, remote, conflict
):
    remote.update(conflict, {"name": "remote"})

    def merge(found):
        phone.put({**found.local, "name": "later"})
        return {**found.remote, "name": "merged"}

    phone.sync(merge)
    assert remote.get(conflict)["name"] == "merged"
    assert phone.get(conflict)["name"] == "later"

    (found,) = phone.sync("client").conflicts
    assert (found.local["name"], found.remote["name"]) == ("later", "merged")


# --- Refusals ------------------------------------------------------------------------


def test_what_the_schema_refuses_stays_and_is_told(phone, remote):
    good = phone.put({"name": "Morel"})
    bad = phone.put({"name": 5 * ["a"]})

    result = phone.sync()

    (refused,) = result.refused
    assert (refused.id, refused.error.status) == (bad["id"], 400)
    assert contents(remote.list()) == [(good["id"], "Morel")]
    assert phone.get(bad["id"]) == bad
    assert phone.pending() == 1

    phone.put({**bad, "name": "Cep"})
    assert phone.sync().pushed == 1


def test_who_may_not_list_is_told_and_keeps_what_is_here(phone, remote):
    kept = phone.put({"name": "Morel"})
    phone.sync()
    refusal = httpx.Response(403, json={"errno": 121, "message": "Forbidden"})
    phone.network.fate = lambda _: refusal

    with pytest.raises(ProtocolError):
        phone.sync()

    assert contents(phone.list()) == [(kept["id"], "Morel")]


# --- Interruptions -------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["lost", "unsent"])
@pytest.mark.parametrize("change", ["create", "replace", "delete"])
@pytest.mark.parametrize("edited", [False, True], ids=["", "edited"])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "batch"])
def test_a_push_without_answer_is_pushed_again(
    phone, laptop, remote, fate, change, edited, alone
):
    """And what was changed here between the two is no conflict with oneself."""
    record = phone.put({"name": "first"})
    if change != "create":
        phone.sync()
    if change == "replace":
        phone.put({**phone.get(record["id"]), "name": "second"})
    elif change == "delete":
        phone.delete(record["id"])
    if not alone:
        phone.put({"name": "another"})
    phone.network.fate = lambda _: fate

    with pytest.raises(UnreachableError):
        phone.sync()
    if edited:
        phone.put({**record, "name": "third"})
    phone.network.fate = lambda _: None
    result = phone.sync()

    assert phone.pending() == 0
    laptop.sync()
    assert contents(laptop.list()) == contents(phone.list()) == contents(remote.list())
    if not (change == "delete" and edited):
        assert result.conflicts == []


def test_one_answer_that_is_lost_is_not_noticed(phone, remote):
    phone.put({"name": "a"})
    phone.put({"name": "b"})
    phone.network.fate = Cuts([None, "lost"])

    result = phone.sync()

    assert (result.pushed, result.conflicts) == (2, [])
    assert contents(remote.list()) == contents(phone.list())


class Crash(BaseException):
    """The process ends here."""


def test_a_pull_goes_on_where_it_ended(phone, remote):
    created = [remote.create({"name": f"{number}"}) for number in range(7)]

    def crash(number):
        # The hello page is the first request.
        if number == 2:
            remote.update(created[5]["id"], {"name": "changed meanwhile"})
        if number == 3:
            raise Crash

    phone.network.fate = crash
    with pytest.raises(Crash):
        phone.sync()
    assert len(phone.list()) == 6

    phone.network.fate = lambda _: None
    phone.network.sent.clear()
    phone.sync()
    assert "_token=" in phone.network.sent[0]
    phone.sync()
    assert contents(phone.list()) == contents(remote.list())


def test_a_page_that_is_no_longer_known_is_read_from_the_beginning(phone, remote):
    for number in range(7):
        remote.create({"name": f"{number}"})
    refusal = httpx.Response(400, json={"errno": 107})
    phone.network.fate = Cuts([None, None, refusal])

    assert phone.sync().pulled == 7
    assert contents(phone.list()) == contents(remote.list())


# --- Servers that forgot -------------------------------------------------------------


def test_a_server_whose_backup_was_restored(phone, remote, application):
    """Its timestamp went back: what it does not have any more is gone here too."""
    gone = remote.create({"name": "gone"})
    phone.sync()
    remote.delete(gone["id"])
    application.registry.storage.flush()
    application.registry.storage.create(
        "mushroom", phone_user(phone), {"name": "old", "last_modified": 12}
    )

    phone.sync()

    assert [each["name"] for each in phone.list()] == ["old"]


def phone_user(copy) -> str:
    """The user id of whoever uses a copy."""
    authorization = copy.network.requests[0].headers["Authorization"]
    response = httpx.Client(transport=copy.network).get(
        "http://localhost/v0/", headers={"Authorization": authorization}
    )
    user_id: str = response.json()["user"]["id"]
    return user_id


@pytest.mark.parametrize("answer", [
    httpx.Response(410, json={"errno": 123, "message": "Expired"}),
    httpx.Response(
        200, headers={"Horizon": '"99999999999999"', "ETag": '"99999999999999"'},
        json={"data": []},
    ),
], ids=["410", "horizon"])  # fmt: skip
def test_a_server_that_forgot_tombstones_is_read_as_a_whole(phone, remote, answer):
    gone, kept = remote.create({"name": "gone"}), remote.create({"name": "kept"})
    phone.sync()
    remote.delete(gone["id"])
    phone.network.fate = Cuts([answer])

    phone.sync()

    assert contents(phone.list()) == [(kept["id"], "kept")]


def test_the_end_of_the_service_is_told(phone, remote):
    remote.create({"name": "a"})
    phone.sync()
    ended = httpx.Response(410, json={"errno": 202, "message": "Farewell"})
    phone.network.fate = lambda _: ended

    with pytest.raises(ProtocolError, match="Farewell"):
        phone.sync()
    assert len(phone.list()) == 1


# --- Several collections, threads ----------------------------------------------------


def test_a_file_may_have_several_collections(client, tmp_path):
    path = tmp_path / "both.sqlite"
    with (
        client.collection("mushrooms").local(path) as mushrooms,
        client.collection("toadstools").local(path) as toadstools,
    ):
        mushrooms.put({"name": "Morel"})
        toadstools.put({"name": "Fly"})
        mushrooms.sync()

        assert [each["name"] for each in mushrooms.list()] == ["Morel"]
        assert (mushrooms.pending(), toadstools.pending()) == (0, 1)


def test_two_programs_may_use_one_file(make_copy, remote):
    first, second = make_copy("shared"), make_copy("shared")
    kept = first.put({"name": "Morel"})

    assert second.get(kept["id"]) == kept
    second.sync()
    assert first.pending() == 0
    assert first.sync().pushed == 0
    assert contents(first.list()) == contents(remote.list())
