"""The commands `export` and `import`: what comes is what left."""

import json
import os
from itertools import permutations
from threading import Thread
from types import SimpleNamespace

import pytest

from cliquet.scripts import exporting, importing
from cliquet.storage import transfer as storage_transfer
from tests.contract.backends import APP_ENGINES
from tests.scripts.registries import Registry, everything, fill, make_registries

NAMES = [engine.id for engine in APP_ENGINES]


@pytest.fixture(scope="module")
def backends(services, tmp_path_factory):
    return make_registries(services, tmp_path_factory.mktemp("moves"))


@pytest.fixture
def registries(backends):
    yield backends
    for registry in backends.values():
        registry.storage.flush()
        registry.permission.flush()


@pytest.mark.parametrize(("source", "target"), [*permutations(NAMES, 2)])
def test_what_is_exported_is_imported(
    registries, source, target, tmp_path, monkeypatch
):
    monkeypatch.setattr(importing, "_PAGE", 4)
    origin, copy = registries[source], registries[target]
    fill(origin)
    file = tmp_path / "all.jsonl"

    lines = exporting.export_to(origin, str(file))
    imported = importing.import_from(copy, str(file), resume=False)
    once = everything(copy)
    again = importing.import_from(copy, str(file), resume=False)

    collections, records, tombstones, horizons = 7, 6 + 7 + 7 + 1 + 2 + 1, 2, 3
    assert lines == imported == again
    assert lines == collections + records + tombstones + horizons + 2
    assert once == everything(copy) == everything(origin)


@pytest.mark.parametrize("target", NAMES)
def test_who_knows_what_was_replaced_reads_again(registries, target, tmp_path):
    """Nobody who polls from before the import misses what it brought."""
    origin, copy = registries["memory"], registries[target]
    if origin is copy:
        origin = Registry(APP_ENGINES[0], "")
    origin.storage.create("c", "p", {"id": "a", "last_modified": 10})
    file = tmp_path / "all.jsonl"
    exporting.export_to(origin, str(file))
    before = copy.storage.create("c", "p", {"id": "b", "last_modified": 20})

    importing.import_from(copy, str(file), resume=False)

    told = []
    listed, _ = copy.storage.get_all("c", "p", horizons=told)
    reached = copy.storage.collection_timestamp("c", "p")
    assert {record["id"] for record in listed} == {"a", "b"}
    assert told[0] > before["last_modified"]
    assert reached >= told[0]


@pytest.mark.parametrize("target", NAMES)
def test_what_is_there_is_replaced(registries, target, tmp_path):
    origin, copy = registries["memory"], registries[target]
    if origin is copy:
        origin = Registry(APP_ENGINES[0], "")
    for name in ("live", "dead"):
        origin.storage.create("c", "p", {"id": name, "last_modified": 10, "n": 1})
        copy.storage.create("c", "p", {"id": name, "last_modified": 5})
    origin.storage.delete("c", "p", "dead", last_modified=11)
    copy.storage.delete("c", "p", "live", last_modified=6)
    file = tmp_path / "all.jsonl"
    exporting.export_to(origin, str(file))

    importing.import_from(copy, str(file), resume=False)

    assert everything(copy) == everything(origin)
    assert copy.storage.get_all("c", "p")[1] == 1


@pytest.mark.parametrize("target", NAMES)
def test_a_collection_may_come_again(registries, target, tmp_path):
    """Of files that were put together, the last line of an id counts."""
    copy, file = registries[target], tmp_path / "all.jsonl"
    scope = {"type": "collection", "collection_id": "c", "parent_id": "p"}
    lines = []
    for at, ids in ((10, "ab"), (20, "bc")):
        lines.append({**scope, "timestamp": at})
        for name in ids:
            data = {"id": name, "last_modified": at, "n": at}
            lines.append({"type": "record", "data": data})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    importing.import_from(copy, str(file), resume=False)

    records, total = copy.storage.get_all("c", "p")
    assert {record["id"]: record["n"] for record in records} == {
        "a": 10,
        "b": 20,
        "c": 20,
    }
    assert total == 3
    assert copy.storage.collection_timestamp("c", "p") == 20


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_an_export_is_of_one_moment(registries, source, tmp_path):
    """Whatever is written while it is read is not there, of records and permissions."""
    registry = registries[source]
    fill(registry)
    before = everything(registry)
    dumped = registry.storage.dump

    def interrupted():
        for number, part in enumerate(dumped()):
            if number == 0:
                in_a_thread(lambda: change(registry))
            yield part

    registry.storage.dump = interrupted
    file = tmp_path / "all.jsonl"
    exporting.export_to(registry, str(file))
    del registry.storage.dump

    copy = registries["memory"]
    importing.import_from(copy, str(file), resume=False)
    assert everything(copy) == before
    assert everything(registry) != before


def change(registry):
    registry.storage.create("c", "zz", {"id": "later"})
    registry.storage.delete("c", "tied", "one")
    registry.storage.raise_horizon("c", "empty", 9)
    registry.permission.add_principal_to_ace("/c/later", "obj:del", "u")


def in_a_thread(do):
    thread = Thread(target=do)
    thread.start()
    thread.join()


