"""What `yamada_chao_2025.py` simulates: simulations, rules, lesions and controls, and what they are called.

A part of that script, not a script of its own. What is judged belongs in
`yamada_chao_2025_claims.py`, of parts of the rule and the network in `yamada_chao_2025_ablations.py`, of
subspaces in `yamada_chao_2025_subspaces.py`, of other tasks in `yamada_chao_2025_paradigms.py`; what is
drawn, in `yamada_chao_2025_figures.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import attrs

from neurogate import config
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.runs.over_seeds import Seeds

NAME = "yamada_chao_2025"
OURS, PLAIN = "surprise_replay", "three_factor"
LOCAL = (PLAIN, "no_gate", "delta", "reward_hebbian", "e_prop")
ALARMED = "force_alarm"  # begins anew when it hears what OURS does
FORGETTING = ("force_forgetting", "force_two_memories")
LEAST_SQUARES = ("force", *FORGETTING, ALARMED, "force_reset")
RIVALS = (*LOCAL, *LEAST_SQUARES)


@attrs.frozen
class Study:
    """A shipped simulation, changes to it, and which rules are left, of the main one if it has them."""

    simulation: str
    changes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def load(self, *, quick: bool = False, seed: int = 1) -> config.Simulation:
        """Return the simulation of a seed."""
        return _load(self, quick, seed)


@functools.cache
def _load(study: Study, quick: bool, seed: int) -> config.Simulation:
    tables = config.unstructure(config.load(study.simulation, overrides=list(study.changes), quick=quick))
    if study.rules:
        main = tables if study.simulation == NAME else config.unstructure(config.load(NAME, quick=quick))
        tables["rules"] = {name: {**tables["rules"], **main["rules"]}[name] for name in study.rules}
    tables["run"]["seed"] = seed
    if quick:  # enough to see that all of it runs
        tables["reservoir"]["n"] = 100
        for block in tables["task"]["blocks"]:
            block["trials"] //= 6
    return cast(config.Simulation, config.structure(tables))  # none of them teaches a signal


def _biased(bias: float) -> tuple[str, ...]:
    """Return what sets the mean bias of all neurons, and with it their rates."""
    kinds = ("excitatory", "inhibitory")
    return tuple(f"reservoir.cells.{kind}.bias={{normal=[{bias}, 1.0]}}" for kind in kinds)


def _alike(bias: float) -> tuple[str, ...]:
    """Return what makes all neurons alike, in cells, synapses and traces."""
    return (
        f'reservoir.cells.excitatory={{preset="alike_adapting", bias={bias}}}',
        f'reservoir.cells.inhibitory={{preset="fast_spiking_2003", bias={bias}}}',
        "reservoir.synapse.tau_ms=70.71",
        "reservoir.trace.tau_ms=67.08",
    )


def _varied(simulation: str, kind: str, variants: Mapping[str, Sequence[str]]) -> Study:
    """Return a rule that is changed in some way or other, each by a name of its own."""
    told = (f"rules.{n}.{key}" for n, changes in variants.items() for key in (f"kind={kind}", *changes))
    return Study(simulation, tuple(told), tuple(variants))


MAIN = Study(NAME)
# What the main simulation asks, and the rule that is judged, for those that ship without them.
AHEAD = ("task.lead_ms=80.0", "task.replay_within_ms=200.0", "probes.window_ms=[180.0, 1500.0]")
ALIKE = (*AHEAD, f"rules.{OURS}.kind={OURS}")
# What reads networks without spikes, and others where not all rules do, and how it is told there; all of it
# reads the same states.
READERS = {OURS: "", PLAIN: ", three-factor", "force_two_memories": ", two memories"}
SPIKELESS = {
    name: Study(f"what_when_{kind}", AHEAD, tuple(READERS))
    for name, kind in (("echo state", "echo_state"), ("leaky", "leaky"))
}
ADAPTING = Study("what_when_adapting", AHEAD, tuple(READERS))  # without spikes

# What switches, where, and which errors tell of it. All rules of the comparison learn in each of them.
IDENTITIES = Study("what_when_identity", ALIKE, (OURS, *RIVALS))
EVERYTHING = Study("what_when_all_switch", ALIKE, (OURS, *RIVALS))
SWITCHES: Mapping[str, tuple[Study, int, tuple[str, ...]]] = {
    "latencies": (MAIN, 1, ("timing_error_ms",)),
    "probabilities": (MAIN, 2, ("probability_error",)),
    "identities": (IDENTITIES, 1, ("probability_error",)),
    "everything": (EVERYTHING, 1, ("timing_error_ms", "probability_error")),
}
TARGETS, NEVER = {"timing_error_ms": 25.0, "probability_error": 100.0}, 300.0  # trials
# What is asked of an error or a correlation, and what is asked for *partly*.
BOUNDS = {
    "timing_error_ms": (12.0, 25.0),
    "probability_mae": (0.05, 0.1),
    "probability_r": (0.98, 0.95),
    "product_r": (0.97, 0.9),
}
MEASURES = {"timing_error_ms": "timing error (ms)", "probability_mae": "mean |p̂ − p|"}

# What might re-time our rule sooner: settings chosen on seeds 201 to 208.
SOONER = {"twice_the_rate": ("eta_when=0.4",), "omissions_teach": ("omission=0.1",)}
HASTY = _varied(NAME, OURS, SOONER)

# Our rule without one of its parts, and what of them can act on each error at all, as ACTS_ON below.
DEAF = "no_alarm_of_times"
WITHOUT = {
    "always_open": ("gates=[]",),
    "one_replay": ("replays=1",),
    "no_alarm": ("detector.alarm=1e9",),
    DEAF: ("detector.startle=1e9",),
    "omissions_teach_fully": ("omission=1.0",),
}
OURS_WITHOUT = _varied(NAME, OURS, WITHOUT)
OURS_ACTS_ON = {  # the last part acts on odds by the time at which they are read
    "timing_error_ms": ("always_open", "one_replay", "omissions_teach_fully"),
    "probability_mae": ("no_alarm", DEAF, "omissions_teach_fully"),
}

# The rule without the error's gate, open always or while the cue is on, with smaller steps of *when*.
WHOLE_STEP = ThreeFactor().eta_when
STEPS = {
    f"{when}_{percent:02}": (f"gates={gates}", f"eta_when={WHOLE_STEP * percent / 100:g}")
    for when, gates in (("always", "[]"), ("cue", '[{kind="phase"}]'))
    for percent in (50, 20, 10, 5)
}


SMALL_STEPS = _varied(NAME, PLAIN, STEPS)
# As open as the error would have it, at random times in the cue's phase; where there is an error its steps
# are smaller, so it has larger rates, too.
AT_RANDOM = {
    f"at_random_{times}": (
        'gates=[{kind="phase"}, {kind="shuffled_error"}]',
        f"eta_when={WHOLE_STEP * times:g}",
    )
    for times in (1, 3, 10)
}
SHUFFLED_ERRORS = _varied(NAME, PLAIN, AT_RANDOM)

LESIONS = ("lesion_cue", "lesion_delay", "lesion_outcome")
PARTS = ("no_gate", "no_error_gate", "shuffled_gate", "no_error", "no_replay", "no_novelty")
# What can act on each at all: gates are those of *when*, replays and novelty are of *what*.
ACTS_ON = {"timing_error_ms": PARTS[:4], "probability_mae": PARTS[3:]}
WORDS = {
    PLAIN: "whole rule",
    "no_gate": "without any gate",
    "no_error_gate": "cue's gate alone, whatever the error",
    "shuffled_gate": "cue's gate at random times",
    "no_error": "without error (pure Hebb)",
    "no_replay": "without offline replay",
    "no_novelty": "without novelty",
    "lesion_cue": "gate closed in the first 100 ms",
    "lesion_delay": "gate closed in the delay",
    "lesion_outcome": "gate closed around the outcome",
    "whole": "whole network",
    "no_slow_synapses": "no slow synapses (all 10 ms)",
    "no_adaptation": "no slow adaptation (u recovers in 50 ms)",
    "500_neurons": "500 neurons in place of 1000",
    "300_neurons": "300 neurons",
    "low_rate": "lower rates (bias 2 for 4)",
    "high_rate": "higher rates (bias 8)",
    "much_noise": "more noise (1.0 for 0.3)",
}

# One thing of the network is taken away, or changed, at a time; our rule lives through it.
CHANGES: Mapping[str, tuple[str, ...]] = {
    "no_recurrence": ("reservoir.gain=0.0",),
    "neurons_alike": _alike(4.0),
    "no_slow_synapses": ("reservoir.synapse.tau_ms=10.0",),
    "no_adaptation": ("reservoir.cells.excitatory.preset=excitatory_2003",),
    "500_neurons": ("reservoir.n=500",),
    "300_neurons": ("reservoir.n=300",),
    "low_rate": _biased(2.0),
    "high_rate": _biased(8.0),
    "much_noise": ("reservoir.inputs.noise_sd=1.0",),
}
NETWORKS = {name: Study(NAME, changes, (OURS,)) for name, changes in CHANGES.items()}
NETWORK_PARTS = tuple(CHANGES)[:4]  # the others are amounts

# Where attention should matter: the same rule with gates, without any, and with gates at random times.
DISTRACTED = {
    "stray outcomes": Study("what_when_irrelevant_outcomes"),
    "two streams": Study("what_when_two_streams"),
    "distractors": Study("what_when_distractors"),
    "irrelevant cues": Study("what_when_irrelevant_cues"),
}
SMALL_STEPS_DISTRACTED = {name: _varied(study.simulation, PLAIN, STEPS) for name, study in DISTRACTED.items()}
# What opens each gate, and the control that is as open without it, but for that of the error.
GATES = {
    "phase": ("is open while the cue is on", "phase_shuffled"),
    "gated": ("opens with the error", "shuffled"),
    "surprise": ("opens with surprise", "yoked"),
    "learned": ("learns what to attend", "learned_shuffled"),
    "attentive": ("knows its cue", "attentive_shuffled"),
}
SHUFFLED = Study("what_when_shuffled", ALIKE)
UNTRAINED = Study(NAME, tuple(f"task.blocks.{block}.trials=10" for block in range(3)), (PLAIN,))
# Without one of the two things in which the main simulation differs from what_when, and without both. With
# replays of all the delay nothing tells rules when an omitted outcome was due.
UNTOLD = Study("what_when", (AHEAD[0], AHEAD[2]), tuple(READERS))
AMENDED = {
    "with no lead": Study("what_when", AHEAD[1:2], (PLAIN,)),
    "with replays of all the delay": UNTOLD,
    "with neither lead nor late replays": Study("what_when", (), (PLAIN,)),
}
SAME_FILTER = Study(
    "what_when", (*ALIKE, "features.phasic_tau_ms=1000000.0", "features.equal_gain=false"), (OURS, PLAIN)
)
# Activity is recorded where outcome, latency and odds are crossed, as it is and with something changed.
EVERY_MS = 50.0
RECORDED = ('record.variables=["trace", "spikes"]', f"record.every_ms={EVERY_MS}")
CROSSED = Study("what_when_crossed", RECORDED)
CROSSED_OTHERWISE = {
    words: Study("what_when_crossed", (*RECORDED, *CHANGES[name]), (PLAIN,))
    for words, name in (
        ("no recurrence", "no_recurrence"),
        ("no adaptation", "no_adaptation"),
        ("higher rates (bias 8)", "high_rate"),
        ("more noise (1.0)", "much_noise"),
    )
}
ONE_MATRIX, SHARED, ONE = Study("what_when_one_matrix"), ("share_10", "share_30", "share_60"), "one_matrix"
TRACE, FAST = "what_when_trace", "reservoir.cells.excitatory.preset=excitatory_2003"
SLOW = "reservoir.trace.tau_ms={log_uniform=[100.0, 500.0]}"
FORGETFUL = {
    "no adaptation": Study(TRACE, (FAST,)),
    "slow traces instead": Study(TRACE, (FAST, SLOW)),
    "hardly firing (bias 4)": Study(TRACE, _biased(4.0)),
}
NEEDED = {  # what may be needed after a short cue: what it is called without, how it is taken away
    "recurrence is needed": ("no recurrence", "gain 0", Study(TRACE, CHANGES["no_recurrence"])),
    "slow synapses are needed": ("no slow synapses", "all 10 ms", Study(TRACE, CHANGES["no_slow_synapses"])),
    "neurons need to differ": (
        "neurons alike",
        "cells, synapses and traces alike, all at once",
        Study(TRACE, _alike(6.0)),
    ),
}
ONE_WIDTH = ("task.target_weber=0.0", "task.target_sd_ms=40.0")
NOISES = {f"noise {sd}": f"reservoir.inputs.noise_sd={sd}" for sd in (1.2, 0.3, 0.6, 2.4)}
WEBER = {name: Study("what_when_weber", (*ONE_WIDTH, noise), (PLAIN,)) for name, noise in NOISES.items()}
WEBER[GROWS := "taught width grows"] = Study("what_when_weber")

# Tasks that ask for more than the main one, of which two have small networks; blocks that are long are cut.
SMALL = "reservoir.n=500"
ONE_MEMORY, TWO_MEMORIES = FORGETTING
DRIFT = Study(
    "what_when_drift",
    (*ALIKE, "task.blocks.0.trials=160", "task.blocks.2.trials=20"),
    (OURS, PLAIN, "force", ONE_MEMORY, TWO_MEMORIES),
)
SPREAD = Study(
    "what_when_hazard",
    (*ALIKE, *(f"task.blocks.{block}.trials=160" for block in range(4))),
    (OURS, PLAIN, TWO_MEMORIES),
)
THREE = Study("what_when_three_outcomes", (*ALIKE, SMALL), (OURS, PLAIN, TWO_MEMORIES))
EVERY_GATE, SURPRISE = Study("what_when_gates", (*AHEAD, SMALL)), "surprise"
UNSURPRISED = ("error", "constant")  # the same gate without surprise, and as open as with it at all times

Runner = Callable[[Study], Seeds]
"""What simulates a study over all seeds, or finds it stored."""
