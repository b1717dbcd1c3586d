"""The drawing of the model names what the configuration holds, and no factor that a rule has not."""

from __future__ import annotations

from matplotlib.patches import FancyArrowPatch

from neurogate.plotting.circuit import circuit
from neurogate.plotting.style import drawing


def drawn(**options):
    with drawing(None, 180.0, 62.0) as axes:
        boxes = circuit(3, ["X", "Y"], "300 neurons", ax=axes, **options)
    return axes, [text.get_text() for text in boxes], [text.get_text() for text in axes.texts]


def arrows(axes):
    return sum(isinstance(patch, FancyArrowPatch) for patch in axes.patches)


def test_cues_outcomes_and_the_network_are_named():
    _, _, words = drawn()
    assert {"cue 1", "cue 3", "outcome X", "outcome Y", "300 neurons"} <= set(words)


def test_gates_stand_in_their_box_and_no_gate_at_all_is_always_open():
    _, boxes, words = drawn(rule="three-factor", gates=["phase", "error"])
    assert boxes[-1] == "gate\nphase × error"
    assert {"three-factor", "online"} <= set(words)
    assert "online and by replay" in drawn(gates=[], replayed=True)[2]
    assert drawn(gates=[])[1][-1] == "gate\nalways open"


def test_a_rule_that_has_no_gates_has_no_factors():
    _, boxes, words = drawn(rule="FORCE")
    assert len(boxes) == 2
    assert "both learn by FORCE" in words


def test_only_a_network_that_is_connected_hears_itself():
    assert arrows(drawn()[0]) == arrows(drawn(recurrent=False)[0]) + 1


def test_inhibitory_neurons_are_their_share_of_the_dots():
    axes, *_ = drawn(inhibitory=0.2)
    excitatory, inhibitory = (len(dots.get_offsets()) for dots in axes.collections[:2])
    assert inhibitory == round(0.2 * (excitatory + inhibitory))
