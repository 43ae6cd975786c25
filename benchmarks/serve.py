"""Which application do servers serve? That of the environment, ready made.

``waitress`` is started by this module, ``gunicorn`` imports `application` from it.
"""

import json
import logging
import os
import sys
import warnings

from benchmarks.startup import build

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
#: Name, engine and URL. The tables are there: several workers would all make them.
application = build(*json.loads(os.environ["BENCH_APPLICATION"]), install=False).wsgi

if __name__ == "__main__":
    import waitress

    _, port, threads = sys.argv
    waitress.serve(application, host="127.0.0.1", port=int(port), threads=int(threads))
