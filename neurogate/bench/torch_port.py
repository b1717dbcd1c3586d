"""Workload c in plain PyTorch tensors, float32, one operation for each line."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

from .workloads import Workload, pulse

__all__ = ["prepare"]


def prepare(workload: Workload) -> Callable[[], tuple[float, float]]:
    """Return a function that runs a workload once and returns seconds and mean rate in Hz.

    Parameters
    ----------
    workload : Workload
        Of kind pulse.
    """
    torch = importlib.import_module("torch")

    torch.set_num_threads(1)
    torch.manual_seed(0)
    drawn = pulse(workload.n)
    rows = [torch.tensor(row, dtype=torch.float32) for row in drawn.parameters.values()]
    weights = torch.tensor(drawn.weights, dtype=torch.float32)
    noise_sd = torch.tensor(drawn.noise_sd, dtype=torch.float32)

    def once() -> tuple[float, float]:
        with torch.no_grad():
            began = time.perf_counter()
            spikes = _run(torch, workload, rows, weights, noise_sd)
            return time.perf_counter() - began, spikes / workload.n / workload.seconds

    return once


def _run(torch: Any, workload: Workload, rows: list[Any], weights: Any, noise_sd: Any) -> float:
    a, b, c, d, peak = rows
    v = torch.full((workload.n,), -65.0)
    u, spikes = b * v, torch.zeros(())
    for _ in range(workload.steps):
        fired = v >= peak
        v = torch.where(fired, c, v)
        u = torch.where(fired, u + d, u)
        current = noise_sd * torch.randn(workload.n) + weights @ fired.float()
        spikes += fired.sum()
        v = v + 0.5 * (0.04 * v * v + 5 * v + 140 - u + current)
        v = v + 0.5 * (0.04 * v * v + 5 * v + 140 - u + current)
        u = u + a * (b * v - u)
    return float(spikes)
