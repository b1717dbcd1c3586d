// The threads that work on one replica: one block, or a whole grid of blocks. The only header that calls CUDA.
#pragma once

#define DEVICE __device__ __forceinline__

// What runs before this header may say otherwise (a host without CUDA does).
#ifndef DYNAMIC_SHARED
extern __shared__ double dynamic_shared[];
#define DYNAMIC_SHARED reinterpret_cast<char*>(dynamic_shared)
#define SPIN __nanosleep(20)
#endif

DEVICE void mark(unsigned* word, unsigned bits) { atomicOr(word, bits); }
DEVICE void lower(unsigned* word, unsigned value) { atomicMin(word, value); }
DEVICE int lowest_bit(unsigned word) { return __ffs(static_cast<int>(word)) - 1; }

// One block: it owns every neuron.
template <typename T>
struct BlockTeam {
  static constexpr int block = 0, blocks = 1;
  int rank, size, first, last;
  T* partial;  // (size,) in shared memory

  DEVICE explicit BlockTeam(int n)
      : rank(threadIdx.x), size(blockDim.x), first(0), last(n), partial(reinterpret_cast<T*>(DYNAMIC_SHARED)) {}

  DEVICE void sync_block() { __syncthreads(); }
  DEVICE void sync() { __syncthreads(); }
};

// All blocks of a cooperative launch: each owns a range of neurons.
template <typename T>
struct GridTeam {
  int rank, size, block, blocks, first, last;
  T* partial;
  unsigned long long* arrived;  // counts up for ever, from 0 at the launch

  DEVICE GridTeam(int n, unsigned long long* counter)
      : rank(threadIdx.x), size(blockDim.x), block(blockIdx.x), blocks(gridDim.x),
        partial(reinterpret_cast<T*>(DYNAMIC_SHARED)), arrived(counter) {
    const int share = (n + 32 * blocks - 1) / (32 * blocks) * 32;  // whole words of marks, whole counters of noise
    first = block * share < n ? block * share : n;
    last = first + share < n ? first + share : n;
  }

  DEVICE void sync_block() { __syncthreads(); }

  DEVICE void sync() {
    __syncthreads();
    if (rank == 0) {
      __threadfence();
      const unsigned long long ticket = atomicAdd(arrived, 1ULL);
      const unsigned long long all = (ticket / blocks + 1) * blocks;
      while (atomicAdd(arrived, 0ULL) < all) SPIN;
      __threadfence();
    }
    __syncthreads();
  }
};
