// Learning from one sample x (n,): the gated delta rule, and recursive least squares on the lower triangle of P.
// w: (readouts, n); z, target: (readouts,). Each ends with every thread of the team past its last write.
#pragma once
#include "sums.cuh"

// What one sample teaches with; the same for every readout.
struct Gains {
  double saturation, forgetting, grow, mu;  // grow = 1 / forgetting
  bool divided;
};

template <typename T, typename Team>
DEVICE int own(const Team& team) {
  return team.block * team.size + team.rank;
}

// gate: (readouts,), or null. norm: one number of the team's.
template <typename T, typename Team>
DEVICE void delta_sample(Team& team, int n, int readouts, T* w, const T* x, const T* z, const T* target, T course,
                         T rate, const Gains& gains, T* norm, T* gates) {
  lane_dots(team, 1, norm, [=](int, int lane) { return lane_partial(x, x, n, lane); });
  team.sync();
  const T one = 1, theta = T(gains.saturation), scale = one + *norm;
  for (int k = 0; k < readouts; ++k) {
    const T error = target[k] - z[k];
    T gate = one;
    if (gains.saturation > 0) {
      const T size = (error < 0 ? -error : error) / theta;
      gate = one < size ? one : size;
    }
    gate = course * gate;
    if (gates && own<T>(team) == 0) gates[k] = gate;
    const T step = rate * gate * error / scale;
    T* row = w + static_cast<long long>(k) * n;
    for (int i = own<T>(team); i < n; i += team.size * team.blocks) row[i] = row[i] + step * x[i];
  }
  team.sync();
}

// c = P x: row i adds its dot product to c_i, and then P_ij x_i to c_j for j < i, in ascending order of i.
template <typename T, typename Team>
DEVICE void symmetric_product(Team& team, int n, const T* p, const T* x, T* c) {
  lane_dots(team, n, c, [=](int i, int lane) {
    return lane_partial(p + static_cast<long long>(i) * n, x, i, lane);
  });
  team.sync();
  for (int j = own<T>(team); j < n; j += team.size * team.blocks) {
    T sum = T(0) + (c[j] + p[static_cast<long long>(j) * n + j] * x[j]);
#pragma unroll 4
    for (int i = j & ~31; i < n; ++i) {  // the threads of a warp walk the same rows
      if (i > j) sum = sum + p[static_cast<long long>(i) * n + j] * x[i];
    }
    c[j] = sum;
  }
  team.sync();
}

// P <- (P - c c' / gamma) grow, a warp to each row.
template <typename T, typename Team>
DEVICE void downdate(Team& team, int n, T* p, const T* c, T* scaled, T gamma, T grow) {
  for (int i = own<T>(team); i < n; i += team.size * team.blocks) scaled[i] = c[i] / gamma;
  team.sync();
  for (int i = own<T>(team) / 32; i < n; i += team.size * team.blocks / 32) {
    T* row = p + static_cast<long long>(i) * n;
    const T factor = scaled[i];
    for (int j = team.rank % 32; j <= i; j += 32) row[j] = (row[j] - factor * c[j]) * grow;
  }
  team.sync();
}

// c, scaled: (n,) of the team's; dot: one number of the team's; turn: samples seen before.
template <typename T, typename Team>
DEVICE void least_squares_sample(Team& team, int n, int readouts, T* w, T* p, const T* x, const T* z,
                                 const T* target, const Gains& gains, long long turn, T* c, T* scaled, T* dot) {
  symmetric_product(team, n, p, x, c);
  lane_dots(team, 1, dot, [=](int, int lane) { return lane_partial(static_cast<const T*>(x), c, n, lane); });
  team.sync();
  const T gamma = T(gains.forgetting) + *dot;
  for (int k = 0; k < readouts; ++k) {
    const T error = target[k] - z[k], step = gains.divided ? error / gamma : error;
    T* row = w + static_cast<long long>(k) * n;
    for (int i = own<T>(team); i < n; i += team.size * team.blocks) row[i] = row[i] + step * c[i];
  }
  downdate(team, n, p, c, scaled, gamma, T(gains.grow));
  if (gains.mu > 0) {
    const int i = static_cast<int>(turn % n);
    for (int j = own<T>(team); j < n; j += team.size * team.blocks)
      c[j] = j < i ? p[static_cast<long long>(i) * n + j] : p[static_cast<long long>(j) * n + i];
    team.sync();
    downdate(team, n, p, c, scaled, T(1) / T(gains.mu) + c[i], T(1));
  }
}
