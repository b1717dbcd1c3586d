// The parts of one step of a reservoir: neurons and filters, arrivals, and the sending of spikes.
#pragma once
#include "filters.cuh"
#include "neurons.cuh"
#include "noise.cuh"
#include "run.cuh"

constexpr double VOLTAGE_LIMIT_MV = 1000.0;

// Draw what is random in the block's own neurons at a step: one counter serves four of them.
template <typename T, typename Team>
DEVICE void draw(const Run<T>& run, const Replica<T>& r, Team& team, long long step) {
  if (!run.noisy && !run.external) return;
  for (int quad = team.first / 4 + team.rank; quad < (team.last + 3) / 4; quad += team.size) {
    if (run.noisy) random_words(run.seed[r.b], MEMBRANE, step, quad, r.noise() + 4 * quad);
    if (run.external) random_words(run.seed[r.b], POISSON, step, quad, r.events() + 4 * quad);
  }
  team.sync_block();
}

// x: the inputs of this step.
template <typename T>
DEVICE T external_current(const Run<T>& run, const Replica<T>& r, const T* x, int i) {
  T current = r.bias()[i];
  for (int k = 0; k < run.inputs; ++k) current = current + r.input_weights()[static_cast<long long>(k) * r.n + i] * x[k];
  for (int k = 0; k < run.readouts; ++k)
    current = current + r.feedback_weights()[static_cast<long long>(k) * r.n + i] * r.feedback()[k];
  if (run.noisy) current = current + r.noise_sd()[i] * normal(r.noise()[i], run.normals);
  return current;
}

// What was sent earlier, and external spikes.
template <typename T>
DEVICE T arrive(const Run<T>& run, const Replica<T>& r, T receiving, long long step, int i) {
  if (run.depth) {
    T* waiting = r.pending() + step % run.depth * r.n + i;
    receiving = receiving + *waiting;
    *waiting = 0;
  }
  if (run.external) {
    const double count = poisson_count(r.events()[i], r.poisson_mean()[i], r.poisson_none()[i]);
    receiving = receiving + r.poisson_weight()[i] * T(count);
  }
  return receiving;
}

template <typename T>
DEVICE bool advance(const Run<T>& run, const Replica<T>& r, T& v, T& u, T current, int i) {
  const long long width = run.parameter_step ? r.n : 1;
  const T* p = r.parameters() + i * run.parameter_step;
  const bool fired = run.model == 0 ? izhikevich_2003(v, u, current, p, width, run.dt_ms, run.half_step != 0)
                                    : izhikevich_2007(v, u, current, p, width, run.dt_ms, run.half_step != 0);
  if (v < T(-VOLTAGE_LIMIT_MV)) v = T(nanf(""));
  if (fired) {
    const int reset = run.model == 0 ? 2 : 7;
    v = p[reset * width];
    u = u + p[(reset + 1) * width];
  }
  return fired;
}

// Utilisation and resources of neuron i's synapses, and what its spike does to their weights.
template <typename T>
DEVICE void pass_on(const Run<T>& run, const Replica<T>& r, long long step, bool fired, int i) {
  if (!run.passing) return;
  T *utilisation = r.short_term() + i, *resources = utilisation + r.n;
  const T use = r.use()[i];
  T m = use + (*utilisation - use) * r.facilitation_decay()[i];
  T x = T(1) + (*resources - T(1)) * r.depression_decay()[i];
  if (fired) {
    const T used = m * x;
    m = m + use * (T(1) - m);
    x = x - used;
    r.efficacy(step)[i] = used / use;
  }
  *utilisation = m;
  *resources = x;
}

// Everything that a neuron does by itself.
template <typename T>
DEVICE void move_neuron(const Run<T>& run, const Replica<T>& r, const T* x, long long step, int i) {
  const int n = r.n;
  T *value = r.values() + i, s = value[2 * n];
  const T current = external_current(run, r, x, i) + s;
  const bool fired = advance(run, r, value[0], value[n], current, i);
  const long long at_synapse = i * run.synapse_step, at_trace = i * run.trace_step;
  T h = value[3 * n], trace = value[4 * n], rise = value[5 * n];
  filter(s, h, r.synapse_decay()[at_synapse], r.synapse_rise()[at_synapse], run.double_synapse != 0, T(run.dt_ms));
  filter(trace, rise, r.trace_decay()[at_trace], r.trace_rise()[at_trace], run.double_trace != 0, T(run.dt_ms));
  const T received = arrive(run, r, run.double_synapse ? h : s, step, i);
  (run.double_synapse ? value[3 * n] : value[2 * n]) = received;
  (run.double_synapse ? value[2 * n] : value[3 * n]) = run.double_synapse ? s : h;
  pass_on(run, r, step, fired, i);
  if (fired) {
    const T kick = r.trace_kick()[at_trace];
    trace = run.double_trace ? trace : trace + kick;
    rise = run.double_trace ? rise + kick : rise;
    unsigned* marks = fired_at(r, step);
    mark(marks + i / 32, 1u << i % 32);
    mark(marks + words(n) - 1, 1u);
  }
  value[4 * n] = trace;
  value[5 * n] = rise;
}

// Add neuron j's weights to its targets among the block's neurons; a target is met once for each delay.
template <typename T, typename Team>
DEVICE void send(const Run<T>& run, const Replica<T>& r, Team& team, long long step, int j) {
  T* receiving = r.values() + (run.double_synapse ? 3 : 2) * r.n;
  const long long end = r.indptr()[j + 1];
  const T factor = run.passing ? r.efficacy(step)[j] : T(1);
  for (long long k = r.indptr()[j] + team.rank; k < end; k += team.size) {
    const int target = r.targets()[k], delay = run.delayed ? r.delays()[k] : 1;
    if (target < team.first || target >= team.last) continue;
    T* to = delay == 1 ? receiving + target : r.pending() + (step + delay - 1) % run.depth * r.n + target;
    *to = *to + r.weights()[k] * factor;
  }
}

// Send the spikes of a step in ascending order of the neurons that fired.
template <typename T, typename Team>
DEVICE void send_spikes(const Run<T>& run, const Replica<T>& r, Team& team, long long step) {
  const unsigned* marks = fired_at(r, step);
  unsigned* old = fired_at(r, step + 2);  // of the step before; every thread has read it
  const int count = words(r.n);
  for (int i = team.block * team.size + team.rank; i < count; i += team.size * team.blocks) old[i] = 0;
  if (!marks[count - 1]) return;
  for (int word = 0; word < count - 1; ++word) {
    for (unsigned left = marks[word]; left; left &= left - 1) {
      send(run, r, team, step, 32 * word + lowest_bit(left));
      team.sync_block();
    }
  }
}
