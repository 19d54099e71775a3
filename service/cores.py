"""How many cores this process may use: those it may run on, and no more than its CPU limit.

A container's limit is a quota of its control group: so many microseconds of processor time in each
period. The kernel shows all of the machine's cores beside it; with a worker for each of them they
would share the quota, and all stand still once it is spent.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

GROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def available_cores() -> int:
    """Whole cores that this process can keep busy, at least 1; a part of one counts as one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    limit = cpu_limit()
    return cores if limit is None else max(1, min(cores, math.ceil(limit)))


def cpu_limit(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> float | None:
    """Return the CPU limit of this process's control groups in cores; None where there is none.

    Args:
        groups: where the control groups are mounted, version 1 or 2.
        membership: which of them this process is in, as in cgroups(7).
    """
    quotas = [
        quota
        for group in _groups(groups, membership)
        for quota in (_quota_v2(group), _quota_v1(group))
        if quota is not None
    ]
    return min(quotas, default=None)


def _groups(groups: Path, membership: Path) -> Iterator[Path]:
    """The directories of this process's groups with a say about the processor, and all above them.

    In a container the path is often that outside of it: then only the mounted root exists.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            own = PurePosixPath(path.lstrip("/"))
            for group in (own, *own.parents):
                yield groups / controllers / group


def _quota_v2(group: Path) -> float | None:
    try:
        quota, period = (group / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # "max" is no limit
        return None


def _quota_v1(group: Path) -> float | None:
    try:
        quota = int((group / "cpu.cfs_quota_us").read_text())
        period = int((group / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return quota / period if quota > 0 else None  # -1 is no limit
