"""What is claimed of the activity that readouts in `yamada_chao_2025.py` have to read, and how it fares.

A part of that script, not a script of its own. Its function takes what simulates a study, and yields rows of
the table of claims. Eight cues cross outcome, latency and odds (``what_when_crossed``). Frozen omission
probes of each are recorded, and everything is measured while the cue is on, after its onset.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from yamada_chao_2025_claims import Values
from yamada_chao_2025_studies import CROSSED, CROSSED_OTHERWISE, EVERY_MS, Runner

from neurogate.analysis.decoding import cross_temporal_accuracy, generalisation_index
from neurogate.analysis.demixed import demix
from neurogate.analysis.elapsed_time import read_time
from neurogate.analysis.marginals import marginal_variances, marginals, noise_covariance
from neurogate.analysis.maximum_entropy import MaximumEntropy, maximum_entropy
from neurogate.analysis.rotations import rotations
from neurogate.analysis.selectivity import additive_surrogate, nonlinear_fraction, selectivity
from neurogate.analysis.sequences import sequentiality
from neurogate.analysis.spikes import fano_factor
from neurogate.analysis.subspaces import angle_between
from neurogate.analysis.surrogates import null_of
from neurogate.analysis.trials import circularly_shifted
from neurogate.runs.claims import Claim, favours, within
from neurogate.runs.over_seeds import Seeds
from neurogate.runs.threads import one_thread

TOLD = {"what": "outcomes", "latency": "latencies", "odds": "odds"}
AXES = (*TOLD, "time")
FROM_MS, TO_MS = 100.0, 1200.0
DRAWS = 20
Measure = Callable[..., ArrayLike]
"""Of a network's probes; with a generator, of what it draws for a null."""

RIDGE = 1e-6  # a neuron may never differ between the probes of a cue


@attrs.frozen(eq=False)
class Probes:
    """The probes of one network, sorted by their cues.

    Parameters
    ----------
    trace, spikes : (R, C, T, N) array
        Filtered spikes (Hz), and how many there were since the sample before.
    time_ms : (T,) array
        Since the cue began.
    seed : int
        Of what is drawn for nulls.
    """

    trace: Values
    spikes: Values
    time_ms: Values
    seed: int

    @functools.cached_property
    def means(self) -> Values:
        """Mean activity of each cue, (C, T, N)."""
        mean: Values = self.trace.mean(axis=0)
        return mean

    @functools.cached_property
    def noise(self) -> Values:
        """Covariance of what differs between probes of one cue, (N, N)."""
        return noise_covariance(self.trace)

    @property
    def by_cue(self) -> Values:
        """Traces of each cue, (C, R, T, N)."""
        return self.trace.swapaxes(0, 1)

    @property
    def trials(self) -> Values:
        """Probes one after the other, (R x C, T, N)."""
        return self.trace.reshape(-1, *self.trace.shape[2:])

    @property
    def cue(self) -> NDArray[np.intp]:
        """Which cue each of `trials` has."""
        return np.tile(np.arange(self.trace.shape[1]), len(self.trace))

    @functools.cached_property
    def smooth(self) -> MaximumEntropy:
        """Surrogates of `means` that are as smooth, as correlated and as different between cues."""
        return maximum_entropy(self.means)


def probes(found: Seeds) -> Iterator[Probes]:
    """Yield what was recorded of each network."""
    samples = found.arrays["record.trace"].shape[2]
    time_ms = EVERY_MS * np.arange(1, samples + 1) - CROSSED.load().task.timeline.interval_ms
    shown = (time_ms > FROM_MS) & (time_ms <= TO_MS)
    for b, cue in enumerate(found.arrays["record.cue"]):
        by_cue = np.argsort(cue, kind="stable").reshape(len(found.arrays["cue_names"]), -1).T
        kept = (found.arrays[f"record.{name}"][b][by_cue][:, :, shown] for name in ("trace", "spikes"))
        trace, spikes = (array.astype(np.float64) for array in kept)
        yield Probes(trace, spikes, time_ms[shown], found.first + b)


