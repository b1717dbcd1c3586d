"""Recurrent and convolutional mixers start as their papers, or their authors' code, say."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.catalogue import layer_class
from neurogate.attention.operators import damped_ema, delta_rule, lightning, linear_recurrence
from neurogate.attention.training import grafting
from neurogate.tasks.associative_recall import FIGURE_2, AssociativeRecall

SETTINGS: list[tuple[str, Any, dict[str, Any]]] = [
    ("13", "sliding_window", {"d_model": 2048, "heads": 16, "kv_heads": 2, "window": 8192, "rotary_base": 1e6,
                              "bias": True, "sd": 0.02}),
    ("13", "gated_delta_net", {"d_model": 2048, "heads": 6, "head_width": 256, "expand_v": 2.0, "kernel": 4,
                               "allow_negative": False, "share_bias": False, "correction": "sigmoid",
                               "input_gate": False, "skip": False, "eps": 1e-5, "key_eps": 1e-6,
                               "chunk": 64}),
    ("13", "hybrid_stack", {"d_model": 2048, "depth": 36, "every": 4, "heads": 16, "kv_heads": 2,
                            "window": 8192, "delta_heads": 16, "head_width": 128, "expand_v": 2.0,
                            "eps": 1e-6}),
    ("13", delta_rule.forward, {"chunk": 64}),
    ("15", "conv_autoencoder", {"channels": 1, "wide": 16, "narrow": 8, "taps": 7}),
    ("15", "attention_gru", {"d_input": 1, "outputs": 1}),
    ("16", "base_conv", {"kernel": "short", "taps": 3, "activation": "identity", "d_hidden": 16,
                         "d_positions": 3}),
    ("16", "hyena", {"d_hidden": 64, "inner": 2, "d_positions": 3, "taps": 3}),
    ("16", "h3", {"d_head": 1, "d_state": 64}),
    ("16", "based", {"d_feature": 16, "eps": 1e-12}),
    ("16", "rwkv_time_mix", {"layers": 12, "place": 0}),
    ("16", "zoology_attention", {"heads": 1, "window": None}),
    ("16", "zoology_backbone", {"layers": 2, "rate": 0.1}),
    ("16", AssociativeRecall, {"vocabulary": 8192, "length": 64, "pairs": 4, "power": 0.01, "fill": False}),
    *(("17", name, {"d_model": 1152, "taps": 4}) for name in ("hyena_x", "hyena_y", "hyena_se")),
    ("17", "hyena_mlp", {"d_model": 1152, "taps": 4}),
    ("17", "local_attention", {"d_model": 1152, "heads": 16, "before": 4, "after": 4}),
    ("17", "linear_attention", {"d_model": 1152, "heads": 16, "eps": 1e-6}),
    ("17", grafting.distil, {"loss": "l1"}),
    ("18", "seqboat", {"d_model": 512, "d_query": 96, "d_value": 2 * 512, "averages": 16, "window": 128,
                       "ahead": False, "activation": "relu2", "code": "bias", "positions": 1024,
                       "temperature": 1.0, "lags": None, "prenorm": True, "norm": "layer"}),
    ("18", damped_ema.forward, {"lags": None}),
    ("21", "gla", {"d_model": 1024, "heads": 4, "expand_k": 0.5, "expand_v": 1.0, "rank": 16, "tau": 16.0,
                   "clamp_min": None, "output_gate": True, "kernel": 0, "initialisation": "normal",
                   "sd": 0.02, "eps": 1e-5, "chunk": 64}),
    ("21", linear_recurrence.forward, {"chunk": 64}),
    ("22", "lina", {"expand_k": 1.0, "expand_v": 2.0, "rank": 16, "tau": 16.0, "kernel": 0,
                    "initialisation": "xavier", "state_rank": 1, "full": False, "scale": 0.02}),
    ("34", "lightning", {"schedule": "alibi", "norm": "layer", "positions": False, "eps": 1e-5, "block": 64}),
    ("34", lightning.forward, {"block": 64}),
    ("36", "transnormer", {"schedule": "alibi", "norm": "rms", "eps": 1e-6}),
]  # fmt: skip

CUT = 0.8796256610342398  # the standard deviation of a normal distribution that is cut at two of its own


def mean(a: np.ndarray) -> float:
    return float(a.mean())


def sd(a: np.ndarray) -> float:
    return float(a.std())


def largest(a: np.ndarray) -> float:
    return float(np.abs(a).max())


def row(a: np.ndarray) -> np.ndarray:
    """Return the row that all rows are."""
    (only,) = np.unique(a, axis=0)
    return only


def softplus(a: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(a))


def ends_of_steps(a: np.ndarray) -> list[float]:
    return [float(np.log(softplus(a)).min()), float(np.log(softplus(a)).max())]


_DELTA = {"d_model": 8, "heads": 2000, "head_width": 1, "skip": True}
_BOAT: dict[str, Any] = {"d_model": 400, "d_query": 400, "d_value": 400}
_H3 = {"d_model": 800, "d_state": 6}
_STEPS = [math.log(1e-3), math.log(0.1)]

# Of layers: their settings, a parameter, a statistic, and what it is. Single numbers are those of all.
STARTS: list[tuple[str, str, dict[str, Any], str, Callable[[np.ndarray], Any], Any]] = [
    ("13", "gated_delta_net", _DELTA, "decay.log_rate", lambda a: mean(np.exp(a)), 8.0),
    ("13", "gated_delta_net", _DELTA, "decay.log_rate", lambda a: largest(np.exp(a)), 16.0),
    ("13", "gated_delta_net", _DELTA, "decay.shift", ends_of_steps, _STEPS),
    ("13", "gated_delta_net", _DELTA, "decay.shift", lambda a: mean(np.log(softplus(a))), sum(_STEPS) / 2),
    ("13", "gated_delta_net", _DELTA, "skip", np.unique, 1.0),
    ("13", "gated_delta_net", _DELTA, "norm.weight", np.unique, 1.0),
    ("13", "sliding_window", {"d_model": 256}, "q.weight", sd, 0.02),
    ("13", "sliding_window", {"d_model": 256}, "o.weight", sd, 0.02),
    ("13", "sliding_window", {"d_model": 256}, "k.bias", np.unique, 0.0),
    ("16", "base_conv", {"d_model": 64, "kernel": "long"}, "conv.filter", sd, 1.0),
    ("16", "hyena", {"d_model": 600, "l_max": 8, "d_hidden": 4}, "skip", sd, 1.0),
    ("16", "hyena", {"d_model": 8, "l_max": 8}, "filter.frequency", np.unique, 1.0),
    ("16", "h3", _H3, "diagonal.log_decay", lambda a: np.unique(np.exp(a)), 0.5),
    ("16", "h3", _H3, "diagonal.frequency", row, np.pi * np.arange(3)),
    ("16", "h3", _H3, "diagonal.log_step", lambda a: [a.min(), a.max()], _STEPS),
    ("16", "h3", _H3, "diagonal.c", lambda a: mean((a**2).sum(axis=-1)), 1.0),
    ("16", "h3", _H3, "shift.skip", sd, 1.0),
    ("16", "h3", _H3, "skip", sd, 1.0),
    ("16", "rwkv_time_mix", {"d_model": 300}, "decay", lambda a: [a.min(), a.max()], [-5.0, 3.0]),
    ("16", "rwkv_time_mix", {"d_model": 300}, "bonus", lambda a: np.unique(a.round(9)),
     np.log(0.3) + np.array([-0.5, 0.0, 0.5])),
    ("16", "zoology_backbone", {"d_model": 256}, "positions", sd, 0.02),
    ("17", "hyena_y", {"d_model": 8}, "inner.weight", row, [0, 0, 0, 1]),
    ("17", "hyena_y", {"d_model": 8}, "inner.bias", np.unique, 0.0),
    ("17", "hyena_se", {"d_model": 8}, "inner.weight", row, [0, 0, 0, 1]),
    ("18", "seqboat", _BOAT, "temperature", np.exp, math.sqrt(400)),
    ("18", "seqboat", _BOAT | {"temperature": 0.3}, "temperature", np.exp, 0.3 * math.sqrt(400)),
    ("18", "seqboat", _BOAT, "ema.delta", sd, 0.2 * CUT),
    ("18", "seqboat", _BOAT, "ema.alpha", sd, 0.2 * CUT),
    ("18", "seqboat", _BOAT, "ema.beta", lambda a: a.mean(axis=0), 8 * [1.0, -1.0]),
    ("18", "seqboat", _BOAT, "ema.beta", lambda a: sd(a - a.mean(axis=0)), 0.02 * CUT),
    ("18", "seqboat", _BOAT, "ema.gamma", sd, CUT),
    ("18", "seqboat", _BOAT, "ema.omega", sd, CUT),
    *(("18", "seqboat", _BOAT, f"{name}.weight", sd, 0.02 * CUT)
      for name in ("unit.z", "unit.r", "unit.v", "unit.o", "route", "candidate")),
    *(("18", "seqboat", _BOAT, f"{name}.bias", np.unique, 0.0)
      for name in ("unit.z", "unit.r", "unit.v", "unit.o", "route", "candidate", "norm")),
    *(("18", "seqboat", {"d_model": 2, "d_query": 4000, "d_value": 2}, f"unit.{name}.scale", sd, 0.02 * CUT)
      for name in "qk"),
    *(("18", "seqboat", _BOAT, f"unit.{name}.shift", np.unique, 0.0) for name in "qk"),
    ("18", "seqboat", _BOAT, "unit.relative", sd, 0.02 * CUT),
    ("18", "seqboat", _BOAT, "unit.relative", len, 2 * 1024 - 1),
    *(("21", "gla", {"d_model": 256}, f"{name}.weight", sd, 0.02)
      for name in ("q", "k", "v", "gate", "decay_in", "decay", "o")),
    ("21", "gla", {"d_model": 256}, "decay.bias", np.unique, 0.0),
    ("21", "gla", {"d_model": 256}, "norm.weight", np.unique, 1.0),
    ("21", "gla", {"d_model": 256, "expand_k": 1.0, "expand_v": 2.0, "initialisation": "xavier"}, "v.weight",
     largest, 2**-2.5 * math.sqrt(6 / (256 + 512))),
    ("22", "lina", {"d_model": 64, "state_rank": 40}, "kappa", sd, 1.0),
    ("22", "lina", {"d_model": 64, "state_rank": 40}, "nu", sd, 0.02),
    ("22", "lina", {"d_model": 256, "full": True}, "state", sd, 0.02),
    ("34", "lightning", {"d_model": 256}, "norm.weight", np.unique, 1.0),
    ("34", "lightning", {"d_model": 256}, "gate_in.weight", np.shape, (256 // 8, 256)),
]  # fmt: skip


made = functools.cache(make)  # of many numbers, for many questions


def default(of: Any, name: str) -> Any:
    """Return the default of a setting, or of an argument of a function."""
    if inspect.isfunction(of):
        return inspect.signature(of).parameters[name].default
    return attrs.fields_dict(layer_class(of) if isinstance(of, str) else of)[name].default


@pytest.mark.parametrize(("section", "of", "wanted"), SETTINGS)
def test_a_setting_that_is_left_out_is_the_published_one(section: str, of: Any, wanted: Any) -> None:
    assert {name: default(of, name) for name in wanted} == wanted, section


@pytest.mark.parametrize(("section", "name", "settings", "parameter", "statistic", "wanted"), STARTS)
def test_parameters_start_as_published(
    section: str, name: str, settings: dict[str, Any], parameter: str, statistic: Any, wanted: Any
) -> None:
    found = statistic(made(name, **settings).parameters[parameter])
    drawn = statistic not in (np.unique, np.exp, np.shape, len, row)
    np.testing.assert_allclose(found, wanted, rtol=0.05 if drawn else 1e-12, atol=1e-12, err_msg=section)


def test_the_second_figure_of_zoology_has_three_lengths() -> None:
    assert [(task.length, task.pairs) for task in FIGURE_2.values()] == [(64, 4), (128, 8), (256, 16)]


def test_the_frozen_layer_of_lina_is_that_of_the_older_code() -> None:
    frozen = make("lina", d_model=256).frozen.parameters
    for name, width in (("q", 256), ("k", 256), ("v", 512), ("gate", 512), ("decay_in", 16)):
        assert frozen[f"{name}.weight"].shape == (width, 256)
        bound = 2**-2.5 * math.sqrt(6 / (256 + width))
        assert largest(frozen[f"{name}.weight"]) == pytest.approx(bound, rel=0.01)
    assert not frozen["decay.bias"].any()
