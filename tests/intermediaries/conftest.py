"""Origins, proxies in front of them, and a browser; all end with their test."""

from contextlib import ExitStack

import pytest

from tests.intermediaries.origin import Origin
from tests.intermediaries.proxies import Nginx, Varnish


@pytest.fixture
def started():
    """Keep what a test starts, to end it in the reverse order."""
    with ExitStack() as stack:

        def keep(server):
            stack.callback(server.close)
            return server

        yield keep


@pytest.fixture
def serve(started):
    """Start origins, by their settings."""
    return lambda **settings: started(Origin(**settings))


def _nginx(directives):
    return lambda origin: Nginx(origin, directives=f"proxy_cache service; {directives}")


CACHES = {
    "nginx": _nginx(""),
    "nginx-revalidate": _nginx("proxy_cache_revalidate on;"),
    "nginx-any": _nginx("proxy_cache_valid any 1m;"),
    "varnish": Varnish,
}


@pytest.fixture(
    params=[
        pytest.param(
            name,
            marks=pytest.mark.intermediaries(
                "varnishd" if name == "varnish" else "nginx"
            ),
        )
        for name in CACHES
    ]
)
def put_cache(request, started):
    """Put each of the caches in front of an origin."""
    return lambda origin: started(CACHES[request.param](origin.port))


@pytest.fixture(scope="session")
def chromium():
    from tests.intermediaries.browser import Chromium

    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture
def site(started):
    """Pages on other origins than that of the service."""
    from tests.intermediaries.browser import Site

    return started(Site())


@pytest.fixture
def page(chromium, site, started):
    """A page of another site than the service, in a browser that has kept nothing."""
    opened, profile = chromium.open()
    started(profile)
    opened.go(site.at("app.localhost"))
    return opened
