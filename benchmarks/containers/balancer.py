"""nginx before replicas of the service, told of each one as Kubernetes tells its proxies.

nginx itself never asks `/readyz`. A thread does, as the kubelet does, and gives nginx the list of
those that are ready. nginx sends each request once: what a replica loses is lost.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from benchmarks.containers.engine import Container, EngineError
from benchmarks.load import free_port

# As the Deployment's readiness probe, but oftener: the hook's ten seconds leave room for both.
LOOK_SECONDS = 0.25
TIMEOUT_SECONDS = 2
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream sentiment {{
    {servers}
    keepalive 16;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://sentiment;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream off;
    }}
  }}
}}
"""


class Balancer:
    """nginx on a port of this machine, from `with` to its end; begin it with a ready replica."""

    def __init__(self, *replicas: Container) -> None:
        """Send to these replicas, while they are ready."""
        self.port = free_port()
        self._replicas = list(replicas)
        self._ready: list[str] = []
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor()  # one that is gone must not hold up the others

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        os.chmod(self._folder.name, 0o755)
        self._look(reload=False)
        folder = self._folder.name
        command = ["/usr/sbin/nginx", "-c", f"{folder}/nginx.conf", "-p", folder]
        self._nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        until = time.monotonic() + 10
        while not Path(self._folder.name, "pid").exists():
            if time.monotonic() > until or self._nginx.poll() is not None:
                self.__exit__()
                raise EngineError("nginx did not start")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._watcher.join()
        self._nginx.terminate()
        self._nginx.wait()
        self._pool.shutdown()
        self._folder.cleanup()

    def add(self, replica: Container) -> None:
        """Send to one more, once it is ready."""
        with self._changing:
            self._replicas.append(replica)

    def remove(self, replica: Container) -> None:
        """One is gone for good."""
        with self._changing:
            self._replicas.remove(replica)

    @contextmanager
    def unaware(self) -> Iterator[None]:
        """Hear of no change for as long as this lasts."""
        with self._changing:
            yield

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self._look(reload=True)

    def _look(self, *, reload: bool) -> None:
        with self._changing:
            answers = self._pool.map(_is_ready, self._replicas)
            pairs = zip(self._replicas, answers, strict=True)
            ready = [one.address for one, yes in pairs if yes]
            # With none ready it goes on as before, rather than refuse everything.
            if not ready or ready == self._ready:
                return
            self._ready = ready
            servers = "\n    ".join(f"server {address} max_fails=0;" for address in ready)
            text = CONFIGURATION.format(folder=self._folder.name, port=self.port, servers=servers)
            Path(self._folder.name, "nginx.conf").write_text(text)
            if reload:
                self._nginx.send_signal(signal.SIGHUP)


def _is_ready(replica: Container) -> bool:
    return replica.get("/readyz", timeout=TIMEOUT_SECONDS)[0] == 200
