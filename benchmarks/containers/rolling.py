"""What a cluster does to replicas under load: it drains one, replaces all, or just stops one."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.containers.balancer import Balancer
from benchmarks.containers.clients import Clients
from benchmarks.containers.engine import Container, container, podman

SETTLE_SECONDS = 3

# Answers by their status, failures by their name: how many requests got each.
Outcomes = Counter[str]


def drain(image: str, network: str) -> Outcomes:
    """Two replicas under load, of which one gets its preStop hook and then SIGTERM.

    Returns:
        How many requests got which answer.
    """
    with _two(image, network) as (replica, _balancer, clients):
        replica.pre_stop()
        replica.stop()
        time.sleep(SETTLE_SECONDS)
    return clients.outcomes


def stop(image: str, network: str) -> Outcomes:
    """The same without the hook, which is what it is there for: nginx hears of it a second late."""
    with _two(image, network) as (replica, balancer, clients):
        with balancer.unaware():
            podman("kill", "--signal=TERM", replica.name)
            time.sleep(1)
        time.sleep(SETTLE_SECONDS)
    return clients.outcomes


def update(image: str, network: str) -> Outcomes:
    """Two replicas under load, each replaced as by the Deployment: one more, then one less."""
    with ExitStack() as stack:
        old = [_start(stack, image, network) for _ in range(2)]
        balancer = stack.enter_context(Balancer(*old))
        with Clients(balancer.port) as clients:
            time.sleep(SETTLE_SECONDS)
            for replica in old:
                balancer.add(_start(stack, image, network))
                time.sleep(SETTLE_SECONDS)
                replica.pre_stop()
                replica.stop()
                balancer.remove(replica)
            time.sleep(SETTLE_SECONDS)
        return clients.outcomes


@contextmanager
def _two(image: str, network: str) -> Iterator[tuple[Container, Balancer, Clients]]:
    """One of two replicas under load, nginx before them, and the clients."""
    with ExitStack() as stack:
        replicas = [_start(stack, image, network) for _ in range(2)]
        balancer = stack.enter_context(Balancer(*replicas))
        with Clients(balancer.port) as clients:
            time.sleep(SETTLE_SECONDS)
            yield replicas[0], balancer, clients


def _start(stack: ExitStack, image: str, network: str) -> Container:
    started = stack.enter_context(container(image, network))
    started.wait_until_ready()
    return started
