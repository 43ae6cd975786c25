"""Where the description is found: `/__api__`, and `/__docs__` as a page.

Both are made when they are first asked for.
"""

import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound, HTTPNotModified
from pyramid.interfaces import IRoutesMapper
from pyramid.response import Response as PyramidResponse
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from cliquet import serialization
from cliquet.description.page import FILE_HEADERS, PAGE_HEADERS, Page
from cliquet.dotted import MissingLibraryError, require
from cliquet.protocol import DOCUMENTATION
from cliquet.protocol.freshness import IMMUTABLE, REVALIDATED
from cliquet.service import Service
from cliquet.settings import get_setting
from cliquet.types import Registry, Request, Response

Change = Callable[[dict[str, Any]], None]

SETTING = "api_description_enabled"
_LIBRARY = "apispec"

description = Service(
    name="api_description",
    path="/__api__",
    description="Description of the service (OpenAPI 3.1)",
)
docs = Service(
    name="api_docs",
    path="/__docs__",
    description="Page to read the description, and to try it",
)
_FILES = "api_docs_files"


class Description:
    """The description of an application, and what the application adds to it.

    Args:
        registry: Of the application.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._changes: list[Change] = []
        self._document: dict[str, Any] | None = None
        self._written: dict[str, tuple[bytes, str]] = {}

    def add(self, change: Change) -> None:
        """Have a function change the document when it is built."""
        self._changes.append(change)
        self._document = None
        self._written = {}

    def document(self) -> dict[str, Any]:
        """Return the document, built once the application is complete.

        Raises:
            ModuleNotFoundError: The library that it is built with is missing.
        """
        if self._document is None:
            # It is optional, and takes time to be imported.
            from cliquet.description.document import build  # noqa: PLC0415

            document = build(self._registry)
            for change in self._changes:
                change(document)
            self._document = document
        return self._document

    def written(self, mount_point: str) -> tuple[bytes, str]:
        """Return the document as JSON, and its entity tag.

        Args:
            mount_point: Path that the application is mounted at; the last one is kept.
        """
        if mount_point not in self._written:
            document = self.document()
            servers = [
                {**each, "url": mount_point + each["url"]}
                if str(each.get("url")).startswith("/")
                else each
                for each in document.get("servers", ())
            ]
            text = serialization.dumps({**document, "servers": servers}).encode()
            self._written = {mount_point: (text, _tag_of(text))}
        return self._written[mount_point]


def _tag_of(text: bytes) -> str:
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def why_missing(registry: Registry) -> str | None:
    """Return why an application is not described, None if it is."""
    if not asbool(get_setting(registry.settings, SETTING)):
        return f"The description is switched off: setting '{SETTING}'."
    try:
        require(find_spec(_LIBRARY), _LIBRARY, "The description", "openapi")
    except MissingLibraryError as error:
        return str(error)
    return None


def find_page(registry: Any) -> str | None:
    """Return the path of the page, None if an application has none.

    Args:
        registry: Of any application of Pyramid.
    """
    mapper = registry.queryUtility(IRoutesMapper)
    route = mapper.get_route(docs.name) if mapper else None
    return f"/{route.pattern.lstrip('/')}" if route else None


def prepare_description(config: Configurator) -> None:
    """Let an application add to its description, whether or not it is served."""
    config.registry.api_description = Description(config.registry)
    config.add_directive("add_api_description", add_api_description, action_wrap=False)


def add_api_description(config: Configurator, change: Change) -> None:
    """Have a function change the document when it is built (a directive).

    Args:
        config: The configurator.
        change: Called with the document, which it changes.
    """
    config.registry.api_description.add(change)


def setup_description(config: Configurator) -> None:
    """Serve the description, unless it is switched off or cannot be built."""
    if why_missing(config.registry) is not None:
        return
    config.add_cornice_service(description)
    config.registry.api_docs = Page(config.get_settings())
    config.add_cornice_service(docs)
    config.add_route(_FILES, "/__docs__/{name}")
    config.add_view(
        get_file,
        route_name=_FILES,
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
    )
    if asbool(get_setting(config.get_settings(), "announce_capabilities")):
        config.add_api_capability(
            "openapi",
            description="OpenAPI describes all endpoints at /__api__.",
            url=DOCUMENTATION + "openapi.html",
        )


@description.get(permission=NO_PERMISSION_REQUIRED)
def get_description(request: Request) -> Response:
    """Return the document, the same for everybody; caches ask whether it changed."""
    written: Description = vars(request.registry)["api_description"]
    text, tag = written.written(request.environ.get("SCRIPT_NAME", ""))
    return _respond(request, text, tag, "application/json")


@docs.get(permission=NO_PERMISSION_REQUIRED)
def get_docs(request: Request) -> Response:
    """Return the page, likewise."""
    page: Page = vars(request.registry)["api_docs"]
    response = _respond(request, page.written, _tag_of(page.written), "text/html")
    response.headers.update(PAGE_HEADERS)
    return response


def get_file(request: Request) -> Response:
    """Return a file of the page, which never changes: its name says what is in it.

    Raises:
        HTTPNotFound: There is none of that name, here and now.
    """
    page: Page = vars(request.registry)["api_docs"]
    asset = page.assets.get(request.matchdict["name"])
    if asset is None:
        raise HTTPNotFound
    response: Response = PyramidResponse(
        body=asset.body, content_type=asset.content_type, charset="UTF-8"
    )
    response.headers.update({**FILE_HEADERS, "Cache-Control": IMMUTABLE})
    return response


def _respond(request: Request, text: bytes, tag: str, content_type: str) -> Response:
    """Return a text, unless the client has it."""
    response: Any = request.response
    sent = request.headers.get("If-None-Match", "")
    if tag in sent or sent.strip() == "*":
        response = HTTPNotModified()
    else:
        response.body = text
        response.content_type = content_type
        response.charset = "UTF-8"
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = REVALIDATED
    found: Response = response
    return found
