"""The command ``cliquet routes``: what an application serves."""

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED


def run(registry: Any) -> None:
    """Print methods, paths, permissions, and the settings that switch them off."""
    rows = [("METHOD", "PATH", "PERMISSION", "SWITCHED OFF BY")]
    for path, service in sorted(registry.cornice_services.items()):
        rows += _service_rows(path, service)
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[3]]).rstrip())


def _service_rows(path: str, service: Any) -> list[tuple[str, str, str, str]]:
    rows: dict[str, tuple[str, str, str, str]] = {}
    for method, _view, arguments in service.definitions:
        permission = str(arguments.get("permission") or "-")
        if permission == NO_PERMISSION_REQUIRED:
            permission = "(anybody)"
        switch = ""
        if hasattr(service, "resource_name"):
            endpoint = f"{service.type}_{service.resource_name}"
            switch = f"{endpoint}_{method.lower()}_enabled"
        rows.setdefault(method, (method, "/" + path.lstrip("/"), permission, switch))
    rows.pop("OPTIONS", None)
    return list(rows.values())
