"""The shipped sine does what the FORCE reservoir of Nicola and Clopath is known to do.

The bounds come from runs of an independent implementation of their code (ModelDB 190565): 36.2 to 36.8 Hz
after teaching, a frequency of 4.95 to 4.99 Hz, an amplitude of 0.95 to 1.0. The phase of the free readout
drifts, so the long error says little; the waveform must be right.
"""

from __future__ import annotations

from neurogate.config import load
from neurogate.config.build import session


def test_a_network_that_was_taught_a_sine_goes_on_by_itself() -> None:
    running = session(load("nc_sine", ["run.backend=numba"]))
    while not running.done:
        running.advance()
    (found,) = running.result().metrics.values()
    assert found["rmse_training"] <= 0.02
    assert found["rmse_first_second"] <= 0.25
    assert 4.5 <= found["rate_before_hz"] <= 6.0
    assert 34 <= found["rate_free_hz"] <= 39
    assert 4.9 <= found["frequency_hz"] <= 5.1
    assert 0.9 <= found["amplitude"] <= 1.05
    assert found["residual"] <= 0.1
    assert 1.7 <= found["weight_norm"] <= 2.2
