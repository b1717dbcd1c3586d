"""What is claimed of the rule in the main task of `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Each function takes what simulates a study, and yields rows of
the table of claims. Claims on parts of both are in `yamada_chao_2025_ablations.py`, on subspaces in
`yamada_chao_2025_subspaces.py`, those on other tasks in `yamada_chao_2025_paradigms.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from yamada_chao_2025_studies import (
    ALARMED,
    BOUNDS,
    FORGETTING,
    HASTY,
    LEAST_SQUARES,
    MAIN,
    MEASURES,
    NEVER,
    OURS,
    PLAIN,
    READERS,
    RIVALS,
    SOONER,
    SPIKELESS,
    SWITCHES,
    TARGETS,
    Runner,
)

from neurogate.analysis.interference import disturbance
from neurogate.analysis.predictions import correlation
from neurogate.plotting.adaptation import trials_needed
from neurogate.runs.claims import Claim, every, favours, within
from neurogate.runs.over_seeds import Seeds

Values = NDArray[np.float64]
ADAPTS_BY = {  # which readout an error is of, and what its adaptation hinges on
    "timing_error_ms": ("when", "replays; what omissions teach when, against the product"),
    "probability_error": ("what", "an alarm that begins novelty anew"),
}


def each(found: Seeds, rules: Sequence[str], metric: str) -> dict[str, Values]:
    """Return a metric of several rules."""
    return {rule: found.metric(rule, metric) for rule in rules}


def both_errors(found: Seeds, rules: Sequence[str]) -> dict[str, dict[str, Values]]:
    """Return both errors of several rules, by what they are called."""
    return {words: each(found, rules, key) for key, words in MEASURES.items()}


def trials(found: Seeds, rule: str, error: str, block: int) -> Values:
    """Return the trials that a rule needed in a block, at most the block's length."""
    length = np.diff(found.arrays["block_start"])[block]
    needed: Values = np.minimum(trials_needed(found.arrays, rule, error, block), length)
    return needed


def trials_each(
    found: Seeds, rules: Sequence[str], switches: Mapping[str, tuple[str, int]]
) -> dict[str, dict[str, Values]]:
    """Return the trials that several rules needed, each count by its name: of which error, in which block."""
    return {words: {rule: trials(found, rule, *at) for rule in rules} for words, at in switches.items()}


def timing(run: Runner) -> Iterator[Claim]:
    """Judge whether the population encodes *when*."""
    main, key = run(MAIN), "timing_error_ms"
    error, of_rivals = main.metric(OURS, key), each(main, RIVALS, key)
    yield Claim(
        "The population tells when the outcome comes (300 to 1200 ms)", MEASURES[key], error,
        within(error, *BOUNDS[key]), "slow adaptation",
        of_rivals | spikeless(run, functools.partial(_metric, key=key)), other_cues(main, key),
    )  # fmt: skip
    yield from beside_least_squares("It tells the time better", MEASURES[key], error, of_rivals)
    for claim, measure, hinge, of_rule in (
        ("a bias of all cues", "|signed error| / |error|", "when runs ahead of outcomes (lead_ms)", _bias),
        ("of each cue in each block, not of single probes", "r with other probes",
         "eight probes; r of four and four, over all ways to halve them, and Spearman-Brown", _repeated),
    ):  # fmt: skip
        share = {rule: of_rule(main, rule) for rule in (OURS, PLAIN, *LEAST_SQUARES)}
        ours = share.pop(OURS)
        words = f"What is left of the timing error is {claim}"
        yield Claim(words, measure, ours, within(ours, 0.8, 0.5), hinge, share)


def _bias(found: Seeds, rule: str) -> Values:
    """Return the share of the timing error that has one sign over all cues and blocks."""
    share: Values = np.abs(found.metric(rule, "timing_bias_ms")) / found.metric(rule, "timing_error_ms")
    return share


