// The memory of RWKV-4: a thread to a channel of a sequence.
#include "wkv.cuh"

template <typename T>
__global__ void __launch_bounds__(512) wkv_remember(Wkv<T> given) {
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (long long each = i; each < given.batch * given.channels; each += static_cast<long long>(gridDim.x) * blockDim.x)
    remember_channel(given, each / given.channels, each % given.channels);
}

template <typename T>
__global__ void __launch_bounds__(512) wkv_remember_adjoint(Wkv<T> given) {
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (long long each = i; each < given.batch * given.channels; each += static_cast<long long>(gridDim.x) * blockDim.x)
    remember_adjoint_channel(given, each / given.channels, each % given.channels);
}
