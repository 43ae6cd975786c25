"""What functions remember is bounded in size, not only in number.

Whoever sends a hundred long texts must not fill the memory with them: a cache of a
function is listed here, with what its arguments are.
"""

import ast
from pathlib import Path

import cliquet

PACKAGE = Path(cliquet.__file__).parent

#: Where arguments are no texts of clients, or short ones.
REMEMBERED = {
    "engines/overrides.py _takes_keyword": "functions of backends",
    "engines/sql/driver.py _compile_once": "statements of 4,000 characters at most",
    "engines/sql/driver.py _dialect": "names of drivers",
    "engines/sql/driver.py _row_class": "columns of our statements",
    "framework/cors.py _policy_of_no_service": "settings",
    "nodes/reading.py _is_usual": "classes of schemas",
    "protocol/end_of_life.py parse_date": "settings",
    "protocol/end_of_life.py write_sunset": "settings",
    "resource/responses.py _http_date": "numbers of seconds",
    "settings/mistakes.py _find_typo": "settings",
    "storage/matching.py folded_characters": "nothing",
}


def caches(path):
    """Yield the names of what a module remembers by its arguments."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "cache" in ast.unparse(each) for each in node.decorator_list
        ):
            yield node.name
        if isinstance(node, ast.Assign) and "lru_cache(" in ast.unparse(node.value):
            yield ast.unparse(node.targets[0])


def test_what_functions_remember_is_bounded():
    found = {
        f"{path.relative_to(PACKAGE).as_posix()} {name}"
        for path in PACKAGE.rglob("*.py")
        for name in caches(path)
    }

    assert found == set(REMEMBERED)
