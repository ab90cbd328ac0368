"""How gunicorn serves the portal: `gunicorn --config python:credits_portal.serving`.

A request under way is finished, whether the stop comes as SIGTERM or as the Ctrl-C that a terminal
sends to every process of the group; `manage.py portal` answers the latter with a SIGTERM.
"""

import signal

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

wsgi_app = "credits_portal.wsgi"
worker_class = "gthread"
threads = 8
keepalive = 5  # seconds
timeout = 60  # seconds without a sign of life from a worker
graceful_timeout = 25  # seconds for requests under way
max_requests = 20_000
max_requests_jitter = 2_000
loglevel = "warning"
# Access logs are the proxy's: here they would hold the tokens of secret links.
accesslog = None


def when_ready(_server: Arbiter) -> None:
    """Stop on SIGTERM alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def post_worker_init(_worker: Worker) -> None:
    """Stop on SIGTERM alone, in each worker too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
