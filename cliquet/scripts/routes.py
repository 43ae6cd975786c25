"""The command ``cliquet routes``: what an application serves, and to whom."""

from typing import Any

from cliquet.authorization.granting import listed_principals
from cliquet.authorization.needed import needed
from cliquet.authorization.policy import PRIVATE
from cliquet.declarations.services import SNAPSHOT
from cliquet.resource.snapshot import find_collection

_HEAD = ("METHOD", "PATH", "PERMISSION", "GRANTED BY", "SWITCHED OFF BY")


def run(registry: Any) -> None:
    """Print methods, paths, permissions, and the settings that decide about them."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for path, service in sorted(registry.cornice_services.items()):
        is_snapshot = getattr(service, "type", None) == SNAPSHOT
        if is_snapshot and find_collection(registry, path) is None:
            continue
        rows += _service_rows(registry, path, service)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _service_rows(registry: Any, path: str, service: Any) -> list[tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for method, _view, arguments in service.definitions:
        need = needed(registry, service, method, arguments)
        switch = ""
        if hasattr(service, "resource_name"):
            endpoint = f"{service.type}_{service.resource_name}"
            switch = f"{endpoint}_{method.lower()}_enabled"
        permission = " or ".join(need.permissions)
        granting = _granting(registry.settings, need)
        row = (method, "/" + path.lstrip("/"), permission, granting, switch)
        rows.setdefault(method, row)
    rows.pop("OPTIONS", None)
    return list(rows.values())


def _granting(settings: Any, need: Any) -> str:
    """Return the settings that grant a permission, with principals if they have any."""
    if need.permissions == (PRIVATE,):
        return "(any user)"
    told = []
    for name in need.settings:
        resource_name, _, permission = name.removesuffix("_principals").rpartition("_")
        principals = listed_principals(settings, resource_name, permission)
        told.append(f"{name}={','.join(principals)}" if principals else name)
    return " ".join(told)
