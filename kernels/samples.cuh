// Learning and filtering of recorded samples: what the host tells, and one replica's work.
#pragma once
#include "filters.cuh"
#include "learning.cuh"

// B replicas, S samples, K readouts, N neurons. Every field is 8 bytes.
template <typename T>
struct Samples {
  long long neurons, readouts, samples, turn;
  double saturation, forgetting, grow, mu;
  T *weights, *inverse;  // (B, K, N), changed; (B, N, N), its lower triangle changed
  const T *x, *wanted;   // (B, S, N), (B, S, K)
  const T *course, *rate;  // (B, S), (B,)
  T *outputs, *gates, *space;  // (B, S, K) twice; (B, 2 N + 1)
};

template <typename T, typename Team>
DEVICE void read_samples(const Samples<T>& given, Team& team, long long b, long long s, long long count) {
  const int n = static_cast<int>(given.neurons), readouts = static_cast<int>(given.readouts);
  const T* w = given.weights + b * given.readouts * n;
  const T* x = given.x + (b * given.samples + s) * n;
  T* out = given.outputs + (b * given.samples + s) * given.readouts;
  lane_dots(team, static_cast<int>(count * given.readouts), out, [=](int k, int lane) {
    return lane_partial(w + static_cast<long long>(k % readouts) * n, x + static_cast<long long>(k / readouts) * n, n,
                        lane);
  });
}

template <typename T, typename Team>
DEVICE void learn_samples(const Samples<T>& given, Team& team, long long b, bool delta) {
  const int n = static_cast<int>(given.neurons), readouts = static_cast<int>(given.readouts);
  const Gains gains{given.saturation, given.forgetting, given.grow, given.mu, true};
  T* w = given.weights + b * readouts * n;
  T* space = given.space + b * (2 * given.neurons + 1);
  for (long long s = 0; s < given.samples; ++s) {
    const long long at = b * given.samples + s;
    read_samples(given, team, b, s, 1);
    team.sync();
    const T *x = given.x + at * n, *z = given.outputs + at * readouts, *wanted = given.wanted + at * readouts;
    if (delta) {
      delta_sample(team, n, readouts, w, x, z, wanted, given.course[at], given.rate[b], gains, space,
                   given.gates + at * readouts);
    } else {
      least_squares_sample(team, n, readouts, w, given.inverse + b * n * n, x, z, wanted, gains, given.turn + s,
                           space + 1, space + 1 + n, space);
    }
  }
}

// B replicas, T bins, N neurons.
template <typename T>
struct Bins {
  long long neurons, bins;
  double rate;
  const T *x, *gain;  // (B, T, N), (B, N)
  T *memory, *out;    // (B, N), changed; (B, T, N)
};
