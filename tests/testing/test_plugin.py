"""The fixtures that tests of services get, in a project of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.examples import blocks_of
from tests.docs.test_readme import code_blocks

pytestmark = pytest.mark.long

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
SHOP = (Path(__file__).parent / "shop.py").read_text()
SHOP_TESTS = (Path(__file__).parent / "shop_tests.py").read_text()
PATH = ROOT / "docs" / "testing.rst"
PAGE = PATH.read_text()
HOWTO = ROOT / "docs" / "howto" / "own-engine.rst"
OPTIONS = """
[pytest]
cliquet_main = shop:main
"""


def run(pytester, *options):
    """Run the tests of a project in a process of their own."""
    given = [] if "--help" in options else ["-p", "no:cacheprovider"]
    plugin = ["-p", "pytest_cliquet", "-p", "no:xdist"]
    return pytester.runpytest_subprocess(*plugin, *given, *options)


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    pytester.makeini(OPTIONS)
    pytester.makepyfile(shop=SHOP, test_shop=SHOP_TESTS)
    return pytester


def test_a_project_passes_on_every_engine(project):
    result = run(project, "--cliquet-engine", "all")

    count = SHOP_TESTS.count("\ndef test_")
    result.assert_outcomes(passed=4 * count)


def test_the_page_on_testing_is_true(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    service, *tests = code_blocks(PAGE, "python")
    pytester.makeini(code_blocks(PAGE, "ini")[0])
    pytester.makepyfile(garden=service, test_garden="\n\n".join(tests))

    result = run(pytester, "--cliquet-engine", "memory,sqlite")

    result.assert_outcomes(passed=2 * "".join(tests).count("def test_"))


def test_the_contract_on_the_page_is_that_of_the_how_to_which_runs():
    def texts(page):
        return {
            block.text for block in blocks_of(page) if block.file.startswith("test_")
        }

    assert texts(PATH) == texts(HOWTO) != set()


def test_without_the_option_it_is_the_memory_engine(project):
    result = run(project, "-v", "-k", "whose")

    result.assert_outcomes(passed=1, deselected=SHOP_TESTS.count("\ndef test_") - 1)
    assert "[" not in result.stdout.str().partition("test_flush")[2].split()[0]


def test_engines_that_there_are_not_are_refused(project):
    result = run(project, "--cliquet-engine", "memory,oracle")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*oracle is none of all, memory, sqlite,*"])


def test_who_names_no_application_is_told_how(project):
    project.makeini("[pytest]\n")

    result = run(project, "-k", "whose")

    result.stdout.fnmatch_lines(["*cliquet_main = package:main*"])


def test_fixtures_of_projects_win(project):
    project.makeconftest(
        """
        import pytest
        import shop

        @pytest.fixture(scope="session")
        def cliquet_main():
            return lambda settings: shop.main({}, **settings)

        @pytest.fixture(scope="session")
        def cliquet_settings():
            return {"paginate_by": 7}

        @pytest.fixture
        def as_user():
            return "mine"
        """
    )
    project.makeini("[pytest]\n")
    project.makepyfile(
        test_shop="""
        def test_it(as_user, cliquet_application):
            assert as_user == "mine"
            assert cliquet_application.registry.settings["paginate_by"] == 7
        """
    )

    run(project).assert_outcomes(passed=1)


def test_settings_of_a_file_give_way_to_those_of_tests(project):
    project.makefile(
        ".ini",
        service="[app:main]\nuse = call:shop:main\ncliquet.storage_backend = "
        "cliquet.storage.nowhere\npaginate_by = 3\n",
    )
    project.makeini(OPTIONS + "cliquet_ini = service.ini\n")
    project.makepyfile(
        test_shop="""
        def test_it(cliquet_application):
            settings = cliquet_application.registry.settings
            assert settings["storage_backend"] == "cliquet.storage.memory"
            assert settings["paginate_by"] in (3, "3")
        """
    )

    run(project).assert_outcomes(passed=1)


def test_who_does_not_use_it_does_not_import_cliquet(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(
        """
        import sys

        def test_it():
            heavy = {"cliquet", "pyramid", "webtest", "colander", "redis"}
            assert not heavy & sys.modules.keys()
        """
    )

    run(pytester).assert_outcomes(passed=1)


def test_no_header_makes_a_user_of_tests():
    """What carries it is a key of the environ that no server fills from a request."""
    from cliquet.testing.users import KEY

    assert "." in KEY
    assert not KEY.startswith("HTTP_")


def test_applications_know_nothing_of_it():
    """Importing what a service runs on never imports what presents users."""
    code = (
        "import sys, warnings; warnings.simplefilter('ignore'); import cliquet; "
        "import cliquet.authorization.policy, cliquet.resource, cliquet.scripts; "
        "print([m for m in sys.modules if m.startswith('cliquet.testing')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"
