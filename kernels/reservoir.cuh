// A run of one replica: all its steps, by one team of threads.
#pragma once
#include "learning.cuh"
#include "record.cuh"
#include "step.cuh"

constexpr int CHECK_EVERY = 50;

template <typename T, typename Team>
DEVICE void learn(const Run<T>& run, const Replica<T>& r, Team& team, long long t) {
  const long long step = run.done + t;
  if (step < run.first || step >= run.last || step % run.every != run.offset) return;
  const Gains gains{run.saturation, run.forgetting, run.grow, run.mu, run.divided != 0};
  const int readouts = static_cast<int>(run.readouts);
  const T *x = r.values() + 4 * r.n, *wanted = r.wanted() + t * run.readouts;
  if (run.lesson == 0) {
    delta_sample(team, r.n, readouts, r.readout_weights(), x, r.feedback(), wanted, r.course()[t], run.rate[r.b], gains,
                 r.results(), static_cast<T*>(nullptr));
  } else {
    const long long turn = (step - run.start) / run.every;
    least_squares_sample(team, r.n, readouts, r.readout_weights(), r.inverse(), x, r.feedback(), wanted, gains, turn, r.c(),
                         r.scaled(), r.results());
  }
}

template <typename T, typename Team>
DEVICE void one_step(const Run<T>& run, const Replica<T>& r, Team& team, long long t) {
  const long long step = run.done + t;
  draw(run, r, team, step);
  for (int i = team.first + team.rank; i < team.last; i += team.size)
    move_neuron(run, r, r.drive() + t * run.inputs, step, i);
  team.sync();
  send_spikes(run, r, team, step);
  if (run.readouts) {
    const T *w = r.readout_weights(), *x = r.values() + 4 * r.n;
    const int n = r.n;
    lane_dots(team, static_cast<int>(run.readouts), r.feedback(), [=](int k, int lane) {
      return lane_partial(w + static_cast<long long>(k) * n, x, n, lane);
    });
    team.sync();
    if (run.lesson >= 0) learn(run, r, team, t);
  }
  if (record(run, r, team, step)) team.sync();
}

// Fill the working memory from the host's arrays, or the arrays from it.
template <typename T, typename Team>
DEVICE void copy_state(const Run<T>& run, const Replica<T>& r, Team& team, long long b, bool back) {
  const int rank = team.block * team.size + team.rank, size = team.size * team.blocks;
  T *kept = run.values + b * 6 * r.n, *fed = run.feedback + b * run.readouts;
  for (int i = rank; run.in_shared && i < 6 * r.n; i += size) (back ? kept : r.values())[i] = (back ? r.values() : kept)[i];
  for (int k = rank; k < run.readouts; k += size) (back ? fed : r.feedback())[k] = (back ? r.feedback() : fed)[k];
  if (back) return;
  for (int i = rank; i < 3 * words(r.n); i += size) r.fired()[i] = 0;
  if (rank == 0) *r.verdict() = WELL;
}

template <typename T, typename Team>
DEVICE void run_replica(const Run<T>& run, Team& team, long long b, char* space) {
  const Replica<T> r{run, b, static_cast<int>(run.neurons), space};
  copy_state(run, r, team, b, false);
  team.sync();
  for (long long t = 0; t < run.steps; ++t) {
    one_step(run, r, team, t);
    if ((run.done + t + 1) % CHECK_EVERY != 0 && t + 1 != run.steps) continue;
    look(run, r, team);
    team.sync();
    const unsigned verdict = *r.verdict();
    if (verdict == WELL) continue;
    if (team.block == 0 && team.rank == 0) {
      run.status[3 * b] = verdict >> NEURON_BITS;
      run.status[3 * b + 1] = run.done + t + 1;
      run.status[3 * b + 2] = verdict & ((1u << NEURON_BITS) - 1);
    }
    break;
  }
  copy_state(run, r, team, b, true);
}
