"""The recipes of `config/production`, as they can be served here: without TLS, on free ports."""

import re
from pathlib import Path

PRODUCTION = Path(__file__).parents[2] / "config" / "production"


def escape(recipe):
    return recipe.replace("{", "{{").replace("}", "}}")


def adapt_nginx():
    """Return that of nginx, with the ports of an origin and of itself to be filled in."""
    recipe = (PRODUCTION / "nginx.conf").read_text()
    recipe = escape(re.sub(r"#.*|ssl_\w+ .*;", "", recipe))
    recipe = recipe.replace("proxy_read_timeout 60s", "proxy_read_timeout 1s")
    recipe, ports = re.subn(r"listen 443 ssl;", "listen 127.0.0.1:{port};", recipe)
    recipe, servers = re.subn(r"127\.0\.0\.1:8888", "127.0.0.1:{origin}", recipe)
    assert (ports, servers) == (1, 1)
    return recipe


def adapt_haproxy(timeout="1s", version="v0"):
    """Return that of HAProxy, likewise, for a version of the service's API."""
    recipe = escape((PRODUCTION / "haproxy.cfg").read_text())
    recipe = recipe.replace("timeout server 60s", f"timeout server {timeout}")
    for old, new in {
        "bind :443 ssl crt /etc/ssl/service.pem": "bind 127.0.0.1:{port}",
        "X-Forwarded-Proto https": "X-Forwarded-Proto http",
        "127.0.0.1:8888": "127.0.0.1:{origin}",
        "inter 2s": "inter 100",
        "uri /v1/": f"uri /{version}/",
    }.items():
        assert recipe.count(old) == 1
        recipe = recipe.replace(old, new)
    return recipe
