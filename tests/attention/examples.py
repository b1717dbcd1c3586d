"""A small instance of each gate, with inputs: what the battery of tests runs over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from neurogate.attention import make
from neurogate.attention.layer import Layer


@attrs.frozen
class Example:
    """One gate as the battery makes it."""

    settings: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]  # of the inputs, the batch first
    count: int  # parameters, by the paper's formula, written out
    more: Callable[[], Mapping[str, Any]] = dict  # further arguments of forward
    causal: bool = False  # whether an output at t depends on inputs up to t alone
    over_batch: bool = False  # whether it uses statistics of the batch
    length: bool = True  # whether it takes any length T, the second axis of the first input
    drawn: bool = True  # whether parameters start at random

    def inputs(self, rng: np.random.Generator, dtype: str = "float64") -> tuple[np.ndarray, ...]:
        """Draw the inputs."""
        return tuple(rng.standard_normal(shape).astype(dtype) for shape in self.shapes)


def example_layer(name: str) -> Layer:
    """Make the gate of an example."""
    return make(name, **EXAMPLES[name].settings)


D, H = 8, 2


def residual(inputs: int, outputs: int) -> int:
    """Count what a residual block of two convolutions and a shortcut has to learn."""
    return 9 * inputs * outputs + 9 * outputs**2 + inputs * outputs + 3 * outputs + 3 * 2 * outputs


EXAMPLES: Mapping[str, Example] = {
    "feature_selection": Example(
        {"d_model": D, "heads": H}, ((2, 5, D),),
        count=2 * D + 4 * D + 4 * (D * D + D) + 2 * 4 * D * D + 4 * D + D,
    ),
    "awmoe_gate": Example(
        {"d_model": D, "hidden": 6, "experts": 3}, ((2, 5, D), (2, D)),
        count=2 * D * 6 + 6 + 6 * 3 + 3 + 4 * D * 6 + 6 + 6 + 1,
        more=lambda: {"mask": np.array([True, True, False, True, True])}, length=False,
    ),
    "ninformer": Example(
        {"d_model": D, "tokens": 5, "hidden": 6}, ((2, 5, D),),
        count=3 * 2 * D + 2 * 5 * 6 + 6 + 5 + 2 * (2 * D * 6 + 6 + D) + D * D + D, length=False,
    ),
    "gateformer": Example(
        {"length": 9, "horizon": 4, "patch": 4, "stride": 3, "d_model": D, "heads": H, "hidden": 6,
         "layers": 1, "detached": False}, ((2, 9, 3),),
        count=D * 9 + D + D * 4 + 3 * D * D + D + 4 * D + 4 + 4 * (D * D + D)
        + 2 * (4 * D + 4 * (D * D + D) + 2 * 6 * D + 6 + D), length=False,
    ),
    "gated_sdpa": Example(
        {"d_model": D, "heads": 4, "kv_heads": 2, "head_width": 6, "gate": "headwise", "bias": True},
        ((2, 5, D),),
        count=(4 * 6 + 4 + 2 * 2 * 6) * (D + 1) + D * 4 * 6 + D + 2 * 6, causal=True,
    ),
    "gcab": Example(
        {"d_model": D, "heads": H, "tasks": 3, "ratio": 2}, ((2, 5, D),),
        count=3 * (D + 2 * D) + 4 * D + 4 * D * D + D + 2 * 2 * D * D + 2 * D + D,
        more=lambda: {"task": 1, "scale": 1.7}, length=False,
    ),
    "drift_projector": Example(
        {"d_model": D, "tokens": 5}, ((2, 5, D),), count=2 * (D * D + D) + 2 * 5 * D, length=False,
    ),
    "gpsa": Example({"d_model": D, "heads": H}, ((2, 9, D),), count=4 * D * D + D + 4 * H + H),
    "clipped_attention": Example(
        {"d_model": D, "heads": H, "low": -0.1, "high": 1.1, "projected": False}, ((2, 5, D),),
        count=3 * (D * D + D),
    ),
    "head_gated": Example(
        {"d_model": D, "heads": H, "predictor": "mlp"}, ((2, 5, D),),
        count=4 * (D * D + D) + H * (D // H + 1 + 2), causal=True,
    ),
    "eviction_gate": Example(  # hard flags have no slope that finite differences could find
        {"d_model": D, "heads": H, "gate_width": 3, "hard": False}, ((2, 5, D),),
        count=4 * D * D + 3 * 3 * D + H * (3 + 1),
    ),
    "herseg_dla": Example(
        {"d_model": D, "heads": H}, ((2, 4, D),),
        count=4 * D + 4 * (D * D + D) + 2 * D * D // 4 + D // 4 + D + 9 * D + D + 2 * 2 * D * D + 2 * D + D,
        length=False,
    ),
    "base_conv": Example(
        {"d_model": D, "taps": 3}, ((2, 5, D),), count=D * D + D + 3 * D + D, causal=True,
    ),
    "hyena": Example(
        {"d_model": D, "l_max": 9, "d_hidden": 6}, ((2, 5, D),),
        count=3 * (D * D + D) + D * D + D + 3 * D * 3 + 3 * D + D
        + 9 * 3 + 6 + 3 * 6 + 6 + 2 * (6 * 6 + 6) + 6 * D, causal=True,
    ),
    "h3": Example(
        {"d_model": D, "d_head": 2, "d_state": 6, "l_max": 9}, ((2, 5, D),),
        count=4 * (D * D + D) + 2 * 6 * D + D + D // 2 * (1 + 2 * 3 + 4 * 3) + D // 2, causal=True,
    ),
    "based": Example(
        {"d_model": D, "heads": H, "d_feature": 3, "chunk": 2}, ((2, 5, D),),
        count=2 * D * H * 3 + 2 * D * D, causal=True,
    ),
    "rwkv_time_mix": Example({"d_model": D}, ((2, 5, D),), count=4 * D * D + 5 * D, causal=True),
    "zoology_attention": Example(
        {"d_model": D, "heads": H}, ((2, 5, D),), count=4 * (D * D + D), causal=True,
    ),
    "zoology_backbone": Example(
        {"d_model": D, "mixer": "hybrid", "l_max": 5}, ((2, 5, D),),
        count=(2 * 2 + 1) * 2 * D + 5 * (D * D + D) + 4 * D,
    ),
    "additive_gate": Example(
        {"channels": 4, "gating": 3}, ((2, 4, 5, 6), (2, 3, 2, 2)),
        count=2 * 4 * 4 + (2 * 3 + 2) + (2 + 1) + (4 * 4 + 4) + 2 * 4, over_batch=True, length=False,
    ),
    "concatenating_gate": Example(
        {"channels": 4, "gating": 3, "axes": 2}, ((2, 4, 3, 2), (2, 3, 3, 2)),
        count=(2 * 3 + 2) + (2 * 4 + 2) + (4 + 1) + 2 * (2 + 2 + 1), over_batch=True, length=False,
    ),
    "position_attention": Example(
        {"channels": D, "inner": 2}, ((2, D, 3, 2),), count=2 * (2 * D + 2) + D * D + D + 1, length=False,
    ),
    "channel_attention": Example({"channels": D}, ((2, D, 3, 2),), count=1, length=False, drawn=False),
    "dual_attention": Example(
        {"channels": 4, "outputs": 3, "inner": 2, "axes": 2}, ((2, 4, 3, 2),),
        count=2 * 2 * 4 + 4 * 4 + 1 + 1 + 4 * (9 * 4 * 4 + 4) + 3 * 4 + 3 + 2 * (4 + 4 + 3),
        over_batch=True, length=False,
    ),
    "ear_gate": Example(
        {"channels": 4, "gating": 3}, ((2, 4, 3, 2), (2, 3, 3, 2)),
        count=(2 * 3 + 2) + (2 * 4 + 2) + (2 + 1) + 2 * (2 + 2 + 1), over_batch=True, length=False,
    ),
    "residual_decoder": Example(
        {"channels": 4, "outputs": 3}, ((2, 4, 4, 3),),
        count=residual(4, 3), over_batch=True, length=False,
    ),
    "v2p": Example(
        {"d_model": D, "heads": H}, ((2, 5, D), (2, 3, D)), count=4 * (D * D + D) + 2 * D + 4 * (D * D + D),
        length=False,
    ),
    "hyena_x": Example(
        {"d_model": D}, ((2, 7, D),), count=3 * (D * D + D) + D * D + D + 3 * D * (4 + 1), causal=True,
    ),
    "hyena_y": Example(
        {"d_model": D}, ((2, 7, D),), count=3 * (D * D + D) + D * D + D + D * (4 + 1), causal=True,
    ),
    "hyena_se": Example(
        {"d_model": D}, ((2, 7, D),), count=4 * (D * D + D) + (3 * D + D) * (4 + 1), causal=True,
    ),
    "hyena_mlp": Example(
        {"d_model": D, "tokens": 5}, ((2, 5, D),),
        count=3 * 2 * D * (D + 1) + 2 * D * D + D + 5 * (4 + 1), length=False,
    ),
    "local_attention": Example(
        {"d_model": D, "heads": H, "before": 2, "after": 1}, ((2, 5, D),), count=4 * (D * D + D),
    ),
    "linear_attention": Example({"d_model": D, "heads": H}, ((2, 5, D),), count=4 * (D * D + D)),
    "gla": Example(
        {"d_model": D, "heads": H, "rank": 3, "sd": 0.5}, ((2, 5, D),),
        count=2 * D * D // 2 + 3 * D * D + 3 * D + 3 * D // 2 + D // 2 + D // H, causal=True,
    ),
    "lina": Example(
        {"d_model": D, "heads": H, "rank": 3, "state_rank": 2, "scale": 0.5}, ((2, 5, D),),
        count=2 * H * (D // H + 2 * D // H), causal=True,
    ),
    "caa": Example({"d_model": D}, ((2, 5, D),), count=2 * (D * D + D) + 2 * D, over_batch=True),
    "modality_gate": Example(
        {"d_model": D, "heads": H}, ((2, 5, D),), count=4 * D * D + H * D, causal=True, length=False,
        more=lambda: {"image": np.array([False, True, True, False, True])},
    ),
    "modality_block": Example(
        {"d_model": D, "heads": H, "hidden": 6, "bottleneck": 3}, ((2, 5, D),),
        count=4 * D * D + H * D + 2 * D + 3 * 3 * 3 * D + 3 * 6 * D, causal=True, length=False,
        more=lambda: {"image": np.array([False, True, True, False, True])},
    ),
    "norga": Example(
        {"d_model": D, "heads": H, "prompts": 3}, ((2, 5, D),), count=4 * (D * D + D) + 2 * 3 * D + 2,
    ),
    "feature_selection_channels": Example({"channels": D}, ((2, D, 3, 3),), count=D, length=False),
    "feature_selection_head": Example(
        {"features": D, "hidden": 6, "classes": 3}, ((2, D),),
        count=D + 6 + D * 6 + 6 + 6 * 3 + 3, length=False,
    ),
    "seqboat": Example(
        {"d_model": D, "d_query": 4, "d_value": 10, "averages": 2, "window": 2, "positions": 3}, ((2, 7, D),),
        count=2 * D + 4 * D * 2 + D + (2 + D) * (D + 1) + 1 + (4 + 2 * 10) * (D + 1) + D * 11 + 4 * 4 + 5,
        causal=True,
    ),
    "gated_delta_net": Example(
        {"d_model": D, "heads": H, "head_width": 3, "share_bias": True, "skip": True}, ((2, 5, D),),
        count=4 * H * 3 * D + 4 * H * 6 * D // 2 + H * (3 + 3 + 6) * 4 + 2 * H * D + 4 * H + 6, causal=True,
    ),
    "sliding_window": Example(
        {"d_model": D, "heads": 4, "kv_heads": 2, "window": 2, "sd": 0.5}, ((2, 5, D),),
        count=3 * D * D + D + D, causal=True,
    ),
    "hybrid_stack": Example(
        {"d_model": D, "depth": 2, "heads": 4, "kv_heads": 2, "window": 2, "delta_heads": H, "head_width": 3,
         "hidden": 6}, ((2, 5, D),),
        count=(3 * D * D + 2 * D) + (2 * H * 3 * D + 3 * H * 6 * D + H * 12 * 4 + 2 * H * D + 2 * H + 6)
        + 2 * (2 * D + 3 * 6 * D), causal=True,
    ),
    "agent_attention": Example(
        {"d_model": D, "heads": H, "agents": 4, "rows": 2, "columns": 3, "table": 3}, ((2, 7, D),),
        count=4 * (D * D + D) + 9 * D + D + 2 * H * 4 * (3 * 3 + 2 + 3 + 1), length=False,
    ),
    "agent_windows": Example(
        {"d_model": D, "heads": H, "agents": 1, "rows": 2, "columns": 4, "window": 2, "table": 3},
        ((2, 8, D),),
        count=4 * (D * D + D) + 9 * D + D + 2 * H * (3 * 3 + 2 + 2), length=False,
    ),
    "agile3d": Example(
        {"d_model": D, "heads": H, "hidden": 6, "levels": 2, "background": 2, "dimensions": 2}, ((2, 6, D),),
        count=2 * 2 * D + 2 * (3 * (4 * (D * D + D) + 2 * D) + 2 * 6 * D + 6 + D + 2 * D) + 2 * D
        + 2 * (D * D + D), length=False,
        more=lambda: {
            "coordinates": np.array([[0.0, 0.1], [0.4, 0.9], [1.0, 0.3], [0.2, 0.6], [0.7, 0.7], [0.9, 0.0]]),
            "clicks": (np.array([0, 4, 2]), np.array([1, 2, 0]), np.array([0, 1, 2])),
        },
    ),
    "garnet": Example(
        {"channels": 4, "outputs": 3, "stride": 2, "kernel": 3}, ((2, 4, 5, 6), (2, 1, 3, 3)),
        count=(9 * 4 * 3 + 3) + (9 * 3 * 3 + 3) + 2 * 3 * 9 + 2 + (4 * 3 + 3), length=False,
    ),
    "little_attention": Example(
        {"channels": 4, "on": "both", "kernel": 3, "ratio": 2}, ((2, 4, 5, 3),),
        count=9 + 1 + 2 * 4 * 2 + 2 + 4, length=False,
    ),
    "vig": Example(
        {"d_model": D, "heads": H, "rank": 3}, ((2, 6, D),), more=lambda: {"grid": (2, 3)}, length=False,
        count=9 * D + 2 * D * D // 2 + 3 * D * D + D + 3 * D + 3 * D + D + 2 * (D // H),
    ),
    "lightning": Example(
        {"d_model": D, "heads": H, "layer": 1, "depth": 3}, ((2, 5, D),),
        count=4 * D * D + 2 * D * D // H + 2 * D, causal=True,
    ),
    "transnormer": Example(
        {"d_model": D, "heads": H, "hidden": 6, "positions": True}, ((2, 5, D),),
        count=4 * D * D + 2 * D * D // H + D + 3 * 6 * D, causal=True,
    ),
    "adversarial_gate": Example(
        {"channels": 3, "skip": 2, "filters": 2, "classes": 3}, ((2, 3, 2, 3), (2, 2, 4, 6)),
        count=(9 * 3 * 2 + 2) + (9 * 4 * 2 + 2) + (9 * 2 * 2 + 2) + (2 * 3 + 3) + 3 * 2 * 2,
        over_batch=True, length=False,
    ),
    "scale_discriminator": Example(
        {"maps": 2, "filters": 1, "scales": 3, "height": 4, "width": 8},
        ((2, 2, 4, 8), (2, 2, 2, 4), (2, 2, 1, 2)),
        count=16 * 2 * 2 + 2 + (2 * 13 + 13) + (16 * 15 * 4 + 4) + (4 * 13 + 13) + (16 * 15 * 8 + 8)
        + 8 * 2 + 1, length=False,
    ),
    "attention_gru": Example(
        {"d_input": 3, "d_hidden": 6, "d_attention": 5}, ((2, 7, 3),),
        count=3 * 6 * (3 + 6 + 2) + 5 * 6 + 5 + 5 + 6 + 1, causal=True,
    ),
    "conv_autoencoder": Example(
        {"wide": 4, "narrow": 3, "taps": 5}, ((2, 9, 1),),
        count=4 * 5 + 4 + 3 * 4 * 5 + 3 + 3 * 4 * 5 + 4 + 4 * 5 + 1, length=False,
    ),
    "ear_unet": Example(
        {"channels": 2, "classes": 3, "filters": 2, "depth": 1}, ((2, 2, 4, 2),),
        count=residual(2, 2) + residual(2, 4) + residual(4, 2) + (2 * 3 + 3) + (4 * 2 * 4 + 2)
        + 2 * (2 + 1) + (1 + 1) + 2 * (1 + 1 + 1),
        over_batch=True, length=False,
    ),
}  # fmt: skip