def crossed(means: Values) -> Values:
    """Return means of cues as (what, latency, odds, ...)."""
    return means.reshape(2, 2, 2, *means.shape[1:])


def shares(means: Values) -> dict[str, float]:
    """Return which part of what differs between cues is of which contrast of them, (C, T, N)."""
    parts = marginal_variances(crossed(means), AXES)
    parts.pop("time")
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def drawn(of: Probes, rng: np.random.Generator | None) -> Values:
    """Return means of cues, in any order with `rng`."""
    return rng.permutation(of.means) if rng else of.means


def told(of: Probes, rng: np.random.Generator | None = None) -> list[float]:
    """Return how much of what differs between cues is of outcomes, of latencies and of odds alone."""
    found = shares(drawn(of, rng))
    return [found[name] for name in TOLD]


def axes_deg(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return the mean angle between the demixed axes of outcomes, latencies and odds."""
    means = crossed(drawn(of, rng))
    parts = {name: part for name, part in marginals(means, AXES).items() if name in TOLD}
    axes = demix(means, parts, components=1, ridge=RIDGE, noise=of.noise).encoders
    return float(np.mean([angle_between(axes[a][0], axes[b]) for a, b in combinations(TOLD, 2)]))


def stability(of: Probes) -> float:
    """Return how far what tells cues apart at one time does so at others."""
    return generalisation_index(cross_temporal_accuracy(of.trials, of.cue), 1 / of.trace.shape[1])


def mixed(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return which part of what cues and time do is not their sum; of a surrogate that is one with `rng`."""
    states = of.trials.reshape(-1, of.trace.shape[-1])
    cue, time = np.repeat(of.cue, len(of.time_ms)), np.tile(of.time_ms, len(of.cue))
    if rng:
        states = additive_surrogate(rng, states, cue, time)
    return float(nonlinear_fraction(selectivity(states, cue, time), pooled=True))


def in_turn(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return the sequentiality of the spikes, mean over cues; of shifted ones with `rng`."""
    by_cue = of.spikes.swapaxes(0, 1)
    shown = [circularly_shifted(rng, one) for one in by_cue] if rng else by_cue
    return float(np.mean([sequentiality(one, half_width=1, groups=10).value for one in shown]))


def rotating(of: Probes, rng: np.random.Generator | None = None) -> float:
    """Return how much of the change the best rotation explains; of a surrogate with `rng`."""
    return rotations(of.smooth.draw(rng) if rng else of.means, EVERY_MS).r2_rotation


def own_ms(of: Probes) -> float:
    """Return how wrong the time is that other probes of the same cue have taught to read."""
    return float(np.mean([_missed_ms(of, time_of(of, trials)) for trials in of.by_cue]))


def others_ms(of: Probes) -> float:
    """Return how wrong the time is that probes of the other cues have taught to read."""
    return _missed_ms(of, time_of(of, of.trials, of.cue))


def time_of(of: Probes, trials: Values, groups: NDArray[np.intp] | None = None) -> Values:
    """Return the time read in each trial by a decoder that has seen others, or other groups (ms)."""
    return read_time(trials, of.time_ms, groups=groups).estimate_ms


def _missed_ms(of: Probes, estimate_ms: Values) -> float:
    return float(np.abs(estimate_ms - of.time_ms).mean())


def guess_ms(of: Probes) -> float:
    """Return how wrong the time is without any activity."""
    return float(np.abs(of.time_ms - of.time_ms.mean()).mean())


def fano(of: Probes) -> float:
    """Return the Fano factor over probes of the spikes in the whole window, mean over cues and neurons."""
    counts = of.spikes.sum(axis=2).astype(int)
    return float(np.nanmean([_fano(one) for one in counts.swapaxes(0, 1)]))


def _fano(counts: NDArray[np.int_]) -> Values:
    trials, n = counts.shape
    trial, neuron = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return fano_factor(trial, neuron, n, (0.0, float(trials)), 1.0)


def noise_correlation(of: Probes) -> float:
    """Return the mean correlation of what differs between probes of one cue."""
    vary = np.diag(of.noise) > 0
    noise = of.noise[vary][:, vary]
    sd = np.sqrt(np.diag(noise))
    return float((noise / np.outer(sd, sd))[~np.eye(len(sd), dtype=bool)].mean())


def over(networks: Iterable[Probes], measure: Measure) -> Values:
    """Return a measure of each network."""
    return np.array([measure(of) for of in networks])


def by_chance(networks: Iterable[Probes], measure: Measure) -> Values:
    """Return the mean null of a measure of each network."""
    return np.array(
        [
            null_of(functools.partial(measure, of), np.random.default_rng(of.seed), DRAWS).mean(axis=0)
            for of in networks
        ]
    )


def activity(run: Runner) -> Iterator[Claim]:
    """Judge what the activity tells by itself, and by what course of it time is told."""
    networks = list(probes(run(CROSSED)))
    changed = {words: list(probes(run(study))) for words, study in CROSSED_OTHERWISE.items()}
    with one_thread():
        yield from _what_is_told(networks)
        yield from _how_it_runs(networks, changed)


def _what_is_told(networks: Sequence[Probes]) -> Iterator[Claim]:
    measure, hinge = "share of what differs between cues", "only readouts learn; any contrast is as large"
    each, nulls = over(networks, told).T, by_chance(networks, told).T
    for words, ours, null in zip(TOLD.values(), each, nulls, strict=True):
        judged = favours(ours, null, small_is_good=False)
        yield Claim(f"The activity itself tells {words}", measure, ours, judged, hinge, null=null)
    angle, null = over(networks, axes_deg), by_chance(networks, axes_deg)
    yield Claim(
        "In the activity, demixed axes of outcomes, latencies and odds are near-orthogonal", "angle (deg)",
        angle, within(angle, 85.0, 80.0), "directions of inputs", null=null,
    )  # fmt: skip
    same = over(networks, stability)
    yield Claim(
        "The activity tells cues apart alike at all times", "generalisation index (to 1)",
        same, within(same, 0.9, 0.5), "the cue stays on",
    )  # fmt: skip


def _how_it_runs(networks: Sequence[Probes], changed: Mapping[str, Sequence[Probes]]) -> Iterator[Claim]:
    def otherwise(measure: Measure) -> dict[str, Values]:
        return {words: over(others, measure) for words, others in changed.items()}

    runs: tuple[tuple[Measure, str, str, str], ...] = (
        (mixed, "Neurons mix cue and time", "share that is no sum of both", "adaptation of driven cells"),
        (in_turn, "Neurons fire in turn", "sequentiality (nats)", "the onset of the cue is left out"),
        (rotating, "The population rotates (jPCA)", "R² of rotation", "smooth surrogates rotate, too"),
    )
    for measure, claim, words, hinge in runs:
        ours, null = over(networks, measure), by_chance(networks, measure)
        judged = favours(ours, null, small_is_good=False)
        yield Claim(claim, words, ours, judged, hinge, otherwise(measure), null)
    own, other, guess = (over(networks, measure) for measure in (own_ms, others_ms, guess_ms))
    without = otherwise(own_ms)
    yield Claim(
        "Time since a cue is read better than without adaptation", "error of the time read (ms)",
        own, favours(own, without["no adaptation"]), "neurons that mix cue and time", without, guess,
    )  # fmt: skip
    yield Claim(
        "Time since one cue is read as since the others", "error of the time read (ms)",
        other, favours(other, own, margin=20.0), "neurons that mix cue and time",
        {"same cue": own} | otherwise(others_ms), guess,
    )  # fmt: skip
    for spread, claim, words, bounds, hinge in (
        (fano, "Neurons fire irregularly", "Fano factor over probes", (0.8, 0.5), "a Poisson process has 1"),
        (noise_correlation, "Neurons fire independently", "noise correlation", (0.05, 0.1), "own noise"),
    ):
        ours = over(networks, spread)
        yield Claim(claim, words, ours, within(ours, *bounds), hinge, otherwise(spread))
