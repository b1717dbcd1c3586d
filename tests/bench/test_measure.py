from __future__ import annotations

import json
import math
import platform
from pathlib import Path

import attrs
import pytest

from neurogate.bench.bounds import Ceilings, bound_seconds, ceilings, half_of_l2, work
from neurogate.bench.machine import machine, write
from neurogate.bench.measure import Contender, Measured, contenders, measure, rows
from neurogate.bench.peers import PEERS
from neurogate.bench.scale import SERIES, Point, scale
from neurogate.bench.workloads import WORKLOADS

TINY = attrs.evolve(WORKLOADS["d1k"], n=40, steps=50)


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    said: list[str] = []
    who = [
        Contender(TINY, "float32", backend="numpy"),
        Contender(TINY, "float64", peer="numpy"),
        Contender(attrs.evolve(TINY, kind="no such kind"), "float64", peer="numpy"),
    ]
    found = measure(who, 3, said.append)
    assert said[0] == "d1k neurogate numpy float32: preparing"
    return found


def test_the_first_run_is_reported_apart(measured: list[Measured]) -> None:
    for one in measured[:2]:
        assert len(one.times) == 3
        assert one.compile_seconds > 0
        assert 1 < one.peak_mb < 2000
        assert one.seconds == sorted(one.times)[1]


def test_a_contender_that_fails_disturbs_nobody(measured: list[Measured]) -> None:
    assert "no such kind" in measured[2].failure
    assert measured[2].times == []


def test_rows_hold_what_is_known_and_none_for_the_rest(measured: list[Measured]) -> None:
    found = rows(measured, [PEERS["nest"]], lambda _: 1e-6)
    assert [row["peer"] for row in found] == ["numpy", "numpy", "nest"]
    wanted = {
        "workload",
        "backend",
        "dtype",
        "seconds",
        "peer",
        "peer_seconds",
        "ratio",
        "bound_seconds",
        "peak_mb",
    }
    assert all(wanted <= set(row) for row in found)
    assert found[0]["ratio"] == pytest.approx(found[0]["peer_seconds"] / found[0]["seconds"])
    assert (found[1]["ratio"], found[2]["peer_seconds"]) == (None, None)
    assert found[2]["note"] == "not installed: pip install nest-simulator"
    json.dumps(found, allow_nan=False)


def test_without_peers_there_is_a_row_for_each_number_type(measured: list[Measured]) -> None:
    (row,) = rows(measured[:1], [], lambda _: math.nan)
    assert (row["peer"], row["bound_seconds"], row["dtype"]) == (None, None, "float32")


def test_slow_peers_run_when_asked_for() -> None:
    def names(peers: list[str] | None, *, slow: bool) -> set[str]:
        here, missing = contenders(WORKLOADS["b2000"], [], "numba", peers, slow=slow)
        return {c.peer for c in here} | {p.name for p in missing}

    assert "brian2-standalone" not in names(None, slow=False)
    assert "brian2-standalone" in names(None, slow=True) & names(["brian2-standalone"], slow=False)
    assert names(["none"], slow=False) == set()


def test_a_slow_contender_is_repeated_less_but_not_less_than_five_times() -> None:
    who = Contender(TINY, "float64", peer="numpy")
    assert not Measured(who, [20.0] * 4).done
    assert Measured(who, [20.0] * 5).done
    assert not Measured(who, [1.0] * 9).done


def test_every_figure_to_reach_has_a_row_beside_its_peer() -> None:
    assert set(WORKLOADS) - set(PEERS["brian2-standalone"].workloads) == {"b2000"}
    assert "b2000" in PEERS["brian2-numpy"].workloads


def test_the_machine_is_measured() -> None:
    limits = ceilings(0.01)
    assert min(limits.bytes_per_second.values()) > 1e8
    assert all(rate > 1e7 for rate in limits.flops_per_second.values())
    assert sorted(limits.bytes_per_second) == [24_000, half_of_l2(), 8_000_000, 128_000_000]


