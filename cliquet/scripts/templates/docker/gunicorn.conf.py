"""How gunicorn serves: it reads this file where it is started."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8888")
workers = int(os.environ.get("WORKERS", "{{workers}}"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
# Requests in flight end within this time when the service is stopped.
graceful_timeout = 30
# A Next-Page may be longer than what gunicorn accepts by itself.
limit_request_line = 8190
limit_request_field_size = 8190
