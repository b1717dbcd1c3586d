"""What a session carries from trial to trial, and how it is saved as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..backends.layout import StateArrays
from ..network.features import Moments
from ..plasticity.episode import Episode, RuleState

__all__ = ["Memory"]

Array = npt.NDArray[Any]


@attrs.define(eq=False)
class Memory:
    """The changing part of a session.

    Parameters
    ----------
    position : int
        Trials done.
    network : StateArrays
        State of the reservoir.
    moments : Moments
        Of the traces during habituation.
    running_mean : (B, N) array
        State of the phasic filter.
    fed_back : (B, F) array
        Readouts that the next bin gets back.
    rules : dict of str to RuleState
    notes : dict of str to array
        Weights after each judged trial: ``rule.when`` (B, P, 1, N) and ``rule.what`` (B, P, K, N + 1); and
        when *when* peaked in each probe with the weights of the end of each block, ``rule.single_peak_ms``
        (B, blocks, C, probes), NaN where it did not.
    probes : dict of str to array
        Sums over the probe trials of each cue, empty before the first: ``phasic``, ``tonic``
        (B, C, T, N or N + 1), ``spikes`` (B,), ``steps`` (), and the spikes ``raster`` (B, steps, N) of
        the first probe of the last cue, which is there if ``shown`` (B,).
    samples : dict of str to array
        Traces that rules learned from in the first block, a few bins of each trial: ``phasic`` and
        ``tonic`` (B, S, N), for the null of the angle between readouts.
    kept : dict of str to list of array
        What the user asked to record, one entry per trial.
    """

    position: int
    network: StateArrays
    moments: Moments
    running_mean: Array
    fed_back: Array
    rules: dict[str, RuleState]
    notes: dict[str, Array]
    probes: dict[str, Array]
    samples: dict[str, Array]
    kept: dict[str, list[Array]]

    @classmethod
    def start(
        cls,
        *,
        network: StateArrays,
        rules: dict[str, RuleState],
        judgements: int,
        probes: tuple[int, int, int],
        samples: int,
        fed_back: int,
    ) -> Memory:
        """Return the memory before the first trial."""
        batch, _, n = network.values.shape
        dtype = network.values.dtype
        notes = {
            f"{name}.{key}": np.zeros((batch, judgements, *state[key].shape[1:]), dtype)
            for name, state in rules.items()
            for key in ("when", "what")
        }
        notes |= {f"{name}.single_peak_ms": np.full((batch, *probes), np.nan) for name in rules}
        sums = {
            "phasic": np.zeros((batch, 0, 0, n), dtype),
            "tonic": np.zeros((batch, 0, 0, n + 1), dtype),
            "spikes": np.zeros(batch),
            "steps": np.zeros(()),
            "raster": np.zeros((batch, 0, n), np.uint8),
            "shown": np.zeros(batch, np.bool_),
        }
        sampled = {name: np.zeros((batch, samples, n), dtype) for name in ("phasic", "tonic")}
        moments = Moments.zeros((batch, n))
        return cls(
            0,
            network,
            moments,
            np.zeros((batch, n), dtype),
            np.zeros((batch, fed_back), dtype),
            rules,
            notes,
            sums,
            sampled,
            {},
        )

    def add_probe(
        self, cue: Array, cues: int, episode: Episode, spikes: Array | None, cue_bins: Array
    ) -> None:
        """Add one probe trial of every replica, with its spikes if there are any; there are `cues` cues."""
        sums, replicas = self.probes, np.arange(len(cue))
        for name, traces in (("phasic", episode.phasic), ("tonic", episode.tonic)):
            seen = traces[:, cue_bins]
            if not sums[name].size:
                sums[name] = np.zeros((len(cue), cues, *seen.shape[1:]), traces.dtype)
            sums[name][replicas, cue] += seen
        if spikes is None:
            return
        sums["spikes"] = sums["spikes"] + spikes.sum(axis=(1, 2), dtype=np.float64)
        sums["steps"] = sums["steps"] + spikes.shape[1]
        if not sums["raster"].size:
            sums["raster"] = np.zeros(spikes.shape, np.uint8)
        first = (cue == cues - 1) & ~sums["shown"]
        sums["raster"][first] = spikes[first]
        sums["shown"] = sums["shown"] | first

    def add_samples(self, trained: int, episode: Episode, in_cue: Array) -> None:
        """Note the traces of one training trial: *when*'s in the bins `in_cue`, *what*'s as replayed."""
        count = in_cue.shape[1]
        rows = slice(count * trained, count * (trained + 1))
        if rows.stop > self.samples["phasic"].shape[1]:
            return
        replicas = np.arange(len(in_cue))[:, None]
        self.samples["phasic"][:, rows] = episode.phasic[replicas, in_cue]
        self.samples["tonic"][:, rows] = episode.tonic[replicas, episode.replay[:, :count], :-1]

    def keep(self, arrays: Mapping[str, Array]) -> None:
        """Append one trial to what the user asked for."""
        for name, array in arrays.items():
            # A copy, since a view of the first few neurons would keep all of them in memory.
            self.kept.setdefault(name, []).append(array.copy())

    def flat(self, *, copy: bool = True) -> dict[str, Array]:
        """Return everything as plain arrays, independent of this memory if `copy` is true."""
        groups: dict[str, Mapping[str, Any]] = {
            "network": self.network._asdict(),
            "moments": attrs.asdict(self.moments),
            "notes": self.notes,
            "probes": self.probes,
            "samples": self.samples,
            "kept": self.kept,
            "here": {"position": self.position, "running_mean": self.running_mean, "fed_back": self.fed_back},
        }
        for name, state in self.rules.items():
            groups[f"rule {name}"] = state
        return {
            f"{group}/{key}": np.array(value, copy=copy or None)
            for group, items in groups.items()
            for key, value in items.items()
        }

    @classmethod
    def unflat(cls, flat: Mapping[str, Array], *, copy: bool = True) -> Memory:
        """Return the memory that `flat` was taken from; without a `copy` it shares those arrays."""
        groups: dict[str, dict[str, Array]] = {}
        for path, value in flat.items():
            group, key = path.split("/", 1)
            groups.setdefault(group, {})[key] = np.array(value, copy=copy or None)
        network, moments, here = groups["network"], groups["moments"], groups["here"]
        return cls(
            int(here["position"]),
            StateArrays(**{**network, "step": int(network["step"])}),  # type: ignore[arg-type]
            Moments(int(moments["count"]), moments["total"], moments["square"]),
            here["running_mean"],
            here["fed_back"],
            {name.removeprefix("rule "): state for name, state in groups.items() if name.startswith("rule ")},
            groups["notes"],
            groups["probes"],
            groups["samples"],
            {name: list(array) for name, array in groups.get("kept", {}).items()},
        )
