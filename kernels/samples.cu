// Samples and bins: one block to a replica; readouts and filters, which wait for nobody, to more blocks in y.
#include "samples.cuh"

template <typename T>
__global__ void __launch_bounds__(512) readout(Samples<T> given) {
  BlockTeam<T> team(static_cast<int>(given.neurons));
  const long long share = (given.samples + gridDim.y - 1) / gridDim.y, s = blockIdx.y * share;
  if (s < given.samples) read_samples(given, team, blockIdx.x, s, share < given.samples - s ? share : given.samples - s);
}

template <typename T>
__global__ void __launch_bounds__(512) normalised_delta(Samples<T> given) {
  BlockTeam<T> team(static_cast<int>(given.neurons));
  learn_samples(given, team, blockIdx.x, true);
}

template <typename T>
__global__ void __launch_bounds__(512) least_squares(Samples<T> given) {
  BlockTeam<T> team(static_cast<int>(given.neurons));
  learn_samples(given, team, blockIdx.x, false);
}

template <typename T>
__global__ void __launch_bounds__(512) high_pass(Bins<T> given) {
  const int n = static_cast<int>(given.neurons);
  const long long b = blockIdx.x;
  for (int i = blockIdx.y * blockDim.x + threadIdx.x; i < n; i += gridDim.y * blockDim.x)
    filter_bins(given.x + b * given.bins * n, given.out + b * given.bins * n, given.gain + b * n, given.memory + b * n,
                given.bins, n, T(given.rate), i);
}
