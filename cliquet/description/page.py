"""The page that shows the description: files of this package, and nothing else.

Swagger UI draws it (`files/swagger-ui`, as it is published; docs: openapi-page). URLs
are relative: they hold behind any host, scheme and mount point, known to us or not.
"""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from cliquet.types import reify

_FOLDER = "__docs__"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_NAMES = (
    "swagger-ui/swagger-ui.css",
    "page.css",
    "swagger-ui/swagger-ui-bundle.js",
    "page.js",
)
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Arrows, in the style of the viewer.
    "img-src": "data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
FILE_HEADERS = {"X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    **FILE_HEADERS,
    "Content-Security-Policy": "; ".join(map(" ".join, _POLICY.items())),
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Asset:
    """A file that the page loads; its name says what is in it.

    Attributes:
        name: In its URL: another content has another one.
        content_type: Without charset, which is UTF-8.
        body: What is in it.
    """

    name: str
    content_type: str
    body: bytes

    @classmethod
    def read(cls, file: Traversable) -> "Asset":
        """Read a file of the package."""
        body = file.read_bytes()
        stem, dot, ending = file.name.rpartition(".")
        name = f"{stem}.{hashlib.sha256(body).hexdigest()[:16]}.{ending}"
        return cls(name, _TYPES[dot + ending], body)


class Page:
    """The page of an application.

    Args:
        settings: Of the application.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._title = str(settings["project_name"] or "API")

    @reify
    def _by_file(self) -> dict[str, Asset]:
        files = resources.files(__package__).joinpath("files")
        return {name: Asset.read(files.joinpath(name)) for name in _NAMES}

    @reify
    def assets(self) -> dict[str, Asset]:
        """The files that it loads, by the names in their URLs."""
        return {asset.name: asset for asset in self._by_file.values()}

    @reify
    def written(self) -> bytes:
        """The page itself."""
        files = resources.files(__package__).joinpath("files")
        template = Template(files.joinpath("page.html").read_text("utf-8"))
        urls = {
            file.rpartition("/")[2].translate(_AS_VARIABLE): f"{_FOLDER}/{asset.name}"
            for file, asset in self._by_file.items()
        }
        return template.substitute(urls, title=html.escape(self._title)).encode()


_AS_VARIABLE = str.maketrans("-.", "__")
