"""Errors in Sentry (settings `sentry_dsn`, `sentry_env`).

They are those that are logged. The request id and the user id go with them; bodies,
cookies and credentials do not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sentry_sdk
from pyramid.config import Configurator
from sentry_sdk.integrations.logging import LoggingIntegration

from cliquet.monitoring.instruments import Instrument, method_name
from cliquet.settings import get_setting
from cliquet.types import Request, Response


class Sentry(Instrument):
    """A scope for each request."""

    @contextmanager
    def request(self, request: Request) -> Iterator[Callable[[Response], None]]:
        """Set the request that errors belong to."""
        with sentry_sdk.isolation_scope() as scope:
            identifier = getattr(request, "request_id", None)
            if identifier:
                scope.set_tag("request_id", identifier)
            scope.set_tag("method", method_name(request))
            scope.add_event_processor(lambda event, hint: _name_user(event, request))
            yield lambda response: None


def _name_user(event: Any, request: Request) -> Any:
    # Known once the request was authenticated: asking must not authenticate it.
    user = getattr(request, "prefixed_userid", None)
    if user:
        event["user"] = {"id": user}
    return event


def load_from_config(config: Configurator) -> Sentry:
    """Start the client of Sentry, and return the instrument."""
    settings = config.get_settings()
    sentry_sdk.init(
        dsn=get_setting(settings, "sentry_dsn"),
        environment=get_setting(settings, "sentry_env") or None,
        integrations=[LoggingIntegration()],
        auto_enabling_integrations=False,
        max_request_body_size="never",
        include_local_variables=False,
    )
    return Sentry()
