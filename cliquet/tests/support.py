"""Classes that tests of applications are built from."""

import os
import threading
import unittest
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from pyramid.authorization import Authenticated, Everyone
from pyramid.interfaces import IAuthorizationPolicy
from zope.interface import implementer

from cliquet import DEFAULT_SETTINGS, utils
from cliquet.dotted import naming_the_extra
from cliquet.framework.requests import ValidationErrors
from cliquet.storage import generators
from cliquet.tests.testapp import main as testapp

with naming_the_extra("'cliquet.tests.support'", "tests"):
    import webtest

__all__ = [
    "DEFAULT_SETTINGS",
    "USER_PRINCIPAL",
    "AllowAuthorizationPolicy",
    "BaseWebTest",
    "DummyRequest",
    "FormattedErrorMixin",
    "ThreadMixin",
    "authorize",
    "get_request_class",
    "skip_if_no_postgresql",
    "skip_if_travis",
    "testapp",
    "unittest",
]

USER_PRINCIPAL = (
    "basicauth:9f2d363f98418b13253d6d7193fc88690302ab0ae21295521f6029dffe9dc3b0"
)

skip_if_travis = unittest.skipIf("TRAVIS" in os.environ, "does not run on Travis")
skip_if_no_postgresql = unittest.skipIf(
    utils.sqlalchemy is None, "SQLAlchemy is not installed"
)


class DummyRequest(mock.MagicMock):
    """A request for resources that are called without HTTP.

    What Cliquet reads of requests and keeps on them is real; any other attribute is a
    mock.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upath_info = "/v0/"
        self.registry = mock.MagicMock(settings={**DEFAULT_SETTINGS})
        self.registry.id_generator = generators.UUID4()
        self.bound_data: dict[str, Any] = {}
        self.GET: dict[str, Any] = {}
        self.headers: dict[str, Any] = {}
        self.errors = ValidationErrors(request=self)
        self.authenticated_userid = "bob"
        self.authn_type = "basicauth"
        self.prefixed_userid = "basicauth:bob"
        self.json: dict[str, Any] = {}
        self.validated: dict[str, Any] = {}
        self.matchdict: dict[str, Any] = {}
        self.response = mock.MagicMock(headers={})

        def route_url(*args: Any, **kwargs: Any) -> str:
            return "http://localhost/v0/?" + urlencode(kwargs.get("_query") or {})

        self.route_url = route_url

    def _get_child_mock(self, /, **kwargs: Any) -> mock.MagicMock:
        return mock.MagicMock(**kwargs)

    def follow_subrequest(self, subrequest: Any, **kwargs: Any) -> Any:
        """Follow a subrequest, as requests of an application do."""
        return utils.follow_subrequest(self, subrequest, **kwargs)


def get_request_class(prefix: str | None) -> type:
    """Return a request class whose paths get a version prefix."""

    class PrefixedRequestClass(webtest.app.TestRequest):
        @classmethod
        def blank(cls, path: str, *args: Any, **kwargs: Any) -> Any:
            if prefix:
                path = f"/{prefix}{path}"
            return webtest.app.TestRequest.blank(path, *args, **kwargs)

    return PrefixedRequestClass


class FormattedErrorMixin:
    """Check the errors of the protocol."""

    def assertFormattedError(  # noqa: N802 -- named like those of unittest
        self,
        response: Any,
        code: int,
        errno: Any,
        error: Any,
        message: str | None = None,
        info: str | None = None,
    ) -> None:
        """Check each part of an error response."""
        body = response.json
        assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
        assert body["code"] == code
        assert body["errno"] == getattr(errno, "value", errno)
        assert body["error"] == getattr(error, "value", error)
        for key, expected in (("message", message), ("info", info)):
            if expected is None:
                assert key not in body
            else:
                assert expected in body[key]


@implementer(IAuthorizationPolicy)
class AllowAuthorizationPolicy:
    """Policy that opens shareable resources to all, the others to known users."""

    def permits(self, context: Any, principals: Any, permission: str) -> bool:
        """Return whether one of the principals is good enough."""
        if permission == "private":
            return Authenticated in principals
        if Everyone in principals:
            return True
        prefixed = getattr(context, "prefixed_userid", None)
        return USER_PRINCIPAL in [*principals, prefixed]

    def principals_allowed_by_permission(self, context: Any, permission: str) -> Any:
        """Not supported, as by the policy it stands for."""
        raise NotImplementedError


def authorize(
    permits: bool = True, authz_class: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of tests during which a policy always decides the same."""
    policy = authz_class or "cliquet.tests.support.AllowAuthorizationPolicy"

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with mock.patch(f"{policy}.permits") as mocked:
                mocked.return_value = permits
                return function(*args, **kwargs)

        return wrapped

    return decorate


class BaseWebTest:
    """The sample application behind WebTest; to be combined with `TestCase`."""

    api_prefix = "v0"
    authorization_policy = "cliquet.tests.support.AllowAuthorizationPolicy"
    collection_url = "/mushrooms"
    principal = USER_PRINCIPAL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = self.make_app()
        self.storage = self.app.app.registry.storage
        self.cache = self.app.app.registry.cache
        self.permission = self.app.app.registry.permission
        self.headers = {
            "Content-Type": "application/json",
            "Authorization": "Basic bWF0OjE=",
        }

    def make_app(
        self, settings: Mapping[str, Any] | None = None, config: Any = None
    ) -> webtest.TestApp:
        """Build the application; a configurator has its own settings."""
        app = webtest.TestApp(testapp(self.get_app_settings(settings), config=config))
        app.RequestClass = get_request_class(self.api_prefix)
        return app

    def get_app_settings(
        self, additional_settings: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the settings of the sample application, and the additional ones."""
        settings: dict[str, Any] = {
            **DEFAULT_SETTINGS,
            "storage_backend": "cliquet.storage.redis",
            "cache_backend": "cliquet.cache.redis",
            "permission_backend": "cliquet.permission.redis",
            "project_name": "myapp",
            "project_version": "0.0.1",
            "project_docs": "https://cliquet.rtfd.org/",
            "multiauth.authorization_policy": self.authorization_policy,
        }
        return {**settings, **(additional_settings or {})}

    def get_item_url(self, id: str | None = None) -> str:
        """Return the URL of a record, by default of `self.record`."""
        return f"{self.collection_url}/{id or self.record['id']}"  # type: ignore[attr-defined]

    def tearDown(self) -> None:
        """Forget what the test stored."""
        super().tearDown()  # type: ignore[misc]
        self.storage.flush()
        self.cache.flush()
        self.permission.flush()


class ThreadMixin:
    """Threads that are waited for when the test ends."""

    def setUp(self) -> None:
        """Start without threads."""
        super().setUp()  # type: ignore[misc]
        self._threads: list[threading.Thread] = []

    def tearDown(self) -> None:
        """Wait for all threads."""
        super().tearDown()  # type: ignore[misc]
        for thread in self._threads:
            thread.join()

    def _create_thread(self, *args: Any, **kwargs: Any) -> threading.Thread:
        thread = threading.Thread(*args, **kwargs)
        self._threads.append(thread)
        return thread
