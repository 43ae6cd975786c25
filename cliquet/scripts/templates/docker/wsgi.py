"""The application of production.ini, for servers that import it."""

import os

from pyramid.paster import get_app, setup_logging

_INI = os.environ.get("CLIQUET_INI", "production.ini")

setup_logging(_INI)
application = get_app(_INI)
