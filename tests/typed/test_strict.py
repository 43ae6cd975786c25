"""Applications pass mypy strict and pyright strict, without a word of configuration."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import FunctionType

import pytest
from webtest import TestApp

from cliquet.resource.registration import ViewSetOptions
from cliquet.resource.viewset import ShareableViewSet, ViewSet
from tests.scripts.projects import ROOT, Project
from tests.typed.checkers import Checkers

HERE = Path(__file__).parent


@pytest.fixture
def checkers(tmp_path):
    for each in ("library", "mistakes.py"):
        if (HERE / each).is_dir():
            shutil.copytree(HERE / each, tmp_path / each)
        else:
            shutil.copy(HERE / each, tmp_path)
    return Checkers(tmp_path)


@pytest.mark.long
def test_an_application_is_right(checkers):
    text = "".join(path.read_text() for path in (HERE / "library").glob("*.py"))

    assert not re.search(r"type: *ignore|pyright: *\w|cast\(", text)
    assert checkers.run_mypy("library") == []
    assert checkers.run_pyright("library") == []


@pytest.mark.long
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_mistakes_are_found_where_they_are(checkers, checker):
    """Otherwise all would be right because nothing was known."""
    lines = (HERE / "mistakes.py").read_text().splitlines()
    expected = {
        f"mistakes.py:{number}"
        for number, line in enumerate(lines, 1)
        if line.endswith("# wrong")
    }

    found = getattr(checkers, f"run_{checker}")("mistakes.py")

    assert len(expected) > 10
    assert {place for place, _ in found} == expected, found


@pytest.mark.long
def test_what_init_makes_is_right(tmp_path):
    made = Project(tmp_path, engine="postgresql", auth="jwt")
    made.borrow_environment()
    checkers = Checkers(made.path)

    assert checkers.run_mypy(made.name) == []
    assert checkers.run_pyright(made.name) == []


@pytest.mark.long
def test_the_shop_of_the_tutorial_is_right(tmp_path):
    shutil.copytree(ROOT / "docs" / "tutorial" / "shop" / "shop", tmp_path / "shop")
    checkers = Checkers(tmp_path)

    assert checkers.run_mypy("shop") == []
    assert checkers.run_pyright("shop") == []


@pytest.mark.long
def test_what_is_no_python_is_installed(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps",
         "--wheel-dir", tmp_path, ROOT], check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("cliquet-*.whl")

    installed = set(zipfile.ZipFile(wheel).namelist())

    stubs = {str(path.relative_to(ROOT)) for path in ROOT.glob("*-stubs/**/*.*")}
    assert len(stubs) > 10
    assert {"cliquet/py.typed", *stubs} <= installed
    folder = ROOT / "cliquet/description/files"
    page = {str(path.relative_to(ROOT)) for path in folder.rglob("*") if path.is_file()}
    assert len(page) > 8
    assert page <= installed


def test_options_of_register_are_those_of_viewsets():
    attributes = {
        name
        for each in (ViewSet, ShareableViewSet)
        for name, value in vars(each).items()
        if not name.startswith("_")
        and not isinstance(value, FunctionType | staticmethod)
    }

    assert attributes - set(ViewSetOptions.__annotations__) == set()


def test_stubs_name_what_there_is():
    """A name that a library has lost, or never had, is not promised."""
    for path in ROOT.glob("*-stubs/**/*.pyi"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = module.replace("-stubs", "").removesuffix(".__init__")
        names = re.findall(
            r"^(?:class|def) ([A-Za-z]\w+)", path.read_text(), re.MULTILINE
        )
        library = pytest.importorskip(module)
        assert [name for name in names if not hasattr(library, name)] == []


# --- it runs, too -----------------------------------------------------------------


@pytest.fixture
def app(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    import library

    yield TestApp(library.main({}), extra_environ={"HTTP_X_CARD": "1234"})
    for name in [name for name in sys.modules if name.split(".")[0] == "library"]:
        del sys.modules[name]


def test_the_application_does_what_it_says(app):
    shelf = app.post_json("/v1/shelves", {"data": {"name": " Poetry "}}).json["data"]
    books = f"/v1/shelves/{shelf['id']}/books"
    data = {"title": "leaves", "isbn": "9780140421996", "authors": ["Whitman"]}
    book = app.post_json(books, {"data": data}).json["data"]
    path = f"{books}/{book['id']}"

    assert shelf["name"] == "Poetry"
    assert re.fullmatch("[a-z]{8}", book["id"])
    assert book["initial"] == "L"
    changed = app.patch_json(path, {"data": {"title": "grass"}}).json["data"]
    assert (changed["initial"], changed["version"]) == ("G", 1)
    app.patch_json(path, {"data": {"isbn": "9780140421997"}}, status=409)
    assert app.get(f"{books}?min_version=1").json["count"] == 1
    app.delete(f"/v1/shelves/{shelf['id']}", status=403)

    app.get(f"{path}/loan", status=404)
    far = {"data": {"until": "2999-01-01"}}
    told = app.put_json(f"{path}/loan", far, status=400).json["message"]
    assert "A month at most" in told
    soon = {"data": {"until": "2020-01-01"}}
    lent = app.put_json(f"{path}/loan", soon).json["data"]
    assert lent["reader"] == "card:1234"
    assert app.get(f"{path}/loan").json["data"]["title"] == "grass"
    assert len(app.delete(f"{path}/loan").json["data"]) == 1

    assert app.get("/v1/opening").json == {"hours": "9-17"}
    assert app.get("/v1/rares").headers["X-Archive"] == "closed"
    assert "loans" in app.get("/v1/").json["capabilities"]
