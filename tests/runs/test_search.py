"""What is searched is known by its content, and what is wrong with it is said before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurogate import config
from neurogate.config.sweep import Sweep
from neurogate.errors import RequestError
from neurogate.runs.search import Search, search
from tests.runs.test_together import SMALL, WAVE

BASE = config.unstructure(config.load("what_when", overrides=SMALL))
GAIN, ETA = "reservoir.gain", "rules.three_factor.eta_when"
SPACE = {GAIN: {"uniform": [0.5, 2.0]}, ETA: {"log_uniform": [0.001, 1.0]}}


def asked(metric: str = "timing_error_ms", space: Any = SPACE, **options: Any) -> Search:
    named = {key: options.pop(key) for key in ("rule", "maximise", "at_once", "base") if key in options}
    sweep = Sweep(random=space, samples=1 if space else 0, **options)
    return search(named.pop("base", BASE), sweep, metric, **named)


def problems(*words: Any, **options: Any) -> list[str]:
    with pytest.raises(RequestError) as caught:
        asked(*words, **options)
    return list(caught.value.problems)


def test_one_search_has_one_folder_and_another_has_another() -> None:
    same = [asked(), asked(space=dict(reversed(SPACE.items()))), asked(rule="three_factor")]
    assert len({one.folder(Path("runs")) for one in same}) == 1
    others = [
        asked("probability_mae"),
        asked(rule="force"),
        asked(maximise=True),
        asked(seeds=2),
        asked(sample_seed=2),
        asked(at_once=4),
        asked(where=["reservoir.gain < 1.9"]),
        asked(space={**SPACE, GAIN: {"uniform": [0.5, 2.1]}}),
        asked(space={**SPACE, GAIN: {"log_uniform": [0.5, 2.0]}}),
        asked(base={**BASE, "probes": {**BASE["probes"], "per_cue": 2}}),
    ]
    assert len({one.folder(Path("runs")) for one in [same[0], *others]}) == 1 + len(others)


def test_every_trial_has_the_same_seeds() -> None:
    one = asked(seeds=3)
    found = [[point.simulation.run.seed for point in one.points({GAIN: gain, ETA: 0.1})] for gain in (1, 2)]
    assert found == [[1, 2, 3], [1, 2, 3]]


def test_what_is_better_is_known_of_a_metric() -> None:
    wave = config.unstructure(config.load("nc_sine", overrides=WAVE))
    assert [asked(metric).maximise for metric in ("timing_error_ms", "probability_r")] == [False, True]
    assert asked("mean_rate_hz", maximise=True).maximise
    assert not asked("rmse_free", {GAIN: {"uniform": [0.5, 1.5]}}, base=wave).maximise


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"metric": "timing_eror_ms"},
            "There is no metric timing_eror_ms. Did you mean timing_error_ms?",
        ),
        ({"metric": "blocks.D.timing_error_ms"}, "Did you mean blocks."),
        ({"metric": "beauty"}, "There is no metric beauty. There are timing_error_ms, "),
        ({"metric": "mean_rate_hz"}, "say --maximise or --minimise."),
        ({"rule": "three_fctor"}, "There is no rule three_fctor. Did you mean three_factor?"),
        ({"space": {}}, "Nothing is searched; give a key a distribution, as in --draw "),
        ({"space": {GAIN: {"normal": [1, 0.1]}}}, "reservoir.gain has a normal distribution, which has no "),
        ({"space": {GAIN: {"uniform": [-1, 1]}}}, "reservoir.gain is -1.0; it must be at least 0."),
        ({"space": {GAIN: {"choice": [1, 2, -3]}}}, "reservoir.gain is -3"),
        ({"space": {"gian": {"uniform": [0, 1]}}}, "gian is not a known key; did you mean reservoir.gain?"),
        ({"at_once": 0}, "at_once is 0; it must be at least 1."),
    ],
    ids=str,
)
def test_a_mistake_is_one_sentence(given: dict[str, Any], said: str) -> None:
    (told,) = problems(given.pop("metric", "timing_error_ms"), **given)
    assert said in told


def test_mistakes_are_told_together() -> None:
    assert len(problems("beauty", {GAIN: {"normal": [1, 0.1]}}, rule="none")) == 3


def test_bounds_that_the_conditions_leave_out_need_not_make_sense() -> None:
    space = {GAIN: {"uniform": [-1.0, 2.0]}}
    one = asked(space=space, where=["reservoir.gain >= 0"])
    assert one.points({GAIN: 0.5})
    with pytest.raises(RequestError, match="No point meets"):
        one.points({GAIN: -0.5})