def test_a_bound_is_what_takes_longest_shared_by_threads() -> None:
    limits = Ceilings({10**12: 10e9}, {"float32": 1e9})
    a = WORKLOADS["a1000"]
    assert work(a, "float32").flops == pytest.approx(27 * 25e6 + 6.38e3 * 100)
    assert bound_seconds(a, "float32", limits) == pytest.approx(work(a, "float32").flops / 1e9)
    fast = attrs.evolve(limits, flops_per_second={"float32": 1e15})
    moved = sum(bytes_ for bytes_, _ in work(a, "float32").traffic)
    assert bound_seconds(a, "float32", fast) == pytest.approx(moved / 10e9)
    updates = work(WORKLOADS["b1000"], "float32").traffic[-1]
    assert updates == (1250 * 4e6, 2e6)
    assert work(WORKLOADS["b2000"], "float64").traffic[-1][1] == 16e6


def test_small_working_sets_are_faster() -> None:
    limits = Ceilings({1000: 100e9, 10_000: 10e9}, {})
    assert [limits.bandwidth(held) for held in (10, 1500, 5000, 10**9)] == [100e9, 100e9, 10e9, 10e9]


def _describe(folder: Path, caches: dict[str, tuple[str, str, str]]) -> Path:
    for name, texts in caches.items():
        (folder / name).mkdir()
        for part, text in zip(("level", "type", "size"), texts, strict=True):
            (folder / name / part).write_text(text + "\n")
    return folder


@pytest.mark.parametrize(("size", "half"), [("512K", 2**18), ("1280K", 655_360), ("2M", 2**20), ("", 2**18)])
def test_the_second_cache_is_read_from_the_system(size: str, half: int, tmp_path: Path) -> None:
    first, third = ("1", "Data", "32K"), ("3", "Unified", "32768K")
    caches = {"index0": first, "index2": ("2", "Unified", size), "index3": third}
    assert half_of_l2(_describe(tmp_path, caches)) == half


def test_a_second_cache_of_instructions_is_passed_over(tmp_path: Path) -> None:
    caches = {"index0": ("2", "Instruction", "4M"), "index1": ("2", "Data", "1M")}
    assert half_of_l2(_describe(tmp_path, caches)) == 2**19


def test_what_fits_the_second_cache_is_bounded_by_that_and_not_by_the_third() -> None:
    half = 2**18
    limits = Ceilings({24_000: 200e9, half: 150e9, 8_000_000: 70e9}, {"float64": 1e15})
    for name in ("a1000", "a2000", "c1", "d1k", "d4k"):
        held = work(WORKLOADS[name], "float64").traffic[0][1]
        assert 48_000 < held < 2 * half
        assert limits.bandwidth(held) == 150e9


def test_every_series_has_a_row_for_each_size_and_one_slope() -> None:
    found = scale("float64", "numpy", 1, lambda _: None, Point(n=10, per_neuron=4, steps=4))
    assert len(found) == sum(len(values) for _, values in SERIES.values())
    assert {row["workload"] for row in found} == {f"scale {name}" for name in SERIES}
    assert all(math.isfinite(row["slope"]) and row["seconds"] > 0 for row in found)


def test_results_are_stored_with_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "new" / "engine.json"
    write(path, machine("neurogate bench", Ceilings({1: 2.0}, {"float32": 3.0})), [{"workload": "a1000"}])
    stored = json.loads(path.read_text("utf-8"))
    assert stored["rows"] == [{"workload": "a1000"}]
    assert stored["machine"]["command"] == "neurogate bench"
    assert {"cpu", "cores", "python", "numpy", "numba", "date", "flops_per_second"} <= set(stored["machine"])


def test_the_machine_is_told_by_its_kind_and_not_by_its_name() -> None:
    told = machine("neurogate bench")
    assert told["system"] in {"Linux", "Darwin", "Windows"}
    assert not {platform.node(), platform.release(), platform.platform()} & set(map(str, told.values()))
