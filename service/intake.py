"""gunicorn's threaded worker with an intake: a thread is given only to a request that is whole.

The worker's main thread collects the bytes of all connections, so that a client that sends slowly
holds no thread. Predictions then wait in line for the threads that compute. What costs next to
nothing (probes, metrics, refusals) does not stand in that line: it has threads of its own.
"""

import socket
import struct
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from operator import attrgetter
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from sentiment import memory
from service import arrival
from service.arrival import Arrival
from service.draining import Draining
from service.incoming import Incoming
from service.settings import Settings
from service.together import Together

# From the first byte of a request to its last; then the connection is closed.
RECEIVE_SECONDS = 60
# Of requests that are not whole yet, all together, or one largest request where that is more. Past
# it the connections go that have had the most time.
COLLECTED_BYTES = 64 * 1024 * 1024
# A request of fewer bytes is not counted among them.
_COUNTED_BYTES = 64 * 1024
# From our last byte to the client's, so that it can read our answer before the connection is gone.
LINGER_SECONDS = 2
# How long a thread that reads or writes waits for a client that does nothing.
STALL_SECONDS = 10
SIDE_THREADS = 4
BLOCK_BYTES = 256 * 1024


class Intake(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker behind an intake. Only `handle` runs in other threads."""

    pending_conns: deque[Any]  # the first to time out first

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what the intake cannot do; called before the first worker starts."""
        if cfg.is_ssl:
            raise SystemExit("certfile: the service speaks no TLS; end it in a proxy before it.")

    def init_process(self) -> None:
        """Prepare the process, and run it; called after the fork, before the model is loaded."""
        memory.separate_large_blocks()
        self._side = ThreadPoolExecutor(SIDE_THREADS)
        self._refusing = ThreadPoolExecutor(SIDE_THREADS)
        self._leaving: deque[Any] = deque()  # connections whose last answer is sent
        self._held = 0  # predictions that wait or are computed
        super().init_process()

    def run(self) -> None:
        """Serve. The application is loaded by now, and its settings hold here too."""
        self._settings: Settings = self.wsgi.extensions["settings"]
        self._together: Together = self.wsgi.extensions["together"]
        self._draining: Draining = self.wsgi.extensions["draining"]
        super().run()

    def enqueue_req(self, conn: Any) -> None:
        """Receive what a connection has to offer, and pass the request on once it is whole."""
        conn.incoming = Incoming(max_body=self._settings.max_body_bytes)
        if conn.initialized:
            conn.incoming.feed(conn.parser.unreader.take_buffered())
        else:
            stall = struct.pack("ll", STALL_SECONDS, 0)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
        conn.sock.setblocking(False)
        if self._receive(conn):
            self._pass_on(conn)
        else:
            conn.timeout = time.monotonic() + RECEIVE_SECONDS
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self._receive_more, conn))
            self._limit_collected(conn)

    def handle(self, conn: Any) -> Any:
        """Answer the request of a connection."""
        arrival.current.set(conn.arrival)
        with self._together.request() if conn.held else nullcontext():
            return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer it, and close the connection after that where this process drains."""
        if self._draining.begun:
            req.force_close()
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Called when `handle` has returned."""
        self._held -= conn.held
        if conn.held and fs.cancelled():
            self._together.forget()
        if not fs.cancelled() and (fs.exception() or fs.result()):
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    def murder_pending(self) -> None:
        """Close the connections that have had their time."""
        super().murder_pending()
        while self._leaving and self._leaving[0].timeout <= time.monotonic():
            self._close(self._leaving[0], self._leaving)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close by then, at the end, kept connections, and those on which nothing has come."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            if not conn.incoming.received:
                conn.timeout = min(conn.timeout, deadline)
        self.pending_conns = deque(sorted(self.pending_conns, key=attrgetter("timeout")))

    def _leave(self, conn: Any) -> None:
        """End a connection as RFC 9112 (9.6) has it. gunicorn would wait here for the client."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:  # the client is gone
            self.nr_conns -= 1
            conn.close()
            return
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self._leaving.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._forget_more, conn))

    def _forget_more(self, conn: Any, _: Any) -> None:
        with suppress(BlockingIOError):
            try:
                if conn.sock.recv(BLOCK_BYTES):
                    return
            except ConnectionError:
                pass
            self._close(conn, self._leaving)

    def _close(self, conn: Any, among: "deque[Any]") -> None:
        among.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _receive_more(self, conn: Any, _: Any) -> None:
        if conn.sock.fileno() < 0:  # closed for another one, of which we heard in the same turn
            return
        if self._receive(conn):
            self.poller.unregister(conn.sock)
            self.pending_conns.remove(conn)
            self._pass_on(conn)
        else:
            self._limit_collected(conn)

    def _limit_collected(self, last: Any) -> None:
        """Close the oldest connections while too much of requests is here that are not whole.

        Args:
            last: the connection on which the last bytes came.
        """
        if len(last.incoming.received) <= _COUNTED_BYTES:
            return
        most = max(COLLECTED_BYTES, self._settings.max_body_bytes)
        large = [
            conn for conn in self.pending_conns if len(conn.incoming.received) > _COUNTED_BYTES
        ]
        collected = sum(len(conn.incoming.received) for conn in large)
        for conn in large:
            if collected <= most:
                break
            collected -= len(conn.incoming.received)
            self._close(conn, self.pending_conns)

    def _receive(self, conn: Any) -> bool:
        """Read what has come; return whether nothing more is waited for."""
        incoming: Incoming = conn.incoming
        try:
            while not incoming.whole:
                block = conn.sock.recv(BLOCK_BYTES)
                if not block:
                    return True
                incoming.feed(block)
                if incoming.wants_continue():
                    conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        except BlockingIOError:
            return False
        except OSError:  # the client is gone
            incoming.received.clear()
        return True

    def _pass_on(self, conn: Any) -> None:
        """Give a request to the threads that it belongs to."""
        incoming: Incoming = conn.incoming
        if not incoming.received:
            self.nr_conns -= 1
            conn.close()
            return
        refused = incoming.too_large
        predicts = incoming.predicts and not refused
        crowded = predicts and self._held >= self._settings.max_concurrent_requests
        conn.held = predicts and not crowded
        conn.arrival = Arrival(crowded=crowded)
        conn.init()
        conn.parser.unreader.unread(bytes(incoming.received))
        del conn.incoming
        self._held += conn.held
        if conn.held:
            self._together.expect()
        pool = self.tpool if conn.held else self._refusing if refused else self._side
        future = pool.submit(self.handle, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )
