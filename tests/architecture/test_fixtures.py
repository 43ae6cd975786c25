"""Fixtures of a session are those of the tests that use them."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_who_has_other_engines_has_their_urls():
    # `engine_url` of the session is that of the `engine` of the session: in a module
    # whose `engine` is another one, it is that of whatever test came before.
    found = []
    for path in TESTS.rglob("test_*.py"):
        functions = [
            each
            for each in ast.walk(ast.parse(path.read_text()))
            if isinstance(each, ast.FunctionDef)
        ]
        names = {each.name for each in functions}
        taken = {each.arg for function in functions for each in function.args.args}
        if "engine" in names and "engine_url" in taken - names:
            found.append(path.name)

    assert found == []
