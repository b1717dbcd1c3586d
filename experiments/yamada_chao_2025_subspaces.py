"""What is claimed of the subspaces of *what* and *when* in `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Its function takes what simulates a study, and yields rows of
the table of claims.
"""

from __future__ import annotations

from collections.abc import Iterator

from yamada_chao_2025_claims import Values, each, moved_odds, trials
from yamada_chao_2025_studies import (
    AMENDED,
    LEAST_SQUARES,
    MAIN,
    MEASURES,
    ONE,
    ONE_MATRIX,
    OURS,
    PLAIN,
    SAME_FILTER,
    SHARED,
    SHUFFLED,
    UNTRAINED,
    Runner,
)

from neurogate.plotting.nulls import NULLS
from neurogate.runs.claims import Claim, every, favours, within
from neurogate.runs.over_seeds import Seeds


def subspaces(run: Runner) -> Iterator[Claim]:
    """Judge whether *what* and *when* are near-orthogonal, what sets that, and what it is for."""
    main, key = run(MAIN), "when_what_angle_deg"
    angle, null = main.metric(OURS, key), main.metric(OURS, "when_what_angle_null_deg")
    nulls = {name: _mean(main, drawn) for drawn, name in NULLS.items()}
    yield Claim(
        "what and when are near-orthogonal", "angle (deg)", angle, within(angle, 85.0, 80.0),
        "high dimension alone gives 88", each(main, (PLAIN, "no_gate", *LEAST_SQUARES), key) | nulls, null,
    )  # fmt: skip
    last = {rule: main.arrays[f"{rule}.angle_deg"][:, -1] for rule in (OURS, PLAIN, *LEAST_SQUARES)}
    end = last.pop(OURS)
    yield Claim(
        "what and when end near-orthogonal, after two switches", "angle (deg)", end, within(end, 85.0, 80.0),
        "high dimension alone gives 88; switches turn them further apart", last | nulls,
    )  # fmt: skip
    for rule, than, other, hinge in (
        (OURS, "random sums of the same traces", null, "phasic traces"),
        (OURS, "after training on shuffled labels", run(SHUFFLED).metric(OURS, key), "learning the task"),
        (OURS, "after 10 trials", main.arrays[f"{OURS}.angle_deg"][:, 0], "learning at all"),
        (OURS, "readouts of the same traces", run(SAME_FILTER).metric(OURS, key), "filters of their own"),
        *(
            (PLAIN, f"{words} (three-factor)", run(study).metric(PLAIN, key), "at which moments they learn")
            for words, study in AMENDED.items()
        ),
    ):
        ours = main.metric(rule, key)
        judged = favours(ours, other, small_is_good=False)
        yield Claim(f"They are more orthogonal than {than}", "angle (deg)", ours, judged, hinge, null=other)
    avoid, words = "activity.what_in_when", "alignment index (0 to 1)"
    aligned, chance, before = main.arrays[avoid], _mean(main, f"{avoid}_null"), run(UNTRAINED).arrays[avoid]
    for claim, other, hinge in (
        ("In the activity, too, what avoids when", chance, "input directions; no readout is involved"),
        ("In the activity, what avoids when more than before training", before, "only readouts learn"),
    ):
        yield Claim(claim, words, aligned, favours(aligned, other), hinge, null=other)
    yield from _sharing(run(ONE_MATRIX))


def _mean(found: Seeds, drawn: str) -> Values:
    """Return the mean over draws of a null, (seeds,)."""
    mean: Values = found.arrays[drawn].mean(axis=1)
    return mean


def _sharing(found: Seeds) -> Iterator[Claim]:
    """Judge what it costs to share synapses, a little, more, or all of them in one matrix."""
    rules = list(map(str, found.arrays["rule_names"]))
    moved = moved_odds(found, rules)
    error, shared = each(found, rules, "probability_mae"), "shared synapses; separate ones cannot disturb"
    again = {rule: trials(found, rule, "timing_error_ms", 1) for rule in rules}
    forced, one = "Overlap that is forced (three-factor)", "One matrix of outcome channels"
    mae = MEASURES["probability_mae"]
    for claim, measure, costs, ours, others, margin, hinge in (
        (f"{forced} disturbs odds when only times switch", "p̂ moves by", moved, PLAIN, SHARED, 0.0, shared),
        (f"{forced} costs calibration", mae, error, PLAIN, SHARED, 0.0, shared),
        (f"{one} is as well calibrated", mae, error, ONE, (PLAIN,), 0.01, "one rate"),
        (f"{one} is re-timed as fast", "trials", again, ONE, (PLAIN,), 5.0, "one rate"),
    ):
        judged = every([favours(costs[ours], costs[rule], margin=margin) for rule in others])
        rivals = {rule: values for rule, values in costs.items() if rule != ours}
        yield Claim(claim, measure, costs[ours], judged, hinge, rivals)
