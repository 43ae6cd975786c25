"""The command ``cliquet conformance``, as it is called."""

import argparse
import json
import subprocess
import sys

import pytest

from cliquet.conformance import clauses, starter
from cliquet.conformance.probe import Probe
from cliquet.conformance.server import UnreachableError, find_server
from cliquet.scripts import conformance
from tests.conformance.profiles import broken_server

pytestmark = pytest.mark.long


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cliquet.scripts.cliquet",
         "conformance", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_teaches():
    answer = command("--help")

    assert answer.returncode == 0
    for word in ("mandatory", "repaired", "http", "strict", "exit codes", "--start",
                 "--html", "--json", "--clause", "--collection", "notes", "examples"):  # fmt: skip
        assert word in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "URL of a server, or --start"),
        (["http://127.0.0.1:1/", "--start"], "URL of a server, or --start"),
        (["http://127.0.0.1:1/"], "http://127.0.0.1:1/"),
        (["--start", "none.ini"], "no such file: none.ini"),
        (
            ["http://127.0.0.1:1/", "--thorough"],
            "--thorough is for servers that are started",
        ),
        (["--start", "--clause", "PRE-999"], "no such clause: PRE-999"),
        (["--start", "--set", "odd"], "--set takes NAME=VALUE"),
        (["--start", "--set", "paginate_by=odd"], "paginate_by"),
        (["http://127.0.0.1:1/", "--collection", "odd=x"], "private, shared, public"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_2_and_said(arguments, said):
    answer = command(*arguments)

    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_server_is_started_checked_and_reported_on(tmp_path):
    paths = tmp_path / "report.json", tmp_path / "report.html"

    answer = command("--start", "--clause", "HELLO", "--clause", "PRE-7", "--set",
                     "project_name=a server", "--json", paths[0], "--html", paths[1])  # fmt: skip

    assert answer.returncode == 0, answer.stdout + answer.stderr
    found = json.loads(paths[0].read_text())
    assert "PRE-7" in [each["id"] for each in found["clauses"]]
    assert found["subject"] == "the sample by waitress with project_name"
    assert "Conforms" in paths[1].read_text()


def test_each_setting_that_clauses_are_about_is_tried(tmp_path):
    chosen = (
        "STRICT-8",
        "STRICT-15",
        "RO-1",
        "EOS-1",
        "EOS-2",
        "CORS-9",
        "LIST-25",
        "BEAT-2",
    )
    options = [each for name in chosen for each in ("--clause", name)]

    answer = command("--start", "--thorough", "--json", tmp_path / "report", *options)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    found = json.loads((tmp_path / "report").read_text())["clauses"]
    assert {each["id"]: each["verdict"] for each in found} == dict.fromkeys(
        chosen, "passed"
    )


def test_a_service_of_ones_own_is_checked_with_its_names(tmp_path):
    """Three resources of other names, in a file of their own."""
    source = starter.resources.files("cliquet.conformance").joinpath("sample")
    text = source.joinpath("service.py").read_text()
    for old, new in (("Note(", "Memo("), ("Article(", "Post("), ("Page(", "Leaf(")):
        text = text.replace(f"class {old}", f"class {new}")
    (tmp_path / "own.py").write_text(text)
    ini = source.joinpath("service.ini").read_text().replace("service:main", "own:main")
    ini = ini.replace("cliquet.article_", "cliquet.post_").replace(
        "cliquet.page_", "cliquet.leaf_"
    )
    ini = "\n".join(line for line in ini.splitlines() if "version_json" not in line)
    (tmp_path / "own.ini").write_text(ini)

    answer = command(
        "--start", tmp_path / "own.ini", "--clause", "PERM-1", "--clause", "REC-12",
        "--collection", "private=memos", "--collection", "shared=posts",
        "--collection", "public=leafs",
    )  # fmt: skip

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_names_that_need_no_extra_are_those_of_the_kit():
    assert conformance._LEVELS == clauses.LEVELS
    assert conformance._SERVERS == starter.SERVERS
    parser = argparse.ArgumentParser()
    conformance.add_options(parser.add_subparsers().add_parser)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
def test_what_is_no_service_is_said(body):
    import httpx

    def answer(request):
        return httpx.Response(200, content=body)

    with pytest.raises(UnreachableError):
        find_server("http://a.example/", transport=httpx.MockTransport(answer))


def test_records_of_users_who_are_given_are_kept(capsys, monkeypatch):
    from cliquet.conformance import command as module

    made = broken_server("default", None)

    def find(*args, **options):
        # The command closes what it has found.
        return broken_server("default", None, users=(made.alice, made.bob))

    monkeypatch.setattr(module, "find_server", find)
    probe = Probe(made)
    note = probe.note()
    asked = {
        "url": "http://service.example/", "user": "alice:x", "other": None, "start": None,
        "settings": [], "collection": [], "feature": [], "origin": None, "json_file": None,
        "html_file": None, "level": "strict", "clause": ["HELLO-1"], "server": "waitress", "thorough": False,
    }  # fmt: skip

    assert conformance.run(**asked, erase=False) == 2
    assert "alice has records in /notes" in capsys.readouterr().err
    assert probe.alice.get(note.path).status_code == 200

    assert conformance.run(**asked, erase=True) == 0
    assert probe.alice.get(note.path).status_code == 404
