"""The counter of files that a request crosses counts; its figures are no limits."""

import pytest

from tests.architecture import crossed

EVERYWHERE = {
    "authentication/__init__.py",
    "authorization/policy.py",
    "resource/user.py",
    "resource/model.py",
    "storage/base.py",
}


@pytest.fixture(scope="module")
def counted(engine, engine_url):
    with crossed.application(engine, engine_url) as app:
        yield crossed.measure(app)


def test_known_files_are_crossed(engine, counted):
    for name, row in counted.items():
        files = set(row.files)
        assert files >= EVERYWHERE, name
        own = (f"storage/{engine.id}/", "storage/sql.py")
        assert any(path.startswith(own) for path in files), name
        assert ("resource/shareable.py" in files) is (
            "shared" in name or "batch" in name
        )
        assert ("views/batch.py" in files) is ("batch" in name)
        assert not any(path.startswith("tests/") for path in files)


def test_figures_are_of_one_request(counted):
    for row in counted.values():
        assert len(row.files) <= row.functions <= row.calls
        assert row.changes < row.calls

    one, many = counted["PUT shared"], counted["batch of 25 PUT"]
    assert many.calls > 10 * one.calls


def test_what_is_not_ours_is_not_counted():
    def outside():
        return sorted({"b": 1, "a": 2}.items())

    assert crossed.count(outside) == ({}, 0, 0, 0)


def test_changes_of_file_look_through_libraries():
    from cliquet.text import merge_dicts, strip_whitespace

    inside = crossed.count(lambda: merge_dicts({}, {"a": {"b": 1}}))
    outside = crossed.count(lambda: list(map(strip_whitespace, ["a", "b"])))

    assert (inside.calls, inside.functions, inside.changes) == (2, 1, 0)
    assert (outside.calls, outside.changes) == (2, 0)


def test_the_table_has_a_line_for_each_request(counted):
    lines = crossed.table(counted).splitlines()

    assert len(lines) == 1 + len(counted)
    assert lines[0].split() == ["files", "functions", "calls", "changes", "of", "file"]


def test_it_is_a_program(capsys):
    crossed.main(["--engines", "memory", "--files", "GET"])

    printed = capsys.readouterr().out
    assert printed.startswith("memory\n")
    assert "resource/user.py" in printed
