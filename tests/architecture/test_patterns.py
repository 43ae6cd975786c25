"""No regular expression takes more than a text is long, times a constant."""

import ast
import importlib
import itertools
import pkgutil
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cliquet

PACKAGE = Path(cliquet.__file__).parent
LENGTH = 10_000
#: What is linear takes some milliseconds, what is not some seconds.
SECONDS = 0.2

#: They make patterns of what applications and settings say, or run at start only.
MADE_BY_FUNCTIONS = {
    "scripts/blueprint.py", "scripts/project.py", "storage/generators.py",
    "storage/postgresql/schema.py",
}  # fmt: skip
#: They read names of settings, which nobody sends.
OF_OPERATORS = {"cliquet.settings.environment._PATTERN"}


def modules():
    for found in pkgutil.walk_packages([str(PACKAGE)], "cliquet."):
        if ".templates" not in found.name:
            yield importlib.import_module(found.name)


def patterns():
    """Find the patterns that modules and classes of the package keep."""
    found = {}
    for module in modules():
        for owner in [module, *filter(_is_class, vars(module).values())]:
            for name, value in vars(owner).items():
                if isinstance(value, re.Pattern):
                    found[value.pattern, value.flags] = (
                        f"{module.__name__}.{name}",
                        value,
                    )
    return sorted(found.values(), key=lambda item: item[0])


def _is_class(value):
    return isinstance(value, type) and value.__module__.startswith("cliquet.")


def alphabet(pattern):
    """Return characters that make a pattern go on, and some that do not."""
    text = pattern.pattern
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    literal = re.sub(r"\\[dDwWsSbBAZ]", "", text)
    wanted = dict.fromkeys(c for c in literal if c not in "^$*+?()[]|")
    return [
        *"0a /\\\"'",
        *itertools.islice((c for c in wanted if c not in "0a /\\\"'"), 4),
    ]


def inputs(pattern):
    """Return long texts of which a pattern may match much, and fail at the end."""
    characters = alphabet(pattern)
    units = [*characters, *map("".join, itertools.permutations(characters, 2))]
    for unit in units:
        text = unit * (LENGTH // len(unit))
        for odd in (text, f"{text}\x00", f"{characters[-1]}{text}\x00"):
            yield (
                odd
                if isinstance(pattern.pattern, str)
                else odd.encode("latin-1", "replace")
            )


def is_searched(name):
    """Return whether a pattern is looked for everywhere in a text, for all we know."""
    uses = re.compile(rf"(?<![\w.]){name}\b(?! *[:=][^=])(\.\w+)?")
    found = {
        use[1]
        for path in PACKAGE.rglob("*.py")
        for use in uses.finditer(path.read_text())
    }
    return not found <= {".match", ".fullmatch"}


def is_slow(pattern, searched):
    """Return whether a pattern takes long, for one of the texts."""
    for text in inputs(pattern):
        began = time.process_time()
        pattern.match(text)
        pattern.fullmatch(text)
        if searched:
            pattern.sub(text[:0], text)
        if time.process_time() - began > SECONDS:
            return True
    return False


def main():
    """Print the names of patterns that are slow, each as soon as it is known."""
    for name, pattern in patterns():
        if name in OF_OPERATORS:
            continue
        print(f"? {name}", flush=True)
        if is_slow(pattern, is_searched(name.rpartition(".")[2])):
            print(f"SLOW {name}", flush=True)


@pytest.mark.long
def test_all_patterns_are_linear():
    command = [sys.executable, "-m", "tests.architecture.test_patterns"]
    # What takes exponential time never ends: its name is the last line.
    run = subprocess.run(
        command,
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    lines = run.stdout.splitlines()
    assert len(lines) > 20
    assert [line for line in lines if line.startswith("SLOW")] == []


def test_what_is_not_linear_is_found():
    assert is_slow(re.compile(r"-?[0-9.]+[eE]\+?[0-9]+"), searched=True)


def test_patterns_are_kept_where_they_are_found():
    """A pattern inside of a function would not be looked at."""
    hidden = set()
    for path in PACKAGE.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(
                function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            ):
                continue
            for call in ast.walk(function):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and isinstance(call.func.value, ast.Name)
                    and call.func.value.id == "re"
                    and call.func.attr != "escape"
                ):
                    hidden.add(str(path.relative_to(PACKAGE)))

    assert hidden - MADE_BY_FUNCTIONS == set()


if __name__ == "__main__":
    main()
