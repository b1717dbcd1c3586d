"""Compiled code is kept, and never outlives a change of any source that went into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from neurogate.backends.numba_cpu.compiling import in_shares

READ_ONES = """
import logging, sys
import numpy as np
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
from neurogate.backends.numba_cpu.learning import readout, _readout
print(readout(np.ones((1, 1, 32)), np.ones((1, 1, 32))).item(), sum(_readout.stats.cache_hits.values()))
"""

WRITES_NOTHING = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
"""What the system then says of each write is what it says of a full disk, with another reason."""


def run(script: str, tree: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run a script on a tree of sources, with compiled code kept in `cache`."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=tree,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )


def read_ones(tree: Path, cache: Path) -> tuple[float, int]:
    """Return what a readout of 32 ones gives in a tree of sources, and whether its code was kept."""
    value, hits = run(READ_ONES, tree, cache).stdout.split()
    return float(value), int(hits)


def test_a_change_of_another_file_recompiles_and_no_change_does_not(checkout: Path, tmp_path: Path) -> None:
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    shutil.copytree(checkout / "neurogate", tree / "neurogate", ignore=shutil.ignore_patterns("__pycache__"))
    assert read_ones(tree, cache) == (32.0, 0)
    assert read_ones(tree, cache) == (32.0, 1)
    sums = tree / "neurogate" / "backends" / "numba_cpu" / "sums.py"
    sums.write_text(
        sums.read_text("utf-8").replace("lanes = builder.fadd(*halves)", "lanes = halves[0]"), "utf-8"
    )
    assert read_ones(tree, cache) == (2.0, 0)


def test_what_takes_seconds_is_said(checkout: Path, tmp_path: Path) -> None:
    said = [run(READ_ONES, checkout, tmp_path).stderr.count("Compiling the simulator") for _ in range(2)]
    assert said == [1, 0]


def test_processes_that_compile_at_once_all_get_it_right(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", READ_ONES],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    values = [float(worker.communicate(timeout=120)[0].split()[0]) for worker in workers]
    assert values == [32.0] * 3
    assert [worker.returncode for worker in workers] == [0] * 3


def test_a_cache_that_holds_rubbish_is_made_anew(checkout: Path, tmp_path: Path) -> None:
    assert read_ones(checkout, tmp_path) == (32.0, 0)
    kept = [path for path in tmp_path.rglob("*") if path.suffix in (".nbc", ".nbi")]
    assert kept
    for path in kept:
        path.write_bytes(path.read_bytes()[:20])
    assert read_ones(checkout, tmp_path)[0] == 32.0


@pytest.mark.parametrize("holds", ["nothing", "rubbish"])
def test_a_folder_that_takes_no_code_costs_a_line_and_not_the_run(
    holds: str, checkout: Path, tmp_path: Path
) -> None:
    if holds == "rubbish":
        read_ones(checkout, tmp_path)
        for path in tmp_path.rglob("*.nb[ci]"):
            path.write_bytes(path.read_bytes()[:20])
    done = run(WRITES_NOTHING + READ_ONES, checkout, tmp_path)
    assert done.stdout.split() == ["32.0", "0"]
    (said,) = (line for line in done.stderr.splitlines() if "cannot be kept" in line)
    assert str(tmp_path) in said
    assert "NUMBA_CACHE_DIR names another folder." in said


def test_kernels_run_where_nothing_can_be_kept(checkout: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(checkout / "neurogate", tree / "neurogate", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (tree / "neurogate" / "backends" / "numba_cpu", tmp_path):
        (folder / "__pycache__").write_text("a file where a folder should be")
    missing = str(tmp_path / "__pycache__" / "home")
    done = subprocess.run(
        [sys.executable, "-c", READ_ONES],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), "HOME": missing, "XDG_CACHE_HOME": missing},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["32.0", "0"], done.stderr


@pytest.mark.parametrize(("replicas", "threads"), [(0, 2), (1, 2), (2, 2), (7, 1), (7, 3), (3, 8), (99, 2)])
def test_shares_hold_each_replica_once(replicas: int, threads: int) -> None:
    shares: list[range] = []
    in_shares(lambda first, last: shares.append(range(first, last)), replicas, threads)
    assert sorted(replica for share in shares for replica in share) == list(range(replicas))


def test_shares_are_taken_at_the_same_time() -> None:
    everyone = threading.Barrier(3, timeout=60)
    in_shares(lambda first, last: everyone.wait(), 3, 3)


@pytest.mark.parametrize("broken", [0, 1])
def test_what_goes_wrong_in_a_share_is_raised(broken: int) -> None:
    def work(first: int, last: int) -> None:
        if first == broken:
            raise ValueError(f"replica {first}")

    with pytest.raises(ValueError, match=f"replica {broken}"):
        in_shares(work, 2, 2)


def test_the_threads_that_share_stay() -> None:
    def who() -> set[int]:
        found, everyone = set(), threading.Barrier(3, timeout=60)

        def work(first: int, last: int) -> None:
            everyone.wait()
            found.add(threading.get_ident())

        in_shares(work, 3, 3)
        return found

    first = who()
    assert first == who()
    assert threading.get_ident() in first


def test_a_share_may_be_shared_again() -> None:
    taken: list[tuple[int, int]] = []
    in_shares(lambda a, _: in_shares(lambda b, _: taken.append((a, b)), 5, 2), 5, 2)
    assert len(set(taken)) == len(taken) == 25


FORKED = """
import os, sys
from neurogate.backends.numba_cpu.compiling import in_shares
def total():
    taken = []
    in_shares(lambda first, last: taken.extend(range(first, last)), 99, 2)
    return sum(taken)
assert total() == 4851
child = os.fork()
if not child:
    assert total() == 4851
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKED]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "7", done.stderr