@pytest.mark.parametrize("source", NAMES)
def test_what_is_written_while_it_is_read_comes_again(registries, source, monkeypatch):
    """Where there is no picture of one moment, none is missing in the end."""
    monkeypatch.setattr(storage_transfer, "PART", 2)
    storage = registries[source].storage
    for name in ("a", "b", "c"):
        storage.create("c", "p", {"id": name})

    parts = storage_transfer.Transfer.dump(storage)
    first = next(parts)
    storage.update("c", "p", "a", {"n": 1})
    storage.delete("c", "p", "b")
    rest = list(parts)

    entries = {}
    for part in (first, *rest):
        entries.update({entry.data["id"]: entry for entry in part.entries})
    assert {name: entry.is_live for name, entry in entries.items()} == {
        "a": True, "b": False, "c": True,
    }  # fmt: skip
    assert entries["a"].data["n"] == 1


@pytest.mark.parametrize("engine", [each.id for each in APP_ENGINES])
def test_records_that_look_deleted_are_exported_as_records(
    registries, engine, tmp_path
):
    storage = registries[engine].storage
    for name in ("live", "dead"):
        storage.update("c", "p", name, {"deleted": True})
    storage.delete("c", "p", "dead")

    exporting.export_to(registries[engine], str(tmp_path / "dump"))

    lines = map(json.loads, (tmp_path / "dump").read_text().splitlines())
    kinds = {line["data"]["id"]: line["type"] for line in lines if "data" in line}
    assert kinds == {"live": "record", "dead": "tombstone"}


class Account:
    """A resource with a field that is never shown."""

    class mapping:  # noqa: N801
        get_option = staticmethod({"writeonly_fields": ("password",)}.get)


def test_fields_that_are_never_shown_are_exported_if_it_is_said(
    registries, tmp_path, capsys
):
    registry, dump = registries["memory"], tmp_path / "dump"
    record = {"id": "a", "name": "alice", "password": "s3cret"}
    registry.storage.create("account", "p", dict(record))
    registry.cornice_services = {"accounts": SimpleNamespace(resource=Account)}

    exporting.export_to(registry, str(dump))
    assert "s3cret" not in dump.read_text()
    assert "alice" in dump.read_text()
    assert "records of account: password" in capsys.readouterr().err

    exporting.export_to(registry, str(dump), secrets=True)
    assert "s3cret" in dump.read_text()
    assert "Left out" not in capsys.readouterr().err


def test_what_is_exported_is_for_its_owner(registries, tmp_path):
    dump, other = tmp_path / "dump", tmp_path / "other"
    dump.symlink_to(other)
    (tmp_path / "dump.partial").symlink_to(other)
    other.write_text("untouched")
    other.chmod(0o644)

    exporting.export_to(registries["memory"], str(dump))

    assert not dump.is_symlink()
    assert dump.stat().st_mode & 0o777 == 0o600
    assert other.read_text() == "untouched"


def test_what_is_no_file_is_not_replaced_by_one(registries, tmp_path):
    registries["memory"].storage.create("c", "p", {"id": "r"})
    reader, writer = os.pipe()
    pipe = tmp_path / "pipe"
    pipe.symlink_to(f"/dev/fd/{writer}")

    lines = exporting.export_to(registries["memory"], str(pipe))

    os.close(writer)
    with os.fdopen(reader) as file:
        assert len(file.readlines()) == lines == 2
    assert pipe.is_symlink()


def test_an_export_that_fails_leaves_what_was_there(registries, tmp_path, monkeypatch):
    dump = tmp_path / "dump"
    dump.write_text("of yesterday")
    monkeypatch.setattr(registries["memory"].storage, "scopes", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        exporting.export_to(registries["memory"], str(dump))

    assert [path.name for path in tmp_path.iterdir() if "dump" in path.name] == ["dump"]
    assert dump.read_text() == "of yesterday"


def test_an_import_that_stopped_goes_on(registries, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "_PAGE", 10)
    origin, copy = registries["memory"], registries["sqlite"]
    for number in range(35):
        origin.storage.create("c", "p", {"id": f"r{number}"})
    file = tmp_path / "all.jsonl"
    exporting.export_to(origin, str(file))
    whole = file.read_text()
    lines = whole.splitlines()
    file.write_text("\n".join([*lines[:25], '{"type": "rec', *lines[26:]]))

    with pytest.raises(SystemExit, match=r"line 26.*up to line 20"):
        importing.import_from(copy, str(file), resume=False)
    file.write_text(whole)
    with pytest.raises(SystemExit, match="imported in part"):
        importing.import_from(copy, str(file), resume=False)
    importing.import_from(copy, str(file), resume=True)

    assert everything(copy) == everything(origin)
    assert not file.with_name("all.jsonl.imported").exists()


@pytest.mark.parametrize(
    "line", ['{"type": "record", "data": {"id": "a"}}', '{"type": "x"}', "{}", "[]"]
)
def test_lines_that_cannot_be_imported_are_named(registries, tmp_path, line):
    file = tmp_path / "all.jsonl"
    file.write_text(line + "\n")

    with pytest.raises(SystemExit, match="line 1"):
        importing.import_from(registries["memory"], str(file), resume=False)

    assert list(registries["memory"].storage.scopes()) == []
