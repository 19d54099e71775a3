"""What a cluster does to replicas under load: it drains one, replaces all, or just stops one."""

import time
from collections import Counter
from contextlib import ExitStack

from benchmarks.containers.balancer import Balancer
from benchmarks.containers.clients import Clients
from benchmarks.containers.engine import Container, container

SETTLE_SECONDS = 3

# Answers by their status, failures by their name: how many requests got each.
Outcomes = Counter[str]


def drain(image: str, network: str) -> Outcomes:
    """Two replicas under load, of which one gets its preStop hook and then SIGTERM.

    Returns:
        How many requests got which answer.
    """
    return _stop_one(image, network, hook=True)


def stop(image: str, network: str) -> Outcomes:
    """The same without the hook: what it is there for."""
    return _stop_one(image, network, hook=False)


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


def _stop_one(image: str, network: str, *, hook: bool) -> Outcomes:
    with ExitStack() as stack:
        replicas = [_start(stack, image, network) for _ in range(2)]
        balancer = stack.enter_context(Balancer(*replicas))
        with Clients(balancer.port) as clients:
            time.sleep(SETTLE_SECONDS)
            if hook:
                replicas[0].pre_stop()
            replicas[0].stop()
            time.sleep(SETTLE_SECONDS)
        return clients.outcomes


def _start(stack: ExitStack, image: str, network: str) -> Container:
    started = stack.enter_context(container(image, network))
    started.wait_until_ready()
    return started
