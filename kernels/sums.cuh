// Sums over neurons: element i goes to lane i mod 16, in ascending order; the lanes fold in a tree (8, 4, 2, 1).
#pragma once
#include "team.cuh"

constexpr int LANES = 16;

template <typename T>
DEVICE T lane_partial(const T* x, const T* y, int n, int lane) {
  T sum = 0;
#pragma unroll 4
  for (int i = lane; i < n; i += LANES) sum = sum + x[i] * y[i];
  return sum;
}

template <int width, typename T>
DEVICE T fold(const T* lanes) {
  T sums[width];
#pragma unroll
  for (int i = 0; i < width; ++i) sums[i] = lanes[i] + lanes[i + width];
  if constexpr (width == 1) return sums[0];
  else return fold<width / 2>(sums);
}

// out[k] = dot product k, for k < count; partial(k, lane) gives its lanes. Other blocks see it after team.sync().
template <typename T, typename Team, typename Partial>
DEVICE void lane_dots(Team& team, int count, T* out, Partial partial) {
  const int group = team.rank / LANES, lane = team.rank % LANES, groups = team.size / LANES;
  for (int base = team.block * groups; base < count; base += groups * team.blocks) {
    const int k = base + group;
    if (k < count) team.partial[team.rank] = partial(k, lane);
    team.sync_block();
    if (k < count && lane == 0) out[k] = fold<LANES / 2>(team.partial + team.rank);
    team.sync_block();
  }
}
