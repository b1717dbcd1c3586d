"""A Dask cluster that somebody has started: who answers at an address, and what it has to offer.

What is asked of its workers stands in `neurogate.runs.pool`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from neurogate.errors import RequestError

__all__ = ["Cluster", "cluster", "connect"]

_CONNECT_S = 10
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
        If Dask is not installed, the address is none, nothing answers there, or it has no workers.
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
        yield client


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
