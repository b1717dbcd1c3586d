// Samples and bins: one block to a replica; readouts and filters, which wait for nobody, to more blocks in y.
#include "samples.cuh"

template <typename T>
DEVICE void read(const Samples<T>& given) {
  BlockTeam<T> team(static_cast<int>(given.neurons));
  const long long share = (given.samples + gridDim.y - 1) / gridDim.y, s = blockIdx.y * share;
  if (s < given.samples) readout(given, team, blockIdx.x, s, share < given.samples - s ? share : given.samples - s);
}

template <typename T>
DEVICE void learn(const Samples<T>& given, bool delta) {
  BlockTeam<T> team(static_cast<int>(given.neurons));
  learn_samples(given, team, blockIdx.x, delta);
}

template <typename T>
DEVICE void filter_bins(const Bins<T>& given) {
  const int n = static_cast<int>(given.neurons);
  const long long b = blockIdx.x;
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < n; i += gridDim.y * blockDim.x)
    high_pass(given.x + b * given.bins * n, given.out + b * given.bins * n, given.gain + b * n, given.memory + b * n,
              given.bins, n, T(given.rate), i);
}

extern "C" __global__ void __launch_bounds__(512) readout_f32(Samples<float> given) { read(given); }
extern "C" __global__ void __launch_bounds__(512) readout_f64(Samples<double> given) { read(given); }
extern "C" __global__ void __launch_bounds__(512) normalised_delta_f32(Samples<float> given) { learn(given, true); }
extern "C" __global__ void __launch_bounds__(512) normalised_delta_f64(Samples<double> given) { learn(given, true); }
extern "C" __global__ void __launch_bounds__(512) least_squares_f32(Samples<float> given) { learn(given, false); }
extern "C" __global__ void __launch_bounds__(512) least_squares_f64(Samples<double> given) { learn(given, false); }
extern "C" __global__ void __launch_bounds__(512) high_pass_f32(Bins<float> given) { filter_bins(given); }
extern "C" __global__ void __launch_bounds__(512) high_pass_f64(Bins<double> given) { filter_bins(given); }
