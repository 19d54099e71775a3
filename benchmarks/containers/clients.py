"""Clients that send one request after the other, and count what becomes of each."""

import http.client
import threading
from collections import Counter
from contextlib import closing
from typing import Self

BODY = b'{"text": "The food was great, but I would not go back: the service ruined it."}'
HEADERS = {"Content-Type": "application/json"}


class Clients:
    """So many clients, each with a new connection for each request, from `with` to its end.

    A reset, a refused connection or a time-out is counted by its name, an answer by its status.
    """

    def __init__(self, port: int, clients: int = 8) -> None:
        """Clients of a port of this machine."""
        self._port = port
        self._stopping = threading.Event()
        self._counted = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._send) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        """Requests that got a prediction."""
        return self.outcomes["200"]

    @property
    def lost(self) -> int:
        """Requests that got anything else."""
        return self.outcomes.total() - self.answered

    def _send(self) -> None:
        while not self._stopping.is_set():
            outcome = self._request()
            with self._counted:
                self.outcomes[outcome] += 1

    def _request(self) -> str:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as one:
                one.request("POST", "/v1/predict", BODY, HEADERS)
                response = one.getresponse()
                response.read()
                return str(response.status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
