"""A Dask cluster that somebody has started: who answers at an address, what it has to offer, who is left.

What is asked of its workers stands in `neurogate.runs.pool`.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import attrs

from neurogate.errors import RequestError, RunError
from neurogate.runs.versions import loaded

__all__ = ["Cluster", "Watch", "cluster", "connect"]

_CONNECT_S = 10
_ANSWER_S = 60.0  # for what workers load from a disk that many share
_LOOK_S = 2.0
_LOADED = "neurogate.runs.worker"  # which loads all that a worker needs
_MATTERS = ("neurogate", "source", "numpy", "scipy", "numba")
_LOG = logging.getLogger(__name__)
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|wss?)://)?(?:\[[^\[\]/]+\]|[^\[\]/:\s]+):(\d{1,5})")
_NO_LIMIT = 8e9  # bytes of a worker that does not say how many it may take


@contextlib.contextmanager
def connect(address: str) -> Iterator[Any]:
    """Yield a client of an existing Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    RequestError
        If Dask is not installed, the address is none, nothing answers there, it has no workers, or one of
        them cannot load neurogate.
    """
    _check_address(address)  # a client that is given another one fails once more when it is cleared away
    try:
        from distributed import Client
    except ImportError as error:
        raise RequestError(
            f'A scheduler needs Dask, which is missing ({error}); pip install "neurogate[dask]".'
        ) from None
    try:
        client: Any = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise RequestError(
            f"No Dask scheduler answers at {address} within {_CONNECT_S} s ({error}); "
            "start one with `dask scheduler`, or leave --scheduler out to use this machine."
        ) from error
    with client:
        if not client.nthreads():
            raise RequestError(
                f"The Dask scheduler at {address} has no workers; start one with `dask worker {address}`."
            )
        _check_loading(client, address)
        yield client


@attrs.define
class Watch:
    """An eye on the scheduler and on whether it has any workers; what changes is said once.

    Parameters
    ----------
    client : distributed.Client
    address : str
        Of the scheduler.
    """

    client: Any
    address: str
    _deserted: bool = attrs.field(default=False, init=False)
    _looks_at_s: float = attrs.field(default=0.0, init=False)

    def look(self) -> bool:
        """Say whether all workers are gone.

        Raises
        ------
        RunError
            If the scheduler is.
        """
        if self.client.status != "running":
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it would say so once more
            raise RunError(
                f"The scheduler at {self.address} is gone. What is finished is kept, and the same command "
                "continues when a scheduler is there again."
            )
        if time.monotonic() >= self._looks_at_s:
            with contextlib.suppress(OSError):  # if it is gone, its status will tell
                self._note(self._workers() == 0)
            self._looks_at_s = time.monotonic() + _LOOK_S
        return self._deserted

    def compare(self) -> None:
        """Say so if workers have other software than this process: their runs may have other bits."""
        here, answers = loaded(), _asked(self.client, loaded)
        others = {
            worker: changed
            for worker, there in answers.items()
            if isinstance(there, dict) and (changed := _changed(there, here))
        }
        for worker, changed in list(others.items())[:1]:
            _LOG.warning(
                "%d of %d workers have other software than this process (%s: %s); their runs name theirs.",
                len(others), len(answers), worker, changed,
            )  # fmt: skip

    def _workers(self) -> int:
        scheduler = self.client.scheduler
        told = self.client.sync(scheduler.identity, n_workers=0, callback_timeout=_CONNECT_S)
        return int(told["n_workers"])

    def _note(self, deserted: bool) -> None:
        if deserted and not self._deserted:
            _LOG.warning(
                "The cluster at %s has no workers left; waiting for new ones, Ctrl-C stops.", self.address
            )
        elif self._deserted and not deserted:
            _LOG.info("The cluster at %s has workers again.", self.address)
        self._deserted = deserted


class Cluster(NamedTuple):
    """What a Dask cluster has to offer.

    Parameters
    ----------
    threads : int
        Tasks that it works on at once.
    each_mb : float
        Memory that each of them may take: half of a thread's share in the memory of its worker, where that is
        smallest.

    Examples
    --------
    >>> Cluster(threads=320, each_mb=1000.0).threads
    320
    """

    threads: int
    each_mb: float


def cluster(address: str) -> Cluster:
    """Ask a Dask cluster what it has to offer.

    Parameters
    ----------
    address : str

    Raises
    ------
    RequestError
        As for `connect`.
    """
    with connect(address) as client:
        workers = list(client.scheduler_info()["workers"].values())
    shares = [(one["memory_limit"] or _NO_LIMIT) / one["nthreads"] for one in workers]
    return Cluster(sum(one["nthreads"] for one in workers), min(shares) / 2 / 1e6)


def _changed(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Say in what, of all that changes bits, the software of a worker is another.

    Examples
    --------
    >>> _changed({"numba": "0.67"}, {"numba": "0.68", "platform": "Linux"})
    'numba is 0.67 there and 0.68 here'
    """
    return ", ".join(
        f"{name} is {there.get(name)} there and {here.get(name)} here"
        for name in _MATTERS
        if there.get(name) != here.get(name)
    )


def _check_loading(client: Any, address: str) -> None:
    """Refuse a cluster that lacks neurogate: a worker that cannot load what it is sent dies in silence."""
    try:
        client.run_on_scheduler(importlib.import_module, _LOADED)  # it reads what it passes on
    except ImportError as error:
        raise RequestError(
            f"The scheduler at {address} cannot load neurogate ({error}); install it there."
        ) from error
    for worker, answer in _asked(client, importlib.import_module, _LOADED).items():
        if isinstance(answer, ImportError):
            raise RequestError(f"The worker at {worker} cannot load neurogate ({answer}); install it there.")


def _asked(client: Any, what: Any, *given: Any) -> dict[str, Any]:
    """Return what each worker says or raises; nothing if one of them does not answer."""
    try:
        return dict(client.run(what, *given, on_error="return", callback_timeout=_ANSWER_S))
    except OSError:
        return {}


def _check_address(address: str) -> None:
    """Refuse what cannot be the address of a scheduler.

    Examples
    --------
    >>> _check_address("tcp://host")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The scheduler's address is tcp://host; it must be as tcp://host:8786, ...
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[1]) < 2**16:
        raise RequestError(
            f"The scheduler's address is {address}; it must be as tcp://host:8786, its port from 1 to 65535. "
            "Give what `dask scheduler` says when it starts, or leave --scheduler out to use this machine."
        )
