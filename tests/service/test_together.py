"""Requests under way at once share runs of the network, and none waits for nobody."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from service.together import SHARED_TOKENS, Together

PATIENCE = 10


class Network:
    """A classifier whose answer to a row is its sum; it remembers what it was asked at once."""

    def __init__(self) -> None:
        self.runs: list[list[list[int]]] = []
        self.error: Exception | None = None

    def answers(self, rows, *, before_batch=None):
        if before_batch:
            before_batch()
        self.runs.append([list(row) for row in rows])
        if self.error:
            raise self.error
        return np.array([[float(sum(row))] for row in rows])


class Request(threading.Thread):
    """A request in a thread of its own, that says when it is about to reach the network."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.answer: object = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._work()
        except Exception as error:
            self.answer = error

    def outcome(self) -> object:
        self.join(PATIENCE)
        assert not self.is_alive(), "it still waits"
        return self.answer


def asks(
    together: Together, network: Network, rows: list[list[int]], check=lambda: None
) -> Request:
    def work() -> object:
        with together.request():
            return together.answers(network, rows, before_batch=check).tolist()

    return Request(work)


def patient(threads: int) -> Together:
    return Together(threads, patience=PATIENCE)


def waits_too_long(together: Together, network: Network, rows: list[list[int]]) -> Request:
    """A request that waits for another one, and whose time has passed since."""
    passed = threading.Event()

    def in_time() -> None:
        if passed.is_set():
            raise TimeoutError

    waiting = asks(together, network, rows, check=in_time)
    while not together._waiting:
        time.sleep(0.001)
    passed.set()
    return waiting


@pytest.fixture
def network() -> Network:
    return Network()


def test_alone_nobody_waits(network):
    together = patient(threads=4)
    together.expect()
    assert asks(together, network, [[1, 2]]).outcome() == [[3.0]]


def test_without_an_intake_nobody_waits(network):
    assert patient(threads=4).answers(network, [[1]], before_batch=lambda: None) == [[1.0]]


def test_the_last_to_come_runs_the_network_for_all(network):
    together = patient(threads=4)
    for _ in range(3):
        together.expect()
    first = asks(together, network, [[1], [2]])
    second = asks(together, network, [[3]])
    time.sleep(0.05)
    assert network.runs == []  # a third one is on its way
    third = asks(together, network, [[4, 5]])
    assert first.outcome() == [[1.0], [2.0]]
    assert second.outcome() == [[3.0]]
    assert third.outcome() == [[9.0]]
    assert sorted(map(sorted, network.runs)) == [[[1], [2], [3], [4, 5]]]


def test_all_threads_waiting_wait_no_longer(network):
    """Others are in line, but no thread is left that could bring them here."""
    together = patient(threads=2)
    for _ in range(5):
        together.expect()
    requests = [asks(together, network, [[n]]) for n in range(2)]
    assert [request.outcome() for request in requests] == [[[0.0]], [[1.0]]]


def test_who_turns_back_is_not_waited_for(network):
    together = patient(threads=4)
    together.expect()
    together.expect()
    waiting = asks(together, network, [[7]])

    def refused() -> None:
        with together.request():
            raise ValueError("not JSON")

    assert isinstance(Request(refused).outcome(), ValueError)
    assert waiting.outcome() == [[7.0]]


def test_who_never_came_is_not_waited_for(network):
    together = patient(threads=4)
    together.expect()
    together.expect()
    waiting = asks(together, network, [[7]])
    together.forget()
    assert waiting.outcome() == [[7.0]]


def test_a_large_request_runs_by_itself_and_holds_nobody_up(network):
    together = patient(threads=2)
    for _ in range(3):
        together.expect()
    small = asks(together, network, [[1]])
    large = asks(together, network, [[1] * (SHARED_TOKENS + 1)])
    assert small.outcome() == [[1.0]]
    assert large.outcome() == [[SHARED_TOKENS + 1.0]]
    assert sorted(len(run[0]) for run in network.runs) == [1, SHARED_TOKENS + 1]


def test_nobody_waits_for_work_that_does_not_need_the_network(network):
    together = patient(threads=2)
    together.expect()
    together.expect()
    done = threading.Event()

    def compare() -> None:
        with together.request():
            together.withdraw()
            done.wait(PATIENCE)

    other = Request(compare)
    assert asks(together, network, [[7]]).outcome() == [[7.0]]
    done.set()
    assert other.outcome() is None


def test_nobody_waits_long_for_one_that_is_held_up(network):
    together = Together(threads=4, patience=0.05)
    for _ in range(3):
        together.expect()
    requests = [asks(together, network, [[n]]) for n in range(2)]
    assert [request.outcome() for request in requests] == [[[0.0]], [[1.0]]]
    assert len(network.runs) < 3
    assert asks(together, network, [[2]]).outcome() == [[2.0]]


def test_models_are_not_mixed(network):
    other = Network()
    together = patient(threads=4)
    together.expect()
    together.expect()
    one, two = asks(together, network, [[1]]), asks(together, other, [[2]])
    assert (one.outcome(), two.outcome()) == ([[1.0]], [[2.0]])
    assert (network.runs, other.runs) == ([[[1]]], [[[2]]])


def test_a_failure_reaches_all_whose_run_it_was(network):
    network.error = RuntimeError("out of memory")
    together = patient(threads=4)
    together.expect()
    together.expect()
    requests = [asks(together, network, [[n]]) for n in range(2)]
    assert [request.outcome() for request in requests] == [network.error] * 2


def test_whose_time_has_passed_joins_no_run(network):
    def late() -> None:
        raise TimeoutError

    together = patient(threads=4)
    together.expect()
    together.expect()
    waiting = asks(together, network, [[1]])
    assert isinstance(asks(together, network, [[2]], check=late).outcome(), TimeoutError)
    assert waiting.outcome() == [[1.0]]
    assert network.runs == [[[1]]]


def test_whose_time_passes_while_it_waits_is_not_computed(network):
    together = patient(threads=4)
    together.expect()
    together.expect()
    waiting = waits_too_long(together, network, [[1], [2]])
    assert asks(together, network, [[3]]).outcome() == [[3.0]]
    assert isinstance(waiting.outcome(), TimeoutError)
    assert network.runs == [[[3]]]


def test_nothing_is_computed_where_all_are_too_late(network):
    together = patient(threads=4)
    together.expect()
    together.expect()
    waiting = waits_too_long(together, network, [[1]])
    together.forget()
    assert isinstance(waiting.outcome(), TimeoutError)
    assert network.runs == []


def test_many_requests_each_get_their_own_answer(network):
    together = patient(threads=8)
    line = threading.Semaphore(8)

    def work(n: int) -> object:
        with line, together.request():
            return together.answers(network, [[n]], before_batch=lambda: None).tolist()

    for _ in range(400):
        together.expect()
    requests = [Request(lambda n=n: work(n)) for n in range(400)]
    assert [request.outcome() for request in requests] == [[[float(n)]] for n in range(400)]
    assert len(network.runs) < 400
