"""The backbone of Zoology's second figure."""

from __future__ import annotations

import typing

import numpy as np
import pytest

from neurogate.attention.layers.zoology_backbone import Mixer, ZoologyBackbone
from neurogate.attention.operators import layer_norm
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

MIXERS = typing.get_args(Mixer)


@pytest.mark.parametrize("mixer", MIXERS)
def test_gradients_are_those_of_finite_differences(mixer: str, rng: np.random.Generator) -> None:
    layer = ZoologyBackbone(d_model=4, mixer=mixer, layers=2, l_max=6)
    check_layer(rng, layer, rng.standard_normal((2, 5, 4)))


@pytest.mark.parametrize("mixer", MIXERS)
def test_every_mixer_is_causal(mixer: str, rng: np.random.Generator) -> None:
    layer, x = ZoologyBackbone(d_model=4, mixer=mixer, l_max=6), rng.standard_normal((1, 6, 4))
    moved = x.copy()
    moved[:, 3, 0] += 1.0
    before, after = (layer.forward(each)[0] for each in (x, moved))
    assert np.abs(after - before)[:, :3].max() <= TOLERANCE["two ways", "float64"]
    assert (np.abs(after - before)[:, 3:] > TOLERANCE["two ways", "float64"]).any()


def test_a_mixer_of_zero_leaves_norms_on_the_stream(rng: np.random.Generator) -> None:
    layer, x = ZoologyBackbone(d_model=4, mixer="hyena", layers=1, l_max=6), rng.standard_normal((1, 5, 4))
    layer.parameters["layer0.mixer.out.weight"] = np.zeros((4, 4))
    normed, _ = layer_norm.forward(x)
    wanted, _ = layer_norm.forward(x + normed)
    assert np.abs(layer.forward(x)[0] - wanted).max() <= TOLERANCE["two ways", "float64"]


@pytest.mark.parametrize(
    ("mixer", "smaller"),
    [("attention", {"o"}), ("hyena", {"out"}), ("rwkv", set()), ("base_conv", set()), ("h3", set()),
     ("based", set()), ("hybrid", {"o"})],
)  # fmt: skip
def test_maps_start_at_a_fiftieth_and_those_called_out_proj_smaller(mixer: Mixer, smaller: set[str]) -> None:
    p = ZoologyBackbone(d_model=64, mixer=mixer, layers=8).parameters
    maps = [name[:-7] for name in p if name.endswith(".weight") and p[name].size >= 64**2]
    for name in maps:
        wanted = 0.02 / 4 if name.split(".")[-1] in smaller else 0.02
        assert p[f"{name}.weight"].std() == pytest.approx(wanted, rel=0.05), name
        assert not p.get(f"{name}.bias", np.zeros(1)).any()
    assert {name.split(".")[-1] for name in maps} >= smaller


def test_more_samples_than_positions_are_a_sentence() -> None:
    with pytest.raises(RequestError, match="attention has positions for 4 samples"):
        ZoologyBackbone(d_model=4, l_max=4).forward(np.ones((1, 5, 4)))
