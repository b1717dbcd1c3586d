"""The trials of a search, as Optuna keeps them in a journal beside the runs.

Here live choosing, noting and ranking trials; their folder is made in `neurogate.runs.study_folder`. A trial
is in the journal, with all of its settings, or it is not: it is chosen in memory and then written in one
step. What is chosen depends on the search, the number of the trial and the results of the rounds before, and
on nothing else; so a search that was stopped, or is carried on to more trials, is the search that was never
stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from neurogate.config.draws import Draw
from neurogate.config.listing import inline
from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.lease import Leases, holder
from neurogate.runs.search import Search
from neurogate.runs.study_folder import journal, prepare, written

__all__ = ["Study", "Trial", "open_study"]

_FEW = 20
_LOOK_S = 0.1
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError)
_State = Literal["running", "done", "pruned", "failed"]
_STATES: Mapping[str, _State] = {
    "RUNNING": "running",
    "WAITING": "running",
    "COMPLETE": "done",
    "PRUNED": "pruned",
    "FAIL": "failed",
}


@attrs.frozen
class Trial:
    """One choice of settings, and what became of it.

    Parameters
    ----------
    number : int
        From 0.
    changes : mapping
        Values by key path.
    state : "running", "done", "pruned" or "failed"
        A pruned trial has no value because its settings are bad; a failed one is still to be run.
    value : float or None
        Mean of the metric over the seeds, if it is done.
    values : tuple of float
        The metric for each seed.
    why : str
        Why there is no value.

    Examples
    --------
    >>> Trial(0, {"reservoir.gain": 0.5}).state
    'running'
    """

    number: int
    changes: Mapping[str, Any]
    state: _State = "running"
    value: float | None = None
    values: tuple[float, ...] = ()
    why: str = ""


@attrs.frozen(eq=False)
class Study:
    """A search with its trials; `open_study` makes one.

    Parameters
    ----------
    search : Search
    folder : pathlib.Path
    kept : optuna.Study
        The trials in the journal.
    storage : optuna.storages.BaseStorage
        The journal.
    command : str
        That continues the search, or makes it again.
    """

    search: Search
    folder: Path
    kept: Any
    storage: Any
    command: str = ""

    def trials(self) -> list[Trial]:
        """Return all trials in the order in which they were chosen."""
        return [self._trial(one) for one in self.kept.get_trials(deepcopy=False)]

    def ask(self) -> Trial:
        """Choose the settings of the next trial."""
        import optuna

        known = self.kept.get_trials(deepcopy=False)
        number = len(known)
        first = number - number % self.search.at_once
        running = [_unfinished(one.params, one.distributions) for one in known[first:]]
        space = {key: _distribution(drawn) for key, drawn in self.search.space.items()}
        with _quiet(), written(self.folder):
            sampler = optuna.samplers.TPESampler(
                seed=_seed(self.search.seed, number), multivariate=True, constant_liar=True
            )
            scratch = optuna.create_study(sampler=sampler, direction=_direction(self.search))
            ended = [one for one in known[:first] if one.state.is_finished()]
            scratch.add_trials([*ended, *running])
            drawn = scratch.ask(space).params
            params = {key: _rounded(drawn[key], space[key]) for key in space}
            self.kept.add_trial(_unfinished(params, space))
        return self.trials()[number]

    def tell(self, trial: Trial) -> None:
        """Note what became of a trial that was running."""
        import optuna

        states = {name: state for state, name in _STATES.items()}
        state = optuna.trial.TrialState[states[trial.state]]
        study = self.storage.get_study_id_from_name(self.folder.name)
        known = self.storage.get_trial_id_from_study_id_trial_number(study, trial.number)
        with _quiet(), written(self.folder):
            self.storage.set_trial_user_attr(known, "values", list(trial.values))
            self.storage.set_trial_user_attr(known, "why", trial.why)
            self.kept.tell(trial.number, trial.value, state)

    def ranked(self) -> list[Trial]:
        """Return the trials that are done, the best first."""
        done = [(trial.value, trial) for trial in self.trials() if trial.value is not None]
        done.sort(key=lambda pair: -pair[0] if self.search.maximise else pair[0])
        return [trial for _, trial in done]

    def importances(self) -> dict[str, float]:
        """Return how much each key has to do with a trial being among the best, as shares of 1.

        Of fewer trials than 20 nothing can be said.
        """
        import optuna

        if len(self.ranked()) < _FEW:
            return {}
        with _quiet():
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            found: dict[str, float] = optuna.importance.get_param_importances(self.kept, evaluator=evaluator)
        return found

    def _trial(self, one: Any) -> Trial:
        space = self.search.space
        return Trial(
            one.number,
            {key: _value(space[key], one.params[key]) for key in space},
            _STATES[one.state.name],
            one.value if one.state.name == "COMPLETE" else None,
            tuple(one.user_attrs.get("values", ())),
            one.user_attrs.get("why", ""),
        )


@contextlib.contextmanager
def open_study(search: Search, out: Path, command: str = "") -> Iterator[Study]:
    """Make the folder of a search if it is not there, and yield its study; nobody else may have it open.

    Parameters
    ----------
    search : Search
    out : pathlib.Path
        The folder that holds run folders.
    command : str
        That continues the search, or makes it again.

    Raises
    ------
    RequestError
        If Optuna is not installed, the folder holds another search or is damaged, or another process has it
        open.
    RunError
        If the disk refuses.
    """
    try:
        import optuna
    except ImportError as error:
        raise RequestError(
            f'A search needs Optuna, which is missing ({error}); pip install "neurogate[tune]".'
        ) from None
    folder = search.folder(out)
    store.prepare(out)
    with Leases() as leases:
        _acquire(leases, folder)
        with written(folder):
            prepare(search, folder, {"optuna": optuna.__version__}, command)
            study = _study(search, folder, command)
        yield study


def _acquire(leases: Leases, folder: Path) -> None:
    while not leases.acquire(folder):
        # A lease that names nobody is being written, or its writer is dead: in two seconds that is known.
        if (other := holder(folder)) and other.host:
            who = f"process {other.pid} on {other.host.split()[0]}"
            raise RequestError(
                f"Another process ({who}) is at this search, {folder}; wait until it has ended."
            )
        time.sleep(_LOOK_S)


def _study(search: Search, folder: Path, command: str) -> Study:
    """Open the journal and see that what it holds makes sense."""
    import optuna

    try:
        with _quiet():
            storage = journal(folder)
            kept = optuna.create_study(
                storage=storage, study_name=folder.name, direction=_direction(search), load_if_exists=True
            )
        study = Study(search, folder, kept, storage, command)
        study.trials()
    except _BROKEN:
        raise RequestError(
            f"The journal.log in {folder} is damaged. Move it away and repeat the command: runs that are "
            "stored are not run again."
        ) from None
    return study


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from saying what is said by neurogate, and that some of it is new."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


def _direction(search: Search) -> str:
    return "maximize" if search.maximise else "minimize"


def _seed(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")


def _labels(drawn: Draw) -> list[str]:
    """Name the values of a choice, since Optuna takes no tables and lists."""
    return [inline(value) for value in drawn.numbers]


def _distribution(drawn: Draw) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if drawn.kind == "choice":
        return CategoricalDistribution(list(dict.fromkeys(_labels(drawn))))
    if drawn.kind == "int_uniform":
        return IntDistribution(*drawn.numbers)
    return FloatDistribution(*drawn.numbers, log=drawn.kind == "log_uniform")


def _rounded(param: Any, distribution: Any) -> Any:
    """Write floats with 12 digits, as those of random sweeps."""
    if not isinstance(param, float):
        return param
    return min(max(float(f"{param:.12g}"), distribution.low), distribution.high)


def _value(drawn: Draw, param: Any) -> Any:
    return drawn.numbers[_labels(drawn).index(param)] if drawn.kind == "choice" else param


def _unfinished(params: Mapping[str, Any], distributions: Mapping[str, Any]) -> Any:
    import optuna

    state = optuna.trial.TrialState.RUNNING
    return optuna.trial.create_trial(state=state, params=dict(params), distributions=dict(distributions))
