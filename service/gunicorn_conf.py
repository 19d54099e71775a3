"""How gunicorn runs the service: `python -m gunicorn --config service/gunicorn_conf.py`."""

import os

from service.settings import Settings, SettingsError

try:
    settings = Settings.from_environment(os.environ)
except SettingsError as error:
    raise SystemExit(str(error)) from None

wsgi_app = "service:create_app()"
bind = settings.bind
workers = settings.workers
threads = settings.threads

# gthread and not sync: sync closes the connection after each answer, and lets one slow client
# hold a whole worker. Processes are the parallelism; a second thread waits for slow clients.
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
