"""What a cluster does to replicas under load: one is drained, all are replaced, one is just stopped."""

import time
from collections import Counter
from contextlib import ExitStack

from benchmarks.containers.balancer import Balancer
from benchmarks.containers.clients import Clients
from benchmarks.containers.engine import Container, container

SETTLE_SECONDS = 3


def drain(image: str, network: str) -> Counter[str]:
    """Two replicas under load, of which one gets its preStop hook and then SIGTERM.

    Returns:
        How many requests got which answer.
    """
    return _stop_one(image, network, hook=True)


def stop(image: str, network: str) -> Counter[str]:
    """The same without the hook: what it is there for."""
    return _stop_one(image, network, hook=False)


def update(image: str, network: str) -> Counter[str]:
    """Two replicas under load, each replaced as the Deployment does it: a new one, then an old less."""
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
            time.sleep(SETTLE_SECONDS)
        return clients.outcomes


def _stop_one(image: str, network: str, *, hook: bool) -> Counter[str]:
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
