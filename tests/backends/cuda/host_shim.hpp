// CUDA kernels on a CPU without CUDA: threads are fibers that take turns and yield at barriers (by longjmp, for
// swapcontext asks the kernel of the system each time).
// Includes the kernels unchanged; blocks of one launch live side by side, so a grid's barrier works too.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstring>
#include <vector>

using std::exp, std::log1p, std::sqrt;  // of both types of numbers, as CUDA has them

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define DYNAMIC_SHARED shim::here->block->shared.data()
#define SPIN shim::spin()

struct Place { unsigned x, y; };
static Place threadIdx, blockIdx, blockDim, gridDim;

namespace shim {
struct Block {
  Place index;
  std::vector<char> shared;
  unsigned waiting = 0, generation = 0;
  bool spinning = false;  // waits for other blocks
};
struct Fiber {
  ucontext_t context;
  jmp_buf place;
  std::vector<char> stack;
  Block* block;
  unsigned thread;
  bool begun = false, done = false;
};
extern "C" { int backwards = 0; }  // whether the last thread goes first: between barriers, no order may matter
static jmp_buf scheduled;
static Fiber* here;
static void (*kernel)(const void*);
static const void* argument;

inline void yield() {
  if (!_setjmp(here->place)) _longjmp(scheduled, 1);
}
inline void spin() {
  here->block->spinning = true;
  yield();
}
inline void barrier() {
  Block* block = here->block;
  const unsigned mine = block->generation;
  if (++block->waiting == blockDim.x) {
    block->waiting = 0;
    ++block->generation;
  }
  while (block->generation == mine) yield();
}
inline void enter() {
  kernel(argument);
  here->done = true;
  _longjmp(scheduled, 1);
}
inline void resume(Fiber& fiber) {
  here = &fiber;
  threadIdx = {fiber.thread, 0};
  blockIdx = fiber.block->index;
  if (_setjmp(scheduled)) return;
  if (fiber.begun) _longjmp(fiber.place, 1);
  fiber.begun = true;
  setcontext(&fiber.context);
}
inline void prepare(Fiber& fiber, Block* block, unsigned thread) {
  fiber.stack.resize(64 * 1024);
  fiber.block = block;
  fiber.thread = thread;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.data();
  fiber.context.uc_stack.ss_size = fiber.stack.size();
  makecontext(&fiber.context, enter, 0);
}
// Let every thread of a block go on until the block is done or waits for others; return whether it is done.
inline bool advance(Block& block, Fiber* fibers, int threads) {
  for (bool busy = true; busy;) {
    busy = block.spinning = false;
    for (int i = 0; i < threads; ++i) {
      Fiber& fiber = fibers[backwards ? threads - 1 - i : i];
      if (!fiber.done) resume(fiber), busy = true;
    }
    if (block.spinning) return false;
  }
  return true;
}
// Blocks that need not meet run one after the other, as `together` says.
inline void launch(int x, int y, int threads, int shared, bool together) {
  blockDim = {static_cast<unsigned>(threads), 1};
  gridDim = {static_cast<unsigned>(x), static_cast<unsigned>(y)};
  const int all = x * y, at_once = together ? all : 1;
  for (int first = 0; first < all; first += at_once) {
    std::vector<Block> blocks(at_once);
    std::vector<Fiber> fibers(at_once * threads);
    for (int i = 0; i < at_once * threads; ++i) {
      Block& block = blocks[i / threads];
      block.index = {static_cast<unsigned>((first + i / threads) % x), static_cast<unsigned>((first + i / threads) / x)};
      block.shared.resize(shared, static_cast<char>(0xFF));
      prepare(fibers[i], &block, i % threads);
    }
    for (int done = 0; done < at_once;) {
      done = 0;
      for (int k = 0; k < at_once; ++k) {
        const int i = backwards ? at_once - 1 - k : k;
        done += advance(blocks[i], &fibers[i * threads], threads);
      }
    }
  }
}
}  // namespace shim

inline void __syncthreads() { shim::barrier(); }
inline void __threadfence() {}
inline int __ffs(int word) { return __builtin_ffs(word); }
template <typename T>
T atomicAdd(T* at, T value) { const T old = *at; *at += value; return old; }
template <typename T>
T atomicOr(T* at, T value) { const T old = *at; *at |= value; return old; }
template <typename T>
T atomicMin(T* at, T value) { const T old = *at; if (value < old) *at = value; return old; }

#define EXPORT(name, Argument, T)                                                                 \
  extern "C" void name##_##T(const void* given, int x, int y, int threads, int shared, int together) { \
    shim::kernel = [](const void* argument) { name(*static_cast<const Argument<T>*>(argument)); };  \
    shim::argument = given;                                                                       \
    shim::launch(x, y, threads, shared, together != 0);                                           \
  }
