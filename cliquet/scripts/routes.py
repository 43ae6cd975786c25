"""What does an application serve? (``cliquet routes``)"""

from typing import Any

_SWITCH = "{type}_{name}_{method}_enabled"


def run(registry: Any) -> None:
    """Print methods, paths, permissions, and the settings that switch them off."""
    rows = [("METHOD", "PATH", "PERMISSION", "SWITCHED OFF BY")]
    services = registry.cornice_services
    for path in sorted(services):
        rows += _service_rows(path, services[path])
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[3]]).rstrip())


def _service_rows(path: str, service: Any) -> list[tuple[str, str, str, str]]:
    rows = []
    seen = set()
    for method, _view, arguments in service.definitions:
        if method in seen or method == "OPTIONS":
            continue
        seen.add(method)
        permission = arguments.get("permission") or "-"
        if permission == "__no_permission_required__":
            permission = "(anybody)"
        rows.append(
            (method, "/" + path.lstrip("/"), str(permission), _switch(service, method))
        )
    return rows


def _switch(service: Any, method: str) -> str:
    viewset = getattr(service, "viewset", None)
    if viewset is None:
        return ""
    name = viewset.get_name(service.resource)
    return _SWITCH.format(type=service.type, name=name, method=method.lower())
