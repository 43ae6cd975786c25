"""All mutants: the identifier of a clause, and what breaks it."""

import importlib
import pkgutil

import tests.conformance.mutants as package

MUTANTS = {
    clause: broken
    for module in pkgutil.iter_modules(package.__path__)
    if module.name != "table"
    for clause, broken in importlib.import_module(
        f"{package.__name__}.{module.name}"
    ).MUTANTS.items()
}
