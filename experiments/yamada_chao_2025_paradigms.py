"""What is claimed in other tasks than the main one of `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Each function takes what simulates a study, and yields rows of
the table of claims.
"""

from __future__ import annotations

from collections.abc import Iterator

from yamada_chao_2025_claims import each, other_cues, probability_of_other, timing_of_other
from yamada_chao_2025_studies import (
    DISTRACTED,
    FORGETFUL,
    GATES,
    GROWS,
    MEASURES,
    OURS,
    PLAIN,
    TRACE,
    WEBER,
    Runner,
    Study,
)

from neurogate.plotting.scalar_timing import exponents, spreads_by
from neurogate.runs.claims import Claim, favours, near, within, worst


def attention(run: Runner) -> Iterator[Claim]:
    """Judge whether a gate is needed where there is something to ignore."""
    for name, study in DISTRACTED.items():
        found = run(study)
        rules = list(map(str, found.arrays["rule_names"]))
        for gate in (gate for gate in GATES if gate in rules):
            opens, shuffled = GATES[gate]
            for key, words in MEASURES.items():
                ours, rivals = found.metric(gate, key), each(found, [r for r in rules if r != gate], key)
                verdicts = [favours(ours, rivals[rule]) for rule in ("ungated", shuffled)]
                yield Claim(
                    f"With {name}, a gate that {opens} earns its place", words, ours, worst(verdicts),
                    f"{shuffled} is as open, at random times", rivals,
                )  # fmt: skip


def memory(run: Runner) -> Iterator[Claim]:
    """Judge whether the network itself holds cue and time after a short cue."""
    found = run(Study(TRACE))
    asked = ((25.0, 50.0, timing_of_other), (0.1, 0.15, probability_of_other))
    for (key, words), (good, fair, of_other) in zip(MEASURES.items(), asked, strict=True):
        value = found.metric(OURS, key)
        without = {name: run(study).metric(OURS, key) for name, study in FORGETFUL.items()}
        yield Claim(
            "A cue of 100 ms, and silence until the outcome, are enough", words, value,
            within(value, good, fair), "slow adaptation; replay from just before the outcome",
            each(found, (PLAIN, "force"), key) | without, other_cues(found, of_other),
        )  # fmt: skip


def scalar_timing(run: Runner) -> Iterator[Claim]:
    """Judge whether the spread of predicted times grows in proportion to the latency."""
    latency_ms, spread_ms = spreads_by({name: run(study).arrays for name, study in WEBER.items()}, PLAIN)
    (_, ours), *others = ((name, exponents(latency_ms, sd)) for name, sd in spread_ms.items())
    _, by_force = spreads_by({GROWS: run(WEBER[GROWS]).arrays}, "force")
    yield Claim(
        "Scalar timing: the spread grows in proportion to latency", "exponent of the spread", ours,
        near(ours, 1.0, 0.25, 0.5), "noise: late readouts fade",
        dict(others) | {f"force, {GROWS}": exponents(latency_ms, by_force[GROWS])},
    )  # fmt: skip
