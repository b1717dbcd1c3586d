"""A process takes the cores and the memory that it is allotted, not those of the whole machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neurogate.backends.allotment import cores, free_mb
from neurogate.cli.execution import ExecutionOptions

MB = 1_000_000


def machine(root: Path, files: dict[str, object]) -> Path:
    """Write what a machine with 64,000 MB available says of itself."""
    for name, text in {"proc/meminfo": "MemTotal: 99 kB\nMemAvailable: 62500000 kB\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def test_without_a_limit_all_that_is_available_can_be_taken(tmp_path: Path) -> None:
    assert free_mb(machine(tmp_path, {})) == 64_000
    unlimited: dict[str, object] = {
        "proc/self/cgroup": "0::/job\n4:memory:/job", "sys/fs/cgroup/job/memory.max": "max",
        "sys/fs/cgroup/job/memory.current": 5 * MB, "sys/fs/cgroup/memory/job/memory.usage_in_bytes": 1,
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": 2**63 - 4096,
        "sys/fs/cgroup/memory/job/memory.stat": "total_active_file 0\ntotal_inactive_file 0",
    }  # fmt: skip
    assert free_mb(machine(tmp_path, unlimited)) == 64_000


def test_a_group_leaves_what_it_may_take_less_what_it_holds_but_for_files(tmp_path: Path) -> None:
    job = "sys/fs/cgroup/slurm/job_7"
    files: dict[str, object] = {
        "proc/self/cgroup": "0::/slurm/job_7/step_0", f"{job}/memory.max": 8000 * MB,
        f"{job}/memory.current": 6500 * MB, f"{job}/step_0/memory.max": "max",
        f"{job}/memory.stat": f"anon 7\nactive_file {300 * MB}\ninactive_file {200 * MB}\nshmem {100 * MB}",
    }  # fmt: skip
    assert free_mb(machine(tmp_path, files)) == 2000


def test_the_first_kind_of_groups_is_read_too_where_a_container_sees_its_own_alone(tmp_path: Path) -> None:
    memory = "sys/fs/cgroup/memory"
    files: dict[str, object] = {
        "proc/self/cgroup": "9:name=systemd:/x\n3:hugetlb,memory:/docker/77\n0::/",
        f"{memory}/memory.limit_in_bytes": 4000 * MB, f"{memory}/memory.usage_in_bytes": 3000 * MB,
        f"{memory}/memory.stat": f"active_file 5\ntotal_active_file 0\ntotal_inactive_file {500 * MB}",
    }  # fmt: skip
    assert free_mb(machine(tmp_path, files)) == 1500


def test_a_full_group_leaves_a_little_and_a_machine_that_says_nothing_is_guessed(tmp_path: Path) -> None:
    assert free_mb(tmp_path) == 8192
    files: dict[str, object] = {
        "proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": MB, "sys/fs/cgroup/memory.current": 2 * MB,
        "sys/fs/cgroup/memory.stat": "active_file 0\ninactive_file 0",
    }  # fmt: skip
    assert free_mb(machine(tmp_path, files)) == 1


@pytest.mark.parametrize(
    ("files", "allotted"),
    [
        ({}, 64),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ({"proc/self/cgroup": "0::/job/step", "sys/fs/cgroup/job/cpu.max": "150000 100000",
          "sys/fs/cgroup/job/step/cpu.max": "max 100000"}, 2),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "5000 100000"}, 1),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "9900000 100000"}, 64),
        ({"proc/self/cgroup": "4:cpu,cpuacct:/docker/77\n3:cpuset:/x",
          "sys/fs/cgroup/cpu/cpu.cfs_quota_us": 300000, "sys/fs/cgroup/cpu/cpu.cfs_period_us": 100000}, 3),
        ({"proc/self/cgroup": "4:cpu,cpuacct:/",
          "sys/fs/cgroup/cpu/cpu.cfs_quota_us": -1, "sys/fs/cgroup/cpu/cpu.cfs_period_us": 100000}, 64),
    ],
)  # fmt: skip
def test_no_more_cores_are_taken_than_a_group_may_keep_busy(
    files: dict[str, object], allotted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    assert cores(machine(tmp_path, files)) == allotted


def test_no_more_cores_are_taken_than_the_process_may_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 8}, raising=False)
    assert cores(tmp_path) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores(tmp_path) == os.cpu_count()


def test_there_are_as_many_jobs_as_cores_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {5}, raising=False)
    assert ExecutionOptions().options().jobs == 1
