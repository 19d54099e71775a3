"""How gunicorn runs the service: `python -m gunicorn --config service/gunicorn_conf.py`."""

import os
import shutil
import tempfile
from typing import Any

from service.settings import Settings, SettingsError

try:
    settings = Settings.from_environment(os.environ)
except SettingsError as error:
    raise SystemExit(str(error)) from None

wsgi_app = "service:create_app()"
bind = settings.bind
workers = settings.workers
threads = settings.threads

# Threads behind an intake. sync closes the connection after each answer and waits for every slow
# client; gthread does so too once there are as many of these as threads. Processes are the
# parallelism.
worker_class = "service.worker.Worker"

# Every worker loads the model itself: a fork with ONNX Runtime's threads in it can hang.
preload_app = False

# Longer than the idle time of common load balancers (60 s), so that they close first, and no
# request runs into a connection that is just being closed.
keepalive = 75
# After SIGTERM: no new connections, and this long for the requests that are under way.
graceful_timeout = settings.graceful_seconds

logger_class = "service.logs.Logger"
loglevel = settings.log_level
accesslog = "-"  # standard output
errorlog = "-"  # standard error

# By default gunicorn opens a socket in the home directory through which it takes commands.
control_socket_disable = True

# prometheus_client looks at this variable when it is imported: only after `on_starting`, therefore.
METRICS = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(_: Any) -> None:
    """Refuse to start without the model, and make an empty directory for the workers' metrics.

    What marked an earlier run as draining says nothing of this one. A model that is lost later on
    must not stop what serves, and a reload (SIGHUP) keeps what was counted: gunicorn calls this
    only once.
    """
    found = any(directory.is_dir() for directory in settings.model_directories)
    if not (settings.models.is_dir() and found):
        raise SystemExit(
            f'SENTIMENT_MODEL: received "{settings.model}"; there is no such directory in'
            f" {settings.models}. Train a model with `python -m training fit --output`."
        )
    if settings.drain_file:
        settings.drain_file.unlink(missing_ok=True)
    os.environ[METRICS] = tempfile.mkdtemp(prefix="sentiment-metrics-")


def child_exit(_: Any, worker: Any) -> None:
    """What a worker counted outlives it; what it was (its gauges) does not."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_: Any) -> None:
    """Remove the directory that `on_starting` made."""
    shutil.rmtree(os.environ.get(METRICS, ""), ignore_errors=True)
