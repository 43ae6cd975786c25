"""The application of an ini file, for servers that import it (gunicorn, granian).

CLIQUET_INI names the file; logging is set up as it says.
"""

import os

from pyramid.paster import get_app, setup_logging

_INI = os.environ["CLIQUET_INI"]
setup_logging(_INI)
application = get_app(_INI)
