"""A CPU limit is found wherever the kernel shows it: control groups of both versions."""

from pathlib import Path

import pytest

from service import cores
from service.cores import available_cores, cpu_limit

V1 = "3:cpu,cpuacct:{path}\n2:memory:/other\n1:name=systemd:/other\n"
V2 = "0::{path}\n"


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    root = tmp_path / "cgroup"
    root.mkdir()
    return root


def member(groups: Path, text: str, path: str = "/") -> Path:
    """A process's list of its groups."""
    file = groups.parent / "membership"
    file.write_text(text.format(path=path))
    return file


def limit_v2(group: Path, quota: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.max").write_text(f"{quota}\n")


def limit_v1(group: Path, quota: int, period: int = 100_000) -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (group / "cpu.cfs_period_us").write_text(f"{period}\n")


@pytest.mark.parametrize(
    ("written", "cores"),
    [("max 100000", None), ("150000 100000", 1.5), ("25000 50000", 0.5), ("", None)],
)
def test_version_2(groups: Path, written: str, cores: float | None) -> None:
    limit_v2(groups, written)
    assert cpu_limit(groups, member(groups, V2)) == cores


@pytest.mark.parametrize(("quota", "cores"), [(-1, None), (200_000, 2), (50_000, 0.5)])
def test_version_1(groups: Path, quota: int, cores: float | None) -> None:
    limit_v1(groups / "cpu,cpuacct", quota)
    assert cpu_limit(groups, member(groups, V1)) == cores


def test_the_path_of_the_host_does_not_exist_in_a_container(groups: Path) -> None:
    limit_v1(groups / "cpu,cpuacct", 300_000)
    assert cpu_limit(groups, member(groups, V1, "/kubepods/burstable/pod1/2")) == 3


def test_the_tightest_of_a_group_and_those_above_it_counts(groups: Path) -> None:
    limit_v2(groups / "system.slice", "200000 100000")
    limit_v2(groups / "system.slice" / "sentiment.service", "400000 100000")
    limit_v2(groups / "user.slice", "10000 100000")
    membership = member(groups, V2, "/system.slice/sentiment.service")
    assert cpu_limit(groups, membership) == 2


def test_no_control_groups_no_limit(groups: Path) -> None:
    assert cpu_limit(groups, groups / "nowhere") is None


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, 8), (2.0, 2), (1.5, 2), (0.1, 1), (64.0, 8)]
)
def test_a_part_of_a_core_is_used_by_a_worker_too(
    limit: float | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "cpu_limit", lambda: limit)
    assert available_cores() == expected
