"""What the papers of gates on softmax attention say of settings and starts, by their numbers."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.catalogue import layer_class
from neurogate.attention.operators import (
    eviction_loss,
    feature_drift,
    info_nce,
    mask_sparsity,
    task_gate,
)
from neurogate.attention.training.routing import Routing

SETTINGS = [
    ("1", "feature_selection", {"start": "xavier", "eps": 1e-5, "ratio": 4}),
    ("1", "feature_selection_channels", {"start": "xavier"}),
    ("1", "feature_selection_head", {"start": "xavier"}),
    ("1", Routing, {"largest_gates": 10.0, "largest_rest": 128.0, "accumulate": False}),
    ("3", "eviction_gate", {"threshold": 0.5, "opening": 2.0, "hard": True, "sd": 0.02}),
    ("3", eviction_loss.forward, {"target": 0.5, "weight": 1.0}),
    ("4", "modality_block", {"bottleneck": 32, "eps": 1e-5}),
    ("5", "norga", {"prompts": 5, "activation": "sigmoid"}),
    ("9", "gated_sdpa", {"head_width": 128, "qk_norm": True, "eps": 1e-6, "bias": False, "sd": 0.02,
                         "position": "G1", "activation": "sigmoid", "combine": "multiply", "shared": False}),
    ("11", "gateformer", {"length": 96, "patch": 8, "stride": 8, "d_model": 512, "rate": 0.1,
                          "detached": True}),
    ("12", "clipped_attention", {"low": -0.025, "high": 1.0, "length": 512}),
    ("12", "head_gated", {"gate": "token", "predictor": "linear", "fine_tuning_sd": 0.01, "length": 512}),
    ("14", "awmoe_gate", {"experts": 4}),
    ("14", info_nce.forward, {"temperature": 0.1}),
    ("23", "gcab", {"d_model": 384, "heads": 12, "largest": 800.0, "ratio": 4}),
    ("23", "gpsa", {"d_model": 384, "heads": 12, "locality": 1.0}),
    ("23", "drift_projector", {"d_model": 384, "tokens": 64}),
    ("23", feature_drift.forward, {"weight": 1e-3}),
    ("23", mask_sparsity.forward, {"weight": 0.05}),
    ("23", task_gate.annealed, {"largest": 800.0}),
    ("23", task_gate.compensated, {"largest": 800.0}),
]  # fmt: skip

SD, ALL, LARGEST = (lambda a: a.std()), np.unique, (lambda a: np.abs(a).max())

STARTS = [
    ("1", "feature_selection_channels", {"channels": 20_000}, "gate", SD, (2 / 20_001) ** 0.5),
    ("3", "eviction_gate", {"heads": 96, "gate_width": 96}, "gate.weight", SD, 0.02),
    ("3", "eviction_gate", {"heads": 96}, "gate.bias", ALL, 2.0),
    ("4", "modality_gate", {"heads": 6}, "gate.weight", ALL, 0.0),
    ("4", "modality_block", {"heads": 6}, "adapter.hidden.weight", SD, 0.02),
    ("4", "modality_block", {"heads": 6}, "text_adapter.hidden.weight", SD, 0.02),
    ("4", "modality_block", {"heads": 6}, "image_adapter.out.weight", ALL, 0.0),
    ("4", "modality_block", {"heads": 6}, "adapter.gate.weight", LARGEST, 96**-0.5),
    ("5", "norga", {"heads": 6, "prompts": 96}, "prompt.keys", SD, 3**-0.5),
    ("5", "norga", {"heads": 6, "prompts": 96}, "prompt.values", LARGEST, 1.0),
    ("5", "norga", {"heads": 6}, "alpha", ALL, 1.0),
    ("5", "norga", {"heads": 6}, "tau", ALL, 1.0),
    *(("9", "gated_sdpa", {"heads": 6, "kv_heads": 6, "head_width": 16}, f"{name}.weight", SD, 0.02)
      for name in ("q", "k", "v", "o", "gate")),
    ("12", "head_gated", {"heads": 6}, "gate.out.bias", ALL, np.log(0.25 / 0.75)),
    ("12", "head_gated", {"heads": 6, "gate": "unconditional"}, "gate", ALL, 0.0),
    ("12", "head_gated", {"heads": 96, "predictor": "all_features", "fine_tuning": True},
     "gate.out.weight", SD, 0.01),
    ("23", "gcab", {"heads": 6, "tasks": 96}, "embedding0", SD, 1.0),
    ("23", "gcab", {"heads": 6, "tasks": 24}, "embedding2", SD, 1.0),
    ("23", "gpsa", {"heads": 6}, "gate", ALL, 1.0),
]  # fmt: skip


def default(of: Any, name: str) -> Any:
    """Return the default of a setting, or of an argument of a function."""
    if inspect.isfunction(of):
        return inspect.signature(of).parameters[name].default
    return attrs.fields_dict(layer_class(of) if isinstance(of, str) else of)[name].default


@pytest.mark.parametrize(("section", "of", "name", "wanted"), [
    (section, of, name, wanted) for section, of, settings in SETTINGS for name, wanted in settings.items()
])  # fmt: skip
def test_a_setting_that_is_left_out_is_the_published_one(
    section: str, of: Any, name: str, wanted: Any
) -> None:
    assert default(of, name) == wanted, section


@pytest.mark.parametrize(("section", "name", "settings", "parameter", "statistic", "wanted"), STARTS)
def test_parameters_start_as_published(
    section: str, name: str, settings: dict[str, Any], parameter: str, statistic: Any, wanted: float
) -> None:
    width = {} if name == "feature_selection_channels" else {"d_model": 96}
    found = statistic(make(name, **width, **settings).parameters[parameter])
    np.testing.assert_allclose(found, wanted, rtol=1e-12 if statistic is ALL else 0.03, err_msg=section)
