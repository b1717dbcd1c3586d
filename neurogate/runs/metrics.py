"""What runs measure, by name, and which way is better.

Here lives what must be known of a metric before anything is run. How metrics are computed is said in
`neurogate.tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from neurogate.config import AnySimulation, WaveformSimulation
from neurogate.config.problems import join

__all__ = ["Better", "metrics"]

Better = Literal["lower", "higher", "neither"]
"""Which values of a metric are better, if either are."""

_BLOCK: Mapping[str, Better] = {
    "timing_error_ms": "lower",
    "timing_bias_ms": "neither",
    "worst_cue_timing_error_ms": "lower",
    "probability_mae": "lower",
    "trials_to_timing": "lower",
    "trials_to_probability": "lower",
}
_WHAT_WHEN: Mapping[str, Better] = {
    "timing_error_ms": "lower",
    "timing_bias_ms": "neither",
    "worst_cue_timing_error_ms": "lower",
    "single_peak_sd_ms": "lower",
    "when_r": "higher",
    "probability_mae": "lower",
    "probability_r": "higher",
    "product_r": "higher",
    "when_what_angle_deg": "neither",
    "when_what_angle_null_deg": "neither",
    "when_what_angle_null_p5_deg": "neither",
    "when_what_angle_null_p": "neither",
    "mean_rate_hz": "neither",
}
_WAVEFORM: Mapping[str, Better] = {
    "rmse_training": "lower",
    "rmse_first_second": "lower",
    "rmse_free": "lower",
    "rmse_free_best_lag": "lower",
    "rate_before_hz": "neither",
    "rate_training_hz": "neither",
    "rate_free_hz": "neither",
    "weight_norm": "neither",
    "frequency_hz": "neither",
    "target_frequency_hz": "neither",
    "amplitude": "neither",
    "target_amplitude": "neither",
    "residual": "lower",
}


def metrics(simulation: AnySimulation) -> dict[str, Better]:
    """Return the metrics of each rule of a simulation; those of a block as ``blocks.A.timing_error_ms``.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> known = metrics(Simulation())
    >>> known["timing_error_ms"], known["probability_r"], known["blocks.A.trials_to_timing"]
    ('lower', 'higher', 'lower')
    """
    if isinstance(simulation, WaveformSimulation):
        return dict(_WAVEFORM)
    blocks = (join("blocks", block.name) for block in simulation.task.blocks)
    return {
        **_WHAT_WHEN,
        **{join(block, name): better for block in blocks for name, better in _BLOCK.items()},
    }
