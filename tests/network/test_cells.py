"""The neurons of a network: excitatory first, each population from its own settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.network.cells import Cells, Population
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Normal, Uniform
from neurogate.neurons.models import MODELS
from neurogate.neurons.presets import PRESETS

ROW = {name: row for row, name in enumerate(MODELS["izhikevich_2003"].names)}


@given(n=st.integers(1, 2000), fraction=st.floats(0, 1))
def test_every_neuron_is_of_one_type_and_the_share_is_met(n: int, fraction: float) -> None:
    excitatory, inhibitory = Cells(inhibitory_fraction=fraction).split(n)
    assert excitatory + inhibitory == n
    assert min(excitatory, inhibitory) >= 0
    assert abs(inhibitory - n * fraction) <= 0.5


def test_inhibitory_neurons_come_last_with_parameters_and_bias_of_their_own(
    rng: np.random.Generator,
) -> None:
    cells = Cells(
        excitatory=Population(preset="excitatory_2003", bias=Constant(value=5.0)),
        inhibitory=Population(
            preset="inhibitory_2003", parameters={"d": Constant(value=3.5)}, bias=Uniform(low=1, high=2)
        ),
    )
    rows, bias = cells.draw(50, rng)
    assert rows.shape == (len(ROW), 50)
    assert (rows[ROW["a"], :40] == 0.02).all()
    assert (rows[ROW["a"], 40:] > 0.02).all()
    assert (rows[ROW["d"], 40:] == 3.5).all()
    assert (rows[ROW["d"], :40] != 3.5).all()
    assert (bias[:40] == 5).all()
    assert ((bias[40:] >= 1) & (bias[40:] < 2)).all()


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_network_may_be_of_one_type(fraction: float, rng: np.random.Generator) -> None:
    rows, bias = Cells(inhibitory_fraction=fraction).draw(20, rng)
    assert rows.shape == (5, 20)
    assert (rows[ROW["c"]] == -65).all() == (fraction == 1)
    assert bias.shape == (20,)


@pytest.mark.parametrize("preset", [name for name, p in PRESETS.items() if p.model == "izhikevich_2007"])
def test_rows_are_in_the_order_of_the_model(preset: str, rng: np.random.Generator) -> None:
    population = Population(preset=preset)
    cells = Cells(model="izhikevich_2007", excitatory=population, inhibitory=population)
    rows = MODELS["izhikevich_2007"].unpack(cells.draw(10, rng)[0])
    for name, source in PRESETS[preset].parameters.items():
        assert (rows[name] == source.value).all()


def test_draws_are_those_of_the_generator() -> None:
    first, again, other = (Cells().draw(30, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[1] != other[1]).all()


def test_changing_the_bias_leaves_the_parameters() -> None:
    plain = Cells().draw(30, np.random.default_rng(1))[0]
    biased = Cells(excitatory=Population(preset="adapting_excitatory", bias=Normal(mean=9, sd=0)))
    np.testing.assert_array_equal(biased.draw(30, np.random.default_rng(1))[0][:, :24], plain[:, :24])


def test_neurons_begin_at_rest_or_where_they_are_told_to() -> None:
    told = ReservoirSpec(n=50, cells=Cells(start_mV=Uniform(low=-80.0, high=-50.0)))
    rest, drawn = (
        Reservoir.build(spec, [1, 2], 0, backend="numpy").initial_state().values
        for spec in (ReservoirSpec(n=50), told)
    )
    assert (rest[:, 0] == -65).all()
    assert ((drawn[:, 0] >= -80) & (drawn[:, 0] <= -50)).all()
    assert (drawn[0, 0] != drawn[1, 0]).all()
    alone = Reservoir.build(told, [2], 0, backend="numpy").initial_state().values
    np.testing.assert_array_equal(alone[0], drawn[1])
    np.testing.assert_allclose(drawn[:, 1] / drawn[:, 0], rest[:, 1] / rest[:, 0], rtol=1e-12)


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"preset is 'excitatory'; it must be one of excitatory_2003, "):
        Population(preset="excitatory")


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError) as caught:
        Population(preset="excitatory_2003", parameters={"k": Constant(value=1.0), "a": Constant(value=0.1)})
    assert str(caught.value) == "parameters holds 'k'; the preset excitatory_2003 takes a, b, c, d, v_peak."


def test_a_preset_of_another_model_is_refused_with_those_that_fit() -> None:
    with pytest.raises(ValueError) as caught:
        Cells(model="izhikevich_2007")
    message = str(caught.value)
    assert message.startswith("excitatory.preset is 'adapting_excitatory', made for izhikevich_2003; ")
    fitting = message.partition("must be one of ")[2].rstrip(".").split(", ")
    assert {PRESETS[name].model for name in fitting} == {"izhikevich_2007"}
