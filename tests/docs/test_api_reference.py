"""Every public name of the package is in the API reference.

Which names are public is said in ``docs/api/index.rst``: those of 3.1, those that what
we show imports, and what the modules of the reference offer besides.
"""

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from cliquet.resource import hooks
from tests.compat.test_names import NAMES
from tests.docs.examples import blocks_of

ROOT = Path(__file__).parents[2]
TEXTS = {path: path.read_text() for path in sorted((ROOT / "docs/api").glob("*.rst"))}

MODULE = re.compile(r"^\.\. (?:py:|current)module:: ([\w.]+)$")
NAME = re.compile(
    r"^ *\.\. (?:auto\w+|py:(?:class|data|function|attribute))::? ([\w.]+)"
)

#: What applications reach by these modules, and is somebody else's.
FOREIGN = {"warnings", "unittest", "newrelic", "ProfilerMiddleware"}

#: The page tells of all engines at once that they have `load_from_config`; the package
#: imports a module of its own before all others.
TOLD_OTHERWISE = {
    *(
        f"cliquet.{kind}.{engine}.{name}"
        for kind in ("storage", "cache", "permission")
        for engine in ("memory", "sqlite", "postgresql", "redis")
        for name in ("load_from_config", "create_from_config", "wrap_redis_error")
    ),
    "cliquet.needed_quietly",
}


def documented():
    """Return the full names that the reference has, and whether code describes them."""
    names = {}
    for text in TEXTS.values():
        current = ""
        for line in text.splitlines():
            if found := MODULE.match(line):
                current = found[1]
            elif (found := NAME.match(line)) and not line.startswith("    "):
                known = found[1].startswith("cliquet.")
                full = found[1] if known else f"{current}.{found[1]}"
                names[full] = ".. auto" in line
    return names


DOCUMENTED = documented()
MODULES = sorted(
    {
        found[1]
        for text in TEXTS.values()
        for found in map(MODULE.match, text.splitlines())
        if found
    }
)


def find(full):
    """Return what a full name names, and its module."""
    parts = full.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(full)


#: What is documented under another path is the same object.
OBJECTS = [
    found for found in map(find, DOCUMENTED) if not isinstance(found, str | int | float)
]


def is_documented(module, name):
    full = f"{module}.{name}"
    if full in DOCUMENTED or full in MODULES or full in TOLD_OTHERWISE:
        return True
    found = getattr(importlib.import_module(module), name)
    if isinstance(found, ModuleType):
        return found.__name__ in MODULES or found.__name__ == "cliquet.serialization"
    return any(found is each for each in OBJECTS)


def missing(names):
    return sorted(
        f"{module}.{name}"
        for module, name in names
        if name not in FOREIGN and not is_documented(module, name)
    )


def test_names_of_the_reference_exist():
    assert len(DOCUMENTED) > 200

    for full in DOCUMENTED:
        find(full)


def test_names_of_3_1_are_in_the_reference():
    promised = [(module, name) for module in NAMES for name in NAMES[module].split()]
    ours = [
        (module, name)
        for module, name in promised
        if not module.startswith(("cliquet.tests.testapp", "cliquet.tests.testplugin"))
    ]

    assert missing(ours) == []


def shown():
    """Yield the sources that show how applications use the package."""
    for path in sorted((ROOT / "docs").rglob("*.rst")):
        if "_build" not in path.parts:
            yield from (
                block.text for block in blocks_of(path) if block.language == "python"
            )
    for pattern in (
        "config/*.py",
        "cliquet/scripts/templates/**/*.py",
        "docs/tutorial/**/*.py",
    ):
        for path in sorted(ROOT.glob(pattern)):
            yield path.read_text()


def imported(source):
    """Yield what a source imports from the package: modules, and names."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # Templates with places to fill in.
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] == "cliquet"
        ):
            yield from ((node.module, each.name) for each in node.names)
    # `cliquet.Service`, of `import cliquet`.
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("cliquet", "resource")
        ):
            module = "cliquet" if node.value.id == "cliquet" else "cliquet.resource"
            if hasattr(importlib.import_module(module), node.attr):
                yield module, node.attr


def test_names_that_we_show_are_in_the_reference():
    names = {each for source in shown() for each in imported(source)}

    assert ("cliquet.resource", "register") in names
    assert missing(names) == []


def offered(module):
    """Return the public names of a module: its own, and those it re-exports.

    What has no other name for it is told by ``__all__``, else by ``import … as …`` with
    the name repeated; imports without are for the module itself.
    """
    found = importlib.import_module(module)
    if hasattr(found, "__all__"):
        return set(found.__all__)
    names = set()
    for node in ast.parse(inspect.getsource(found)).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=imports) | ast.Import(names=imports):
                names |= {each.name for each in imports if each.asname == each.name}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("module", MODULES)
def test_what_modules_of_the_reference_offer_is_in_it(module):
    assert missing((module, name) for name in offered(module)) == []


def test_every_hook_is_in_the_reference():
    public = {
        name
        for name, value in vars(hooks.Hooks).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    methods = {
        full.rpartition(".")[2]
        for full in DOCUMENTED
        if full.startswith("cliquet.resource.UserResource.")
    }

    assert public - {"implied_filters"} <= methods


def test_everything_says_what_it_is():
    undocumented = [
        full
        for full, is_described_there in DOCUMENTED.items()
        if is_described_there
        and (inspect.isclass(found := find(full)) or inspect.isroutine(found))
        and not inspect.getdoc(found)
    ]

    assert undocumented == []