def _repeated(found: Seeds, rule: str) -> Values:
    """Return how errors would go along with those in as many other probes, over cues and blocks.

    That is 2 r / (1 + r), by Spearman and Brown, where r is that of half of the probes and the other half,
    over all ways to halve them.
    """
    missed = found.arrays[f"{rule}.single_peak_ms"] - found.arrays["latency_ms"][..., None]
    probes = missed.shape[-1]
    halves = [half for half in combinations(range(probes), probes // 2) if 0 in half]
    both = [(missed[..., half], np.delete(missed, half, axis=-1)) for half in halves]
    read = [[np.median(half, axis=-1).reshape(len(missed), -1) for half in pair] for pair in both]
    r = np.mean([[correlation(*of_seed) for of_seed in zip(*pair, strict=True)] for pair in read], axis=0)
    repeated: Values = 2 * r / (1 + r)
    return repeated


def beside_least_squares(
    claim: str, measure: str, ours: Values, rivals: Mapping[str, Values]
) -> Iterator[Claim]:
    """Judge our rule against the better of those that forget, and against those that hear its alarm."""
    best = min(FORGETTING, key=lambda name: rivals[name].mean())
    for words, rival, hinge, others in (
        ("that forget", best, "force_reset is told of the switch", ("force_reset",)),
        ("that hear the same alarm", ALARMED, "N² operations a step for N", ()),
    ):
        judged, shown = favours(ours, rivals[rival]), {name: rivals[name] for name in (rival, *others)}
        yield Claim(f"{claim} than least squares {words}", measure, ours, judged, hinge, shown)


def spikeless(run: Runner, measure: Callable[[Seeds, str], Values]) -> dict[str, Values]:
    """Return a measure of a rule for all that read networks without spikes."""
    return {
        f"{name}{words}": measure(run(study), rule)
        for name, study in SPIKELESS.items()
        for rule, words in READERS.items()
    }


def _metric(found: Seeds, rule: str, key: str) -> Values:
    return found.metric(rule, key)


def probability(run: Runner) -> Iterator[Claim]:
    """Judge whether it encodes *what*, and with what probability."""
    main, key = run(MAIN), "probability_mae"
    mae, of_rivals = main.metric(OURS, key), each(main, RIVALS, key)
    yield Claim(
        "It tells each outcome's probability", MEASURES[key], mae, within(mae, *BOUNDS[key]),
        "offline replay; small steps",
        of_rivals | spikeless(run, functools.partial(_metric, key=key)), other_cues(main, key),
    )  # fmt: skip
    yield from beside_least_squares(
        "It tells each outcome's probability better", MEASURES[key], mae, of_rivals
    )
    for claim, key, hinge in (
        ("p̂ follows p over cues, outcomes and blocks", "probability_r", "offline replay"),
        ("The product of both readouts, when and what at the peak, follows p", "product_r",
         "omissions teach when nothing"),
    ):  # fmt: skip
        r = main.metric(OURS, key)
        others = spikeless(run, functools.partial(_metric, key=key))
        yield Claim(
            claim, "Pearson r", r, within(r, *BOUNDS[key]), hinge, each(main, RIVALS, key) | others,
            other_cues(main, key),
        )  # fmt: skip


def adaptation(run: Runner, switches: Sequence[str] = ("latencies", "probabilities")) -> Iterator[Claim]:
    """Judge whether the local rule adapts where FORCE does not."""
    for what, (study, block, errors) in ((name, SWITCHES[name]) for name in switches):
        found = run(study)
        for error in errors:
            part, hinge = ADAPTS_BY[error]
            after, target = f"After a switch of {what}, {part} adapts", TARGETS[error]
            needed = {rule: trials(found, rule, error, block) for rule in (OURS, *RIVALS)}
            ours = needed.pop(OURS)
            late = np.minimum(trials_needed(found.arrays, OURS, error, block), NEVER)
            of_part = functools.partial(trials, error=error, block=block)
            others = spikeless(run, of_part) if study == MAIN else {}  # they live through no other switch
            yield Claim(
                f"{after} within {target:g} trials", "trials", ours, within(late, target, 2 * target),
                hinge, needed | others,
            )  # fmt: skip
            if study == MAIN:
                length = np.diff(found.arrays["block_start"])[block]
                yield _beside_force(after, ours, needed["force"], length)
                yield from beside_least_squares(f"{after} faster", "trials", ours, needed)


def _beside_force(after: str, ours: Values, force: Values, length: int) -> Claim:
    never = within((force < length).astype(float), 0.0, 0.1)  # the share of networks in which it did
    return Claim(
        f"{after}, and FORCE without forgetting does not in {length}", "trials", ours,
        every([favours(ours, force)], decisive=[never]),
        "FORCE without forgetting is ridge on all past trials", {"force": force},
    )  # fmt: skip


def moved_odds(found: Seeds, rules: Sequence[str]) -> dict[str, Values]:
    """Return by how much the first switch moves what is told of odds at a fixed time."""
    trial, switch = found.arrays["probe_trial"], found.arrays["block_start"][1]
    return {rule: disturbance(trial, found.arrays[f"{rule}.probability_then"], switch) for rule in rules}


def tradeoff(run: Runner) -> Iterator[Claim]:
    """Judge what would re-time our rule sooner, by all that is asked of the rule."""
    hasty, shipped, timing_error, mae = run(HASTY), run(MAIN), "timing_error_ms", "probability_mae"
    for rule, (changed,) in SOONER.items():
        rows: list[tuple[Any, ...]] = []
        for part, to, error, block in (
            ("when", "latencies", timing_error, 1),
            ("what", "odds", "probability_error", 2),
        ):
            late = np.minimum(trials_needed(hasty.arrays, rule, error, block), NEVER)
            needed = (trials(hasty, rule, error, block), trials(shipped, OURS, error, block))
            soon = TARGETS[error]
            words = f"{part} adapts to other {to} within {soon:g} trials"
            rows.append((words, "trials", *needed, within(late, soon, 2 * soon), None))
        for claim, measure, key in (
            ("it tells when", MEASURES[timing_error], timing_error),
            ("it tells each outcome's probability", MEASURES[mae], mae),
            ("p̂ follows p", "Pearson r", "probability_r"),
            ("the product of both readouts follows p", "Pearson r", "product_r"),
        ):
            values, null = hasty.metric(rule, key), other_cues(hasty, key, rule)
            judged = within(values, *BOUNDS[key])
            rows.append((claim, measure, values, shipped.metric(OURS, key), judged, null))
        for claim, measure, values, usual, judged, null in rows:
            words, hinge = f"With {changed}, {claim}", "setting chosen on seeds 201 to 208"
            yield Claim(words, measure, values, judged, hinge, {"as shipped": usual}, null)


def other_cues(found: Seeds, metric: str, rule: str = OURS) -> Values:
    """Return what a metric would be if the predictions belonged to other cues: the mean over all shifts."""
    cues, measure = found.arrays["latency_ms"].shape[1], _OF_OTHERS[metric]
    moved: Values = np.mean([measure(found.arrays, rule, shift) for shift in range(1, cues)], axis=0)
    return moved


def _ends(values: Values, arrays: Mapping[str, Any], shift: int) -> Values:
    """Return what belongs to another cue, so many cues away, at the last judgement of each block."""
    ends = np.searchsorted(arrays["probe_trial"], arrays["block_start"][1:])
    moved: Values = np.roll(values[:, ends], shift, axis=2)
    return moved


def _timing(arrays: Mapping[str, Any], rule: str, shift: int) -> Values:
    peaks = _ends(arrays[f"{rule}.peak_ms"], arrays, shift)
    error: Values = np.abs(peaks - arrays["latency_ms"]).mean(axis=(1, 2))
    return error


def _probability(arrays: Mapping[str, Any], rule: str, shift: int) -> Values:
    learned = _ends(arrays[f"{rule}.probability"], arrays, shift)
    error: Values = np.abs(learned - arrays["true_probability"]).mean(axis=(1, 2, 3))
    return error


def _probability_r(arrays: Mapping[str, Any], rule: str, shift: int) -> Values:
    return _following(arrays[f"{rule}.probability"], arrays, shift)


def _product_r(arrays: Mapping[str, Any], rule: str, shift: int) -> Values:
    product = arrays[f"{rule}.amplitude"][..., None] * arrays[f"{rule}.probability"]
    return _following(product, arrays, shift)


def _following(learned: Values, arrays: Mapping[str, Any], shift: int) -> Values:
    moved, truth = _ends(learned, arrays, shift), arrays["true_probability"].ravel()
    return np.array([correlation(of_seed.ravel(), truth) for of_seed in moved])


_OF_OTHERS: Mapping[str, Callable[[Mapping[str, Any], str, int], Values]] = {
    "timing_error_ms": _timing,
    "probability_mae": _probability,
    "probability_r": _probability_r,
    "product_r": _product_r,
}
