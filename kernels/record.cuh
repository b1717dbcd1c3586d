// Recording into the flat buffer of a replica, and the look for divergence.
#pragma once
#include "run.cuh"

constexpr int SPIKES = 6, READOUT = 7;  // codes of what can be recorded, after the rows of the state
constexpr unsigned WELL = 0xFFFFFFFFu, NEURON_BITS = 29;

// Returns whether something was read that the next step changes.
template <typename T, typename Team>
DEVICE bool record(const Run<T>& run, const Replica<T>& r, Team& team, long long step) {
  bool read = false;
  const unsigned* marks = fired_at(r, step);
  for (int group = 0; group < run.groups; ++group) {
    const long long stride = run.record_stride[group], variable = run.record_variable[group];
    const bool counted = variable == SPIKES;
    if (counted ? !marks[words(r.n) - 1] : (step + 1) % stride != 0) continue;
    const long long* chosen = run.record_neurons + run.record_start[group];
    const long long length = run.record_start[group + 1] - run.record_start[group];
    T* to = r.records() + run.record_offset[group] + (step / stride - run.done / stride) * length;
    read = read || !counted;
    for (long long k = team.rank; k < length; k += team.size) {
      const int i = static_cast<int>(chosen[k]);
      if (variable == READOUT ? team.block != 0 : i < team.first || i >= team.last) continue;
      if (counted) to[k] = to[k] + T(marks[i / 32] >> i % 32 & 1u);
      else to[k] = variable == READOUT ? r.feedback()[i] : r.values()[variable * r.n + i];
    }
  }
  return read;
}

template <typename T>
DEVICE bool is_finite(T x) {
  return x - x == T(0);
}

// The first of what is watched that is no finite number (v, u, synaptic current, readouts), as one number.
template <typename T, typename Team>
DEVICE void look(const Run<T>& run, const Replica<T>& r, Team& team) {
  for (int row = 0; row < 3; ++row) {
    for (int i = team.first + team.rank; i < team.last; i += team.size) {
      if (!is_finite(r.values()[row * r.n + i])) lower(r.verdict(), static_cast<unsigned>(row) << NEURON_BITS | i);
    }
  }
  if (team.block != 0) return;
  for (int k = team.rank; k < run.readouts; k += team.size) {
    if (!is_finite(r.feedback()[k])) lower(r.verdict(), 3u << NEURON_BITS | k);
  }
}
