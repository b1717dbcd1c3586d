"""Whether neurons are active one after the other: an index, an order that holds in other trials, information.

Any activity looks like a sequence once neurons are sorted by their own peaks. So peaks are found in one half
of the trials (every other trial) and looked at in the other; and each measure has a null, its values for
:func:`neurogate.analysis.trials.circularly_shifted` activity, which has no common clock. Reading time from
whole populations lives in :mod:`neurogate.analysis.elapsed_time`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.predictions import correlation
from neurogate.analysis.trials import as_rates, as_trials
from neurogate.errors import RequestError

__all__ = ["PeakOrder", "Sequentiality", "peak_order", "sequentiality", "temporal_information"]


class Sequentiality(NamedTuple):
    """How much a population's activity is a sequence.

    Attributes
    ----------
    value : float
        The index: the sum of its two parts, in nats.
    entropy : float
        Entropy of the times of peaks, from 0 (all together) to ln(groups) (evenly spread).
    log_ridge : float
        Mean over neurons of the logarithm of activity near the peak over activity away from it.
    neurons : float
        How many neurons these stand on, the silent and the constant left out; a mean over both halves.
    """

    value: float
    entropy: float
    log_ridge: float
    neurons: float


def sequentiality(
    activity: ArrayLike,
    half_width: int = 2,
    groups: int = 20,
    floor: float = 0.01,
    *,
    cross_validated: bool = True,
) -> Sequentiality:
    r"""Return the sequentiality index: entropy of peak times plus the mean log ridge-to-background ratio.

    .. math:: \mathrm{SI} = -\sum_g p_g \ln p_g + \Bigl\langle \ln
              \frac{\langle r_i(t) \rangle_{|t - t_i| \le h} + \epsilon \bar r_i}
                   {\langle r_i(t) \rangle_{|t - t_i| > h} + \epsilon \bar r_i} \Bigr\rangle_i

    with :math:`t_i` the time bin in which neuron i is most active, :math:`p_g` the share of peaks in the g-th
    of equal parts of the trial and :math:`\bar r_i` the neuron's mean rate. The share :math:`\epsilon` is
    ours: it keeps the logarithm finite for neurons that are silent away from their peak.

    Cross-validated, peaks stem from one half of the trials and the ridge from the other, both ways round; the
    ridge of noise is then 0, and below 0 where neurons hardly fire, as a ridge without spikes is the floor.
    Without, as in the paper, noise has a ridge. Noise has peaks at all times, and hence an entropy near its
    maximum, either way: it is the ridge, and the null of the index, that tell a sequence from noise. A rise
    that all neurons share has a ridge, too, and little entropy; `peak_order` tells of an order.

    Parameters
    ----------
    activity : (S, T, N)
        Spike counts or rates, at least 0, of trials, time bins and neurons.
    half_width : int
        Bins `h` on either side of the peak that belong to the ridge; 2 h + 1 < T.
    groups : int
        Number of parts for the entropy, from 2 to T.
    floor : float
        Share :math:`\epsilon` of a neuron's mean rate that is added to both sides, above 0.
    cross_validated : bool
        Whether peaks and ridges stem from different trials.

    Returns
    -------
    Sequentiality
        Index and parts; NaN if no neuron changes in time.

    Raises
    ------
    RequestError
        If activity is negative, not finite or of fewer than two trials, or a setting is out of range.

    References
    ----------
    Orhan AE, Ma WJ (2019). doi:10.1038/s41593-018-0314-y

    Examples
    --------
    >>> found = sequentiality(np.stack([np.eye(40), np.eye(40)]), half_width=0)
    >>> round(found.entropy / float(np.log(20)), 9), round(found.log_ridge / float(np.log(1 + 40 / 0.01)), 9)
    (1.0, 1.0)
    """
    rates = as_rates(activity)
    _allowed(rates.shape[1], half_width, groups, floor)
    odd, even, whole = rates[1::2].mean(axis=0), rates[::2].mean(axis=0), rates.mean(axis=0)
    pairs = ((odd, even), (even, odd)) if cross_validated else ((whole, whole),)
    entropy, log_ridge, neurons = np.mean(
        [_parts(*pair, half_width, groups, floor) for pair in pairs], axis=0
    )
    return Sequentiality(float(entropy + log_ridge), float(entropy), float(log_ridge), float(neurons))


def _allowed(bins: int, half_width: int, groups: int, floor: float) -> None:
    if half_width < 0 or 2 * half_width + 1 >= bins:
        raise RequestError(
            f"half_width is {half_width} in trials of {bins} time bins. "
            f"A background needs bins beyond the ridge; give 0 to {max((bins - 2) // 2, 0)}."
        )
    if not 2 <= groups <= bins:
        raise RequestError(f"groups is {groups} in trials of {bins} time bins. Give 2 to {bins}.")
    if not floor > 0:
        raise RequestError(f"floor is {floor:g}. Give a share above 0, such as 0.01.")


def _parts(
    found: NDArray[np.float64], shown: NDArray[np.float64], half_width: int, groups: int, floor: float
) -> tuple[float, float, float]:
    """Return entropy, mean log ridge and number of neurons: peaks of `found`, ridges of `shown`."""
    moving = (np.ptp(found, axis=0) > 0) & (shown.max(axis=0) > 0)
    if not moving.any():
        return np.nan, np.nan, 0
    peak, rates = found[:, moving].argmax(axis=0), shown[:, moving]
    share = np.bincount(peak * groups // len(found)) / peak.size
    entropy = -np.sum(share * np.log(np.where(share > 0, share, 1)))
    ridge = np.abs(np.arange(len(found))[:, None] - peak) <= half_width
    near, away = (rates.mean(axis=0, where=part) for part in (ridge, ~ridge))
    base = floor * rates.mean(axis=0)
    return float(entropy), float(np.mean(np.log((near + base) / (away + base)))), peak.size


class PeakOrder(NamedTuple):
    """Neurons in the order of their peaks, and what other trials say of it.

    Attributes
    ----------
    order : (M,) int64
        Neurons by the time bin of their peak in the first, third, ... trial; constant neurons are left out.
    rates : (M, T) float64
        Mean activity of these neurons in the other trials, in that order: what to draw.
    reliability : float
        Rank correlation of the peak times of the two halves; NaN if all peaks of a half fall together.
    """

    order: NDArray[np.int64]
    rates: NDArray[np.float64]
    reliability: float


def peak_order(activity: ArrayLike) -> PeakOrder:
    r"""Sort neurons by the time of their peak in one half of the trials, and look at them in the other.

    .. math:: t_i = \arg\max_t \langle x_{s,t,i} \rangle_{s\ \text{even}}, \qquad
              \rho = \mathrm{corr}\bigl(\mathrm{rank}\, t_i,\ \mathrm{rank}\, t'_i\bigr)

    with :math:`t'_i` of the odd trials; trials are counted from 0.

    Parameters
    ----------
    activity : (S, T, N)
        Trials, time bins, neurons; any unit and sign.

    Returns
    -------
    PeakOrder
        Order, held-out activity in that order, and reliability.

    Raises
    ------
    RequestError
        If activity is not finite or of fewer than two trials.

    References
    ----------
    Harvey CD, Coen P, Tank DW (2012). doi:10.1038/nature10918
    Spearman C (1904). doi:10.2307/1412159

    Examples
    --------
    >>> activity = np.eye(3)[:, [2, 0, 1]] + np.zeros((4, 1, 1))
    >>> found = peak_order(activity)
    >>> found.order.tolist(), round(found.reliability, 9)
    ([1, 2, 0], 1.0)
    """
    from scipy.stats import rankdata

    data = as_trials(activity)
    even, odd = data[::2].mean(axis=0), data[1::2].mean(axis=0)
    moving = np.flatnonzero((np.ptp(even, axis=0) > 0) & (np.ptp(odd, axis=0) > 0))
    peaks = [half[:, moving].argmax(axis=0) for half in (even, odd)]
    order = moving[np.argsort(peaks[0], kind="stable")]
    return PeakOrder(order, odd.T[order], correlation(*(rankdata(peak) for peak in peaks)))


def temporal_information(activity: ArrayLike) -> NDArray[np.float64]:
    r"""Return how much one spike of each neuron tells of the time in the trial.

    .. math:: I_i = \frac1T \sum_t \frac{r_i(t)}{\bar r_i} \log_2 \frac{r_i(t)}{\bar r_i}

    with the mean over trials :math:`r_i(t)`, in bits per spike: 0 for a steady rate, log2(T) for a neuron
    that fires in one bin only. Few spikes look informative by chance; take off the mean of the null.

    Parameters
    ----------
    activity : (S, T, N)
        Spike counts or rates, at least 0, of trials, time bins and neurons.

    Returns
    -------
    (N,) float64
        Bits per spike, from 0 to log2(T); NaN for silent neurons.

    Raises
    ------
    RequestError
        If activity is negative, not finite, or has an empty axis.

    References
    ----------
    Skaggs WE, McNaughton BL, Gothard KM, Markus EJ (1993). An information-theoretic approach to deciphering
    the hippocampal code. NIPS 5:1030-1037.
    MacDonald CJ et al. (2011). Hippocampal time cells. doi:10.1016/j.neuron.2011.07.012

    Examples
    --------
    >>> temporal_information([[[4, 2, 0], [0, 2, 0], [0, 0, 0], [0, 0, 0]]]).tolist()
    [2.0, 1.0, nan]
    """
    rates = as_rates(activity, least=1).mean(axis=0)
    mean = rates.mean(axis=0)
    ratio = np.divide(rates, mean, out=np.full(rates.shape, np.nan), where=mean > 0)
    return np.asarray(np.mean(ratio * np.log2(np.where(ratio == 0, 1, ratio)), axis=0))
