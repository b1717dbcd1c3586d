// Counter-based noise: Philox4x32-10, and the maps from 32 bits to a normal number or a Poisson count.
#pragma once
#include "team.cuh"

constexpr unsigned MEMBRANE = 0, POISSON = 1;  // streams
constexpr int PIECES = 497;                    // of the table of cubics

// The words of the neurons 4 quad to 4 quad + 3 at a step.
DEVICE void random_words(unsigned long long seed, unsigned stream, unsigned long long step, int quad, unsigned* words) {
  unsigned a = static_cast<unsigned>(quad), b = static_cast<unsigned>(step);
  unsigned c = static_cast<unsigned>(step >> 32), d = stream;
  unsigned x = static_cast<unsigned>(seed), y = static_cast<unsigned>(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned long long left = 0xD2511F53ULL * a, right = 0xCD9E8D57ULL * c;
    a = static_cast<unsigned>(right >> 32) ^ b ^ x;
    b = static_cast<unsigned>(right);
    c = static_cast<unsigned>(left >> 32) ^ d ^ y;
    d = static_cast<unsigned>(left);
    x += 0x9E3779B9u;
    y += 0xBB67AE85u;
  }
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
}

template <typename T>
struct Bits;
template <>
struct Bits<float> {
  using Integer = unsigned;
  static constexpr int mantissa = 23, bias = 127;
};
template <>
struct Bits<double> {
  using Integer = unsigned long long;
  static constexpr int mantissa = 52, bias = 1023;
};

template <typename To, typename From>
DEVICE To same_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "a number is read as another of its size");
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

// table: (4, PIECES), highest power first.
template <typename T>
DEVICE T normal(unsigned bits, const T* table) {
  using Integer = typename Bits<T>::Integer;
  constexpr int fraction = Bits<T>::mantissa - 4;
  const int odd = static_cast<int>((bits & 0x7FFFFFFFu) | 1u);
  const Integer pattern = same_bits<Integer>(static_cast<T>(odd));
  const int piece = static_cast<int>((pattern >> fraction) - Bits<T>::bias * 16);
  const Integer one = static_cast<Integer>(Bits<T>::bias) << Bits<T>::mantissa;
  const T y = same_bits<T>((pattern & ((Integer(1) << fraction) - 1)) | one) - T(1);
  T x = table[piece] * y + table[PIECES + piece];
  x = x * y + table[2 * PIECES + piece];
  x = x * y + table[3 * PIECES + piece];
  return bits >> 31 == 0 ? x : -x;
}

DEVICE double poisson_count(unsigned bits, double mean, double none) {
  const double u = (bits + 0.5) * 2.3283064365386963e-10;  // 2**-32
  double term = none, total = none, count = 0;
  while (u > total && count < 100) {
    count += 1;
    term *= mean / count;
    total += term;
  }
  return count;
}
