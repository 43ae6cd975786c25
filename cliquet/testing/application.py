"""The application under test: made once for an engine, emptied after each test."""

from collections.abc import Callable, Mapping
from typing import Any

from cliquet.testing.engines import KINDS
from cliquet.testing.users import present_users

#: `main(settings)`: what `cliquet_main` returns.
Builder = Callable[[dict[str, Any]], Any]


class Application:
    """A WSGI application, and what tests need of it.

    Attributes:
        wsgi: The application.
        policies: Names of its authentication policies.
    """

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi
        for backend in self._backends():
            backend.initialize_schema()
        self.flush()
        self.policies = present_users(self.registry)

    @property
    def registry(self) -> Any:
        """The registry of Pyramid."""
        return self.wsgi.registry

    @property
    def prefix(self) -> str:
        """The path of its version."""
        major = self.registry.settings["http_api_version"].partition(".")[0]
        return f"/v{major}"

    def flush(self) -> None:
        """Forget what is stored."""
        for backend in self._backends():
            backend.flush()

    def _backends(self) -> list[Any]:
        found = (getattr(self.registry, kind, None) for kind in KINDS)
        return [each for each in found if each is not None]


def load_main(path: str) -> Builder:
    """Return what builds an application, from `package:main`.

    `main` is called as by PasteDeploy: a configuration, then settings by name.
    """
    from pyramid.path import DottedNameResolver

    main = DottedNameResolver().resolve(path)
    return lambda settings: main({}, **settings)


def read_settings(ini: str) -> dict[str, Any]:
    """Return the settings of the section `app:main` of a file."""
    from pyramid.paster import get_appsettings

    return dict(get_appsettings(ini))


def merge_settings(found: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings, over which others win whatever prefix they have."""
    kept = {
        name: value
        for name, value in found.items()
        if not {name, name.partition(".")[2]} & own.keys()
    }
    return {**kept, **own}
