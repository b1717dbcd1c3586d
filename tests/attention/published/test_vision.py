"""Gates in vision networks start as their papers, or their authors' code, say: settings, constants, draws."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from neurogate.attention import make
from neurogate.attention.catalogue import layer_class
from neurogate.attention.layers.scale_discriminator import SQUEEZED
from neurogate.attention.operators import click_loss, kernel_attention, patch_labels, pointer_loss
from neurogate.attention.training import adversarial, clicks

KERAS = {"momentum": 0.01, "eps": 1e-3}  # the weight of the new; Keras states that of the old, 0.99
PYTORCH = {"momentum": 0.1, "eps": 1e-5}

SETTINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("adversarial_gate", "2", {"filters": 32, "classes": 4, "norm": True, **KERAS}),
    ("scale_discriminator", "2", {"maps": 3, "filters": 32, "scales": 4}),
    ("additive_gate", "6", {"inner": None, "factor": 2, "mode": "sigmoid", "activation": "relu", **PYTORCH}),
    ("concatenating_gate", "6", {"inner": None, "axes": 3, **KERAS}),
    ("channel_attention", "6", {"likeness": "unlike"}),
    ("dual_attention", "6", {"inner": None, "axes": 3, "likeness": "like", "rate": 0.5, **KERAS}),
    ("ear_gate", "7", {"inner": None, **PYTORCH}),
    ("residual_decoder", "7", PYTORCH),
    ("ear_unet", "7", {"gated": True, **PYTORCH}),
    ("garnet", "10", {"kernel": 7, "stride": 1, "masked": True}),
    ("v2p", "20", {"heads": 8, "rate": 0.1, "eps": 1e-5}),
    ("vig", "24", {"d_model": 192, "heads": 3, "expand_k": 0.5, "rank": 16, "tau": 16.0, "kernel": 3,
                   "out_activation": True, "directions": "both", "rotary": False, "rotary_side": 14}),
    ("ninformer", "25", {"d_model": 256, "tokens": 64, "hidden": 512, "rate": 0.5, "eps": 1e-5}),
    ("herseg_dla", "26", {"ratio": 2, "bottleneck": 4, "eps": 1e-5}),
    ("little_attention", "28", {"on": "places", "squeeze": "mean", "ratio": 16, "bias": 0}),
    ("agent_attention", "35", {"agents": 49, "rows": 14, "columns": 14, "class_token": True, "table": 7,
                               "bias": True, "sd": 0.02}),
    ("agent_windows", "35", {"class_token": False, "table": 7, "bias": True, "sd": 0.02}),
    ("agile3d", "39", {"d_model": 128, "heads": 8, "hidden": 1024, "levels": 3, "background": 10}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "section", "wanted"), SETTINGS)
def test_settings(name: str, section: str, wanted: dict[str, Any]) -> None:
    fields = attrs.fields_dict(layer_class(name))
    assert {key: fields[key].default for key in wanted} == wanted, section


@pytest.mark.parametrize(
    ("function", "section", "wanted"),
    [
        (adversarial.balanced, "2", {"share": 0.1}),
        (patch_labels.gaussian, "20", {"factor": 4.1325}),
        (pointer_loss.forward, "20", {"suppression": 1.0}),
        (kernel_attention.forward, "26", {"eps": 1e-6}),
        (click_loss.forward, "39", {"factor": 2.0}),
        (click_loss.importance, "39", {"near": 2.0, "far": 0.8, "reach": 0.3}),
        (clicks.simulate, "39", {"most": 20}),
        (clicks.clicks_to, "39", {"target": 0.85, "most": 20}),
    ],
)
def test_options_of_functions(function: Callable[..., Any], section: str, wanted: dict[str, float]) -> None:
    options = inspect.signature(function).parameters
    assert {key: options[key].default for key in wanted} == wanted, section


# Of layers: their settings, a parameter, its mean and its standard deviation.
DRAWS: list[tuple[str, str, dict[str, Any], str, float, float]] = [
    ("adversarial_gate", "2", {}, "merge.weight", 0.0, math.sqrt(2 / (64 * 9))),
    ("adversarial_gate", "2", {}, "up.bias", 0.0, 0.0),
    ("scale_discriminator", "2", {"height": 16, "width": 16}, "level1.weight", 0.0, math.sqrt(2 / (16 * 16))),
    ("scale_discriminator", "2", {"height": 16, "width": 16}, "squeeze1.bias", 0.0, 0.0),
    ("additive_gate", "6", {"channels": 512, "inner": 8}, "out.norm.weight", 1.0, 0.02),
    ("additive_gate", "6", {"channels": 512, "inner": 8}, "out.norm.bias", 0.0, 0.0),
    ("additive_gate", "6", {}, "theta.weight", 0.0, math.sqrt(2 / (64 * 4))),
    ("additive_gate", "6", {}, "phi.weight", 0.0, math.sqrt(2 / 128)),
    ("additive_gate", "6", {}, "out.weight", 0.0, math.sqrt(2 / 64)),
    ("position_attention", "6", {"channels": 16}, "gamma", 0.0, 0.0),
    ("channel_attention", "6", {"channels": 16}, "gamma", 0.0, 0.0),
    ("garnet", "10", {}, "gate.alpha", 0.5, 0.0),
    ("garnet", "10", {}, "gate.beta", 0.5, 0.0),
    ("gcab", "23", {}, "o.weight", 0.0, 0.02),
    ("gpsa", "23", {}, "q.weight", 0.0, 0.02),
    ("vig", "24", {}, "q.weight", 0.0, 2**-2.5 * math.sqrt(2 / (192 + 96))),
    ("vig", "24", {}, "gate.weight", 0.0, 2**-2.5 * math.sqrt(2 / (192 + 192))),
    ("vig", "24", {}, "decay.weight", 0.0, 2**-2.5 * math.sqrt(2 / (192 + 16))),
    ("ninformer", "25", {}, "mlp.hidden.weight", 0.0, 1 / math.sqrt(3 * 256)),
    ("ninformer", "25", {}, "token.out.bias", 0.0, 1 / math.sqrt(3 * 512)),
    ("little_attention", "28", {"on": "both"}, "spatial.bias", 0.0, 0.0),
    ("little_attention", "28", {"on": "both"}, "channel.out.bias", 0.0, 0.0),
    ("agent_attention", "35", {}, "q.weight", 0.0, 0.02),
    ("agent_attention", "35", {}, "o.bias", 0.0, 0.0),
    ("agent_attention", "35", {}, "collect.map", 0.0, 0.02),
    ("agent_attention", "35", {}, "hand_back.rows", 0.0, 0.02),
    ("agile3d", "39", {}, "background.feature", 0.0, 1.0),
]


@pytest.mark.parametrize(("name", "section", "more", "parameter", "mean", "sd"), DRAWS)
def test_draws(name: str, section: str, more: dict[str, Any], parameter: str, mean: float, sd: float) -> None:
    drawn = make(name, **more).parameters[parameter]
    of_few = 5 / math.sqrt(drawn.size)  # five deviations of what is estimated
    assert abs(drawn.mean() - mean) <= of_few * sd, section
    assert abs(drawn.std() - sd) <= of_few * sd / math.sqrt(2), section


def test_inner_channels_are_half_of_those_of_a_skip_connection_and_an_eighth_of_those_of_places() -> None:
    assert make("additive_gate").parameters["theta.weight"].shape == (32, 64, 2, 2)
    assert make("concatenating_gate").parameters["g.weight"].shape == (32, 64, 1, 1, 1)
    assert make("ear_gate").parameters["g.weight"].shape == (32, 64, 1, 1)
    assert make("position_attention", channels=24).parameters["q.weight"].shape[0] == 3
    assert make("herseg_dla", d_model=24, heads=6).parameters["value.hidden.weight"].shape == (6, 24)


def test_the_discriminator_has_13_channels_beside_each_map_and_twice_as_many_filters_at_each_level() -> None:
    shapes = {name: a.shape for name, a in make("scale_discriminator", height=8, width=8).parameters.items()}
    assert SQUEEZED == 13
    assert shapes["first.weight"] == (64, 3, 4, 4)
    assert [shapes[f"level{i}.weight"] for i in (1, 2, 3)] == [(64 << i, 16, 4, 4) for i in (1, 2, 3)]


def test_places_of_clicks_have_frequencies_of_a_normal_distribution() -> None:
    waves = make("agile3d", levels=1, hidden=4).frequencies
    assert waves.shape == (3, 64)
    assert waves.std() == pytest.approx(1, rel=0.2)
