"""The workloads in plain NumPy: whole arrays, one line for each equation, float64.

This is what a careful user would write without a simulator; it is not the reference backend, which keeps
the order of every sum.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .workloads import (
    FORCE,
    TARGET_HZ,
    TAU_DECAY_MS,
    TAU_RISE_MS,
    TAU_SYNAPSE_MS,
    UPDATE_EVERY,
    Force,
    Workload,
    force,
    pulse,
    scattered,
    sweep,
)

__all__ = ["prepare"]

Array = npt.NDArray[Any]


def prepare(workload: Workload) -> Callable[[], tuple[float, float]]:
    """Return a function that runs a workload once and returns seconds and mean rate in Hz.

    Examples
    --------
    >>> import attrs
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> seconds, rate_hz = prepare(attrs.evolve(WORKLOADS["d1k"], n=20, steps=10))()
    >>> seconds > 0, rate_hz >= 0
    (True, True)
    """
    run = {"force": _force, "pulse": _pulse, "scattered": _scattered}[workload.kind](workload)

    def once() -> tuple[float, float]:
        began = time.perf_counter()
        spikes = run()
        seconds = time.perf_counter() - began
        return seconds, spikes / (workload.n * workload.replicas * workload.seconds)

    return once


def _force(workload: Workload) -> Callable[[], int]:
    n, many = workload.n, workload.replicas
    networks = [force(n, 1)] if many == 1 else sweep(n, many)
    kick = 1 / (TAU_RISE_MS * TAU_DECAY_MS)
    outgoing = [np.ascontiguousarray(network.weights.T) * kick for network in networks]
    return lambda: sum(
        _reservoir(network, sent, workload) for network, sent in zip(networks, outgoing, strict=True)
    )


def _reservoir(network: Force, sent: Array, workload: Workload) -> int:
    capacitance, k, v_r, v_t, v_peak, a, b, c, d = FORCE.values()
    dt, kick, spikes = workload.dt_ms, 1 / (TAU_RISE_MS * TAU_DECAY_MS), 0
    rise, decay = np.exp(-dt / TAU_RISE_MS), np.exp(-dt / TAU_DECAY_MS)
    v, z = network.v.copy(), 0.0
    u, i, h, r, g = np.zeros((5, len(v)))
    phi = np.zeros_like(v) if workload.learning else network.readout
    p = 2 * np.eye(len(v)) if workload.learning else None
    for step in range(workload.steps):
        old = v
        v = v + dt / capacitance * (k * (v - v_r) * (v - v_t) - u + (network.bias + network.feedback * z + i))
        u = u + dt * a * (b * (old - v_r) - u)
        i, h = rise * i + dt * h, decay * h
        r, g = rise * r + dt * g, decay * g
        z = float(phi @ r)
        if p is not None and step % UPDATE_EVERY == 1:
            phi = _learn(p, phi, r, z - np.sin(2e-3 * np.pi * TARGET_HZ * step * dt))
        fired = np.flatnonzero(v >= v_peak)
        if len(fired):
            v[fired], spikes = c, spikes + len(fired)
            u[fired] += d
            g[fired] += kick
            h = h + sent[fired].sum(axis=0)
    return spikes


def _learn(p: Array, phi: Array, r: Array, error: float) -> Array:
    """Change P in place and return the new readout."""
    c = p @ r
    p -= np.outer(c, c / (1 + r @ c))
    return phi - c * error


def _pulse(workload: Workload) -> Callable[[], int]:
    network = pulse(workload.n)
    sent = np.ascontiguousarray(network.weights.T)

    def run() -> int:
        a, b, c, d, peak = network.parameters.values()
        rng = np.random.default_rng(0)
        v, spikes = np.full(workload.n, -65.0), 0
        u = b * v
        for _ in range(workload.steps):
            current = network.noise_sd * rng.standard_normal(len(v))
            fired = np.flatnonzero(v >= peak)
            v[fired] = c[fired]
            u[fired] += d[fired]
            current += sent[fired].sum(axis=0)
            spikes += len(fired)
            v += 0.5 * ((0.04 * v + 5) * v + 140 - u + current)
            v += 0.5 * ((0.04 * v + 5) * v + 140 - u + current)
            u += a * (b * v - u)
        return spikes

    return run


def _scattered(workload: Workload) -> Callable[[], int]:
    network, dt = scattered(workload.n), workload.dt_ms

    def run() -> int:
        a, b, c, d, peak = network.parameters.values()
        decay, spikes = np.exp(-dt / TAU_SYNAPSE_MS), 0
        v = network.v.copy()
        u, s = b * v, np.zeros_like(v)
        for _ in range(workload.steps):
            old = v
            v = v + dt * ((0.04 * v + 5) * v + 140 - u + s + network.bias)
            u = u + dt * a * (b * old - u)
            s = decay * s
            fired = np.flatnonzero(v >= peak)
            if len(fired):
                v[fired] = c[fired]
                u[fired] += d[fired]
                s += np.bincount(network.targets[fired].ravel(), network.weights[fired].ravel(), len(v))
                spikes += len(fired)
        return spikes

    return run
