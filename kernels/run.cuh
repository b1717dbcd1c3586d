// What the kernel of a reservoir is told: every field is 8 bytes, in the order in which the host packs them.
#pragma once
#include "team.cuh"

// B replicas, T steps, N neurons, P parameters, K inputs, R readouts, S synapses, D steps of the ring.
template <typename T>
struct Run {
  long long neurons, parameter_rows, inputs, readouts, synapses, depth, steps, done;
  // Distance between two neurons in rows that may be one number wide.
  long long parameter_step, synapse_step, trace_step;
  long long model, half_step, double_synapse, double_trace, noisy, external, delayed;
  long long groups, record_length;
  long long lesson, every, offset, first, last, start, divided;  // lesson: -1 none, 0 delta, 1 least squares
  double dt_ms, saturation, forgetting, grow, mu;
  // Working memory of a replica: bytes from its beginning, its size, and whether it is shared memory.
  long long at_feedback, at_results, at_c, at_scaled, at_fired, at_verdict, at_values, space_bytes, in_shared;
  long long replica;  // for a grid, which works on one replica

  const unsigned long long* seed;
  const T *parameters, *bias, *input_weights, *noise_sd;
  const double *poisson_mean, *poisson_none;
  const T *poisson_weight, *feedback_weights;
  const T *synapse_decay, *synapse_rise, *trace_decay, *trace_rise, *trace_kick;
  const long long* indptr;
  const int* targets;
  const T* weights;
  const int* delays;
  T *values, *pending, *feedback, *readout_weights, *inverse;
  const T *drive, *wanted, *course, *rate, *normals;  // inputs, and targets of the lesson
  const long long *record_variable, *record_stride, *record_start, *record_neurons, *record_offset;
  T* records;
  long long* status;  // (B, 3): code, completed steps, neuron
  char* space;
  unsigned long long* arrived;  // barrier of a grid
};

// One replica's part of it.
template <typename T>
struct Replica {
  unsigned long long seed;
  int n;
  const T *parameters, *bias, *input_weights, *noise_sd;
  const double *poisson_mean, *poisson_none;
  const T *poisson_weight, *feedback_weights;
  const T *synapse_decay, *synapse_rise, *trace_decay, *trace_rise, *trace_kick;
  const long long* indptr;
  const int *targets, *delays;
  const T* weights;
  T *pending, *readout_weights, *inverse, *records;
  const T *drive, *wanted, *course;
  T rate;
  // Working memory: values are rows of n as in the layout of the state, or where the host keeps them.
  T *values, *feedback, *results, *c, *scaled;
  unsigned *fired, *verdict;
};

template <typename T>
DEVICE Replica<T> replica(const Run<T>& run, long long b, char* space) {
  const long long n = run.neurons, synapse_row = run.synapse_step ? n : 1, trace_row = run.trace_step ? n : 1;
  Replica<T> r;
  r.n = static_cast<int>(n);
  r.seed = run.seed[b];
  r.parameters = run.parameters + b * run.parameter_rows * (run.parameter_step ? n : 1);
  r.bias = run.bias + b * n;
  r.input_weights = run.input_weights + b * run.inputs * n;
  r.noise_sd = run.noise_sd + b * n;
  r.poisson_mean = run.poisson_mean + b * n;
  r.poisson_none = run.poisson_none + b * n;
  r.poisson_weight = run.poisson_weight + b * n;
  r.feedback_weights = run.feedback_weights + b * run.readouts * n;
  r.synapse_decay = run.synapse_decay + b * synapse_row;
  r.synapse_rise = run.synapse_rise + b * synapse_row;
  r.trace_decay = run.trace_decay + b * trace_row;
  r.trace_rise = run.trace_rise + b * trace_row;
  r.trace_kick = run.trace_kick + b * trace_row;
  r.indptr = run.indptr + b * (n + 1);
  r.targets = run.targets + b * run.synapses;
  r.delays = run.delays + b * run.synapses;
  r.weights = run.weights + b * run.synapses;
  r.pending = run.pending + b * run.depth * n;
  r.readout_weights = run.readout_weights + b * run.readouts * n;
  r.inverse = run.inverse + b * n * n;
  r.records = run.records + b * run.record_length;
  r.drive = run.drive + b * run.steps * run.inputs;
  r.wanted = run.wanted + b * run.steps * run.readouts;
  r.course = run.course + b * run.steps;
  r.rate = run.lesson >= 0 ? run.rate[b] : T(0);
  r.values = run.in_shared ? reinterpret_cast<T*>(space + run.at_values) : run.values + b * 6 * n;
  r.feedback = reinterpret_cast<T*>(space + run.at_feedback);
  r.results = reinterpret_cast<T*>(space + run.at_results);
  r.c = reinterpret_cast<T*>(space + run.at_c);
  r.scaled = reinterpret_cast<T*>(space + run.at_scaled);
  r.fired = reinterpret_cast<unsigned*>(space + run.at_fired);
  r.verdict = reinterpret_cast<unsigned*>(space + run.at_verdict);
  return r;
}

// The neurons that fired at a step: a bit each, and one more word that says whether there are any.
DEVICE int words(int n) { return (n + 31) / 32 + 1; }

template <typename T>
DEVICE unsigned* fired_at(const Replica<T>& r, long long step) {
  return r.fired + step % 3 * words(r.n);
}
