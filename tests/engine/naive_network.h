// A whole network once more, in the plainest way: one step, one synapse, one
// spike at a time, every rule of delivery, plasticity and devices written out
// for itself. What the engine computes must agree to the last bit (to 1e-9 for
// dopaminergic synapses, whose closed solution it groups otherwise).
//
// It reads a specification whose projections are explicit pairs and whose
// values are numbers or lists.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/math/gaussian.h"
#include "server/engine/math/pow.h"
#include "server/engine/math/random.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"
#include "tests/engine/naive.h"

namespace spiked::engine {

class NaiveSimulation {
 public:
  NaiveSimulation(const NetworkSpec& spec, uint64_t seed, double h = 0.1)
      : h_(h), key_(DeriveKey(KeyOf(seed), StreamOf(Purpose::kKeys, 0), 0)) {
    Extend(spec);
  }

  // What is new begins now, and the slices are as short as the shortest delay
  // from now on.
  void Extend(const NetworkSpec& spec) {
    for (const PopulationSpec& p : spec.populations) AddPopulation(p);
    for (const ProjectionSpec& p : spec.projections) AddProjection(p);
    Step shortest = kNever;
    for (const Projection& p : projections_) {
      for (const Synapse& s : p.synapses) shortest = std::min(shortest, s.delay);
    }
    slice_ = shortest == kNever ? std::llround(1 / h_) : shortest;
    slice_end_ = now_ == slice_begin_ ? now_ + slice_ : std::min(slice_end_, now_ + slice_);
  }

  // Commands, as of Network.
  void SetSpikeTrains(int population, const std::vector<uint32_t>& senders,
                      const std::vector<Step>& stamps,
                      const std::vector<uint64_t>& multiplicities) {
    auto& schedule = populations_[population].schedule;
    schedule.clear();
    for (size_t k = 0; k < senders.size(); ++k) {
      if (stamps[k] > now_) schedule[stamps[k]].push_back({senders[k], multiplicities[k]});
    }
    for (auto& [stamp, spikes] : schedule) {
      std::ranges::stable_sort(spikes, {}, &Emitted::index);
    }
  }
  void SetCurrentSteps(int population, const std::vector<uint32_t>& senders,
                       const std::vector<Step>& times, const std::vector<double>& amplitudes) {
    for (auto& steps : populations_[population].steps) {
      std::erase_if(steps, [&](const auto& entry) { return entry.first > now_; });
    }
    for (size_t k = 0; k < senders.size(); ++k) {
      populations_[population].steps[senders[k]][std::max(times[k], now_)] = amplitudes[k];
    }
  }
  void SetDirectCurrent(int population, uint32_t device, double amplitude, Step start, Step stop) {
    populations_[population].amplitudes[device].push_back({now_ + 1, amplitude});
    populations_[population].windows[device].push_back({now_ + 1, start, stop});
  }
  void SetNoise(int population, double mean, double std, Step start, Step stop) {
    populations_[population].noise.push_back({now_, mean, std});
    for (auto& windows : populations_[population].windows) windows.push_back({now_, start, stop});
  }
  void SetWeights(int projection, const std::vector<double>& weights) {
    Projection& p = projections_[projection];
    for (size_t k = 0; k < p.synapses.size(); ++k) {
      p.synapses[k].weight = weights.size() == 1 ? weights[0] : weights[p.synapses[k].place];
    }
  }
  void ApplyReward(int projection, double reward) {
    Projection& p = projections_[projection];
    const Step shift = std::llround(p.parameters.at("pre_shift") / h_);
    for (Synapse& s : p.synapses) {
      std::vector<Step> pre, post;
      for (const Step t : populations_[p.source].stamps[s.source]) {
        if (t > p.rewarded) pre.push_back(t + shift);
      }
      for (const Step t : populations_[p.target].stamps[s.target]) {
        if (t > p.rewarded) post.push_back(t);
      }
      const auto pair = [&](Step span) {
        return p.parameters.at("A") *
               engine::Exp(-static_cast<double>(span) * h_ / p.parameters.at("tau"));
      };
      double facilitation = 0, depression = 0;
      ptrdiff_t last = -1;
      for (const Step t : post) {
        const ptrdiff_t q = std::ranges::lower_bound(pre, t) - pre.begin();
        if (q == last) continue;
        last = q;
        if (q > 0) facilitation += pair(t - pre[static_cast<size_t>(q - 1)]);
        if (p.parameters.at("causal_only") == 0 && q < std::ssize(pre)) {
          depression += pair(pre[static_cast<size_t>(q)] - t);
        }
      }
      const double trace = std::min(facilitation - depression, p.parameters.at("saturation"));
      s.weight += p.parameters.at("eta") * trace * reward;
    }
    p.rewarded = now_;
  }

  void CutConnections(int projection, const std::vector<uint64_t>& connections) {
    for (Synapse& s : projections_[projection].synapses) {
      if (std::ranges::find(connections, s.place) != connections.end()) {
        s.cut = std::min(s.cut, now_);
      }
    }
  }
  void RecordSpikes(int population) {
    Population& p = populations_[population];
    p.recorded = {0, now_, kNever};
    std::ranges::fill(p.totals, 0);
  }
  void RecordWeights(int projection, bool on) {
    projections_[projection].recorded = {0, on ? now_ : kNever, kNever};
    projections_[projection].record.clear();
  }

  void AdvanceTo(Step until) {
    while (now_ < until) {
      if (now_ == slice_begin_) HandOut();
      Update(++now_);
      if (now_ < slice_end_) continue;
      ++slices_;
      Trigger();
      slice_begin_ = now_;
      slice_end_ = now_ + slice_;
    }
  }

  // After each step from `begin` on, [step][neuron].
  std::vector<double> V_m(int population, Step begin = 0) const {
    return Since(population, populations_[population].V_m, begin);
  }
  std::vector<double> I_ex(int population, Step begin = 0) const {
    return Since(population, populations_[population].I_ex, begin);
  }
  // One entry a spike, however many spikes it stands for.
  const std::vector<std::vector<Step>>& stamps(int population) const {
    return populations_[population].stamps;
  }
  // Those that are recorded.
  uint64_t spikes(int population, uint32_t neuron) const {
    return populations_[population].totals[neuron];
  }
  // By source, then delay, then in order of connection.
  struct Transmitted {
    Step stamp;
    uint32_t place;
    double weight;
  };
  // By stamp, then by place; also those that a limit makes the engine forget.
  std::vector<Transmitted> Record(int projection) const {
    std::vector<Transmitted> record = projections_[projection].record;
    std::ranges::stable_sort(record, {},
                             [](const Transmitted& t) { return std::pair(t.stamp, t.place); });
    return record;
  }
  std::vector<double> Weights(int projection) const {
    const Projection& p = projections_[projection];
    std::vector<double> weights(p.synapses.size());
    for (const Synapse& s : p.synapses) weights[s.place] = s.weight;
    return weights;
  }

 private:
  struct Emitted {
    uint32_t index;
    uint64_t multiplicity;
  };
  // As it has been set at grid point `from`.
  struct Window {
    Step from;
    Step start, stop;
  };
  struct Noise {
    Step from;
    double mean, std;
  };
  struct Population {
    std::string model;
    uint32_t size;
    std::vector<NaiveNeuron> neurons;
    std::vector<double> tau_minus;
    std::map<Step, std::vector<Emitted>> schedule;                 // spike_generator
    std::vector<std::map<Step, double>> steps;                     // step_current_generator
    std::vector<std::vector<std::pair<Step, double>>> amplitudes;  // dc_generator
    std::vector<std::vector<Window>> windows;                      // of devices
    Window recorded;
    std::vector<Noise> noise;  // noise_generator
    Step dt = 0;
    std::map<Step, std::map<uint32_t, uint64_t>> counts;       // what relays hear
    std::vector<std::map<Step, std::vector<double>>> weights;  // what neurons feel
    std::vector<std::map<Step, Emitted>> emitted;              // not yet handed out
    std::vector<std::pair<Step, uint64_t>> dopamine;           // since the last delivery
    int64_t deliver_interval = 1;
    std::vector<std::vector<Step>> stamps;
    std::vector<std::vector<Step>> traced;  // one entry for each of simultaneous spikes, too
    std::vector<uint64_t> totals;
    std::vector<double> V_m, I_ex;  // after each step
    Step begin = 0;
    std::optional<Step> history;  // since when its spikes leave a trace
  };
  struct Synapse {
    uint32_t source, target;
    double weight;
    Step delay;
    uint32_t place;
    double k_plus = 0, c = 0, n = 0;
    double u = 0, x = 1;
    bool touched = false;
    Step last = 0, at = 0;
    Step cut = kNever;
  };
  struct Projection {
    int source, target, transmitter;
    uint32_t number;
    std::string model;
    std::map<std::string, double> parameters;
    std::vector<Synapse> synapses;  // in order of connection
    Step begin = 0, rewarded = 0;
    Window recorded = {0, kNever, kNever};
    std::vector<Transmitted> record;
  };

  std::vector<double> Since(int population, const std::vector<double>& all, Step begin) const {
    const Population& p = populations_[population];
    const Step steps = std::max<Step>(0, begin - p.begin);
    return {all.begin() + steps * static_cast<Step>(p.size), all.end()};
  }
  static double At(const Value& value, size_t k) {
    const auto* number = std::get_if<double>(&value);
    return number != nullptr ? *number : std::get<std::vector<double>>(value)[k];
  }
  Window MakeWindow(Step from, double start, double stop, double origin) const {
    return {from, std::llround((origin + start) / h_),
            std::isinf(stop) ? kNever : std::llround((origin + stop) / h_)};
  }
  int Find(const std::string& name) const {
    return static_cast<int>(std::ranges::find(names_, name) - names_.begin());
  }

  void AddPopulation(const PopulationSpec& spec) {
    names_.push_back(spec.name);
    Population& p = populations_.emplace_back();
    p.model = spec.model;
    p.size = spec.size;
    p.begin = now_;
    const auto number = [&](const char* name, uint32_t k, double otherwise) {
      const auto it = spec.parameters.find(name);
      return it == spec.parameters.end() ? otherwise : At(it->second, k);
    };
    p.emitted.resize(spec.size);
    p.stamps.resize(spec.size);
    p.traced.resize(spec.size);
    p.totals.resize(spec.size);
    p.weights.resize(spec.size);
    p.steps.resize(spec.size);
    p.windows.resize(spec.size);
    p.amplitudes.resize(spec.size);
    p.recorded = MakeWindow(0, spec.record_window.start_ms, spec.record_window.stop_ms,
                            spec.record_window.origin_ms);
    for (uint32_t k = 0; k < spec.size; ++k) {
      std::map<std::string, double> parameters;
      for (const auto& [name, value] : spec.parameters) parameters[name] = At(value, k);
      if (spec.model.starts_with("iaf")) p.neurons.emplace_back(parameters, h_, spec.model);
      p.tau_minus.push_back(number("tau_minus", k, 20));
      const bool direct = spec.model == "dc_generator";
      if (direct) p.amplitudes[k].push_back({now_ + 1, number("amplitude", k, 0)});
      p.windows[k].push_back(MakeWindow(direct ? now_ + 1 : now_, number("start", k, 0),
                                        number("stop", k, INFINITY), number("origin", k, 0)));
    }
    if (spec.model == "noise_generator") {
      p.noise.push_back({now_, number("mean", 0, 0), number("std", 0, 0)});
      p.dt = std::llround(number("dt", 0, 1) / h_);
    }
    p.deliver_interval = std::llround(number("deliver_interval", 0, 1));
  }

  void AddProjection(const ProjectionSpec& spec) {
    Projection p = {
        .source = Find(spec.source),
        .target = Find(spec.target),
        .transmitter = spec.volume_transmitter.empty() ? -1 : Find(spec.volume_transmitter),
        .number = static_cast<uint32_t>(projections_.size()),
        .model = spec.synapse_model,
        .parameters = Defaults(spec.synapse_model),
        .synapses = {},
        .begin = now_,
        .rewarded = now_,
        .recorded = {0, kNever, kNever},
        .record = {}};
    if (spec.weights.on) {
      p.recorded = MakeWindow(0, spec.weights.window.start_ms, spec.weights.window.stop_ms,
                              spec.weights.window.origin_ms);
    }
    for (const auto& [name, value] : spec.parameters) p.parameters[name] = At(value, 0);
    const auto& pairs = std::get<ExplicitPairs>(spec.rule);
    for (size_t k = 0; k < pairs.sources.size(); ++k) {
      p.synapses.push_back({.source = pairs.sources[k],
                            .target = pairs.targets[k],
                            .weight = At(spec.weight, k),
                            .delay = std::llround(At(spec.delay_ms, k) / h_),
                            .place = 0,
                            .c = p.parameters.contains("c") ? p.parameters.at("c") : 0,
                            .n = p.parameters.contains("n") ? p.parameters.at("n") : 0,
                            .last = now_,
                            .at = now_});
    }
    if (spec.synapse_model.starts_with("stdp")) {
      Population& target = populations_[p.target];
      target.history = target.history.value_or(now_);
    }
    std::vector<Synapse*> order;
    for (Synapse& s : p.synapses) order.push_back(&s);
    std::ranges::stable_sort(order, {},
                             [](const Synapse* s) { return std::pair(s->source, s->delay); });
    for (uint32_t k = 0; k < order.size(); ++k) order[k]->place = k;
    projections_.push_back(std::move(p));
  }

  static std::map<std::string, double> Defaults(const std::string& model) {
    if (model == "stdp_synapse") {
      return {{"tau_plus", 20}, {"lambda", 0.01}, {"alpha", 1},
              {"mu_plus", 1},   {"mu_minus", 1},  {"Wmax", 100}};
    }
    if (model == "rstdp_synapse") {
      return {{"eta", 0.7},        {"A", 36},        {"tau", 64},
              {"saturation", 128}, {"pre_shift", 0}, {"causal_only", 1}};
    }
    if (model == "tsodyks2_synapse") {
      return {{"U", 0.5}, {"tau_rec", 800}, {"tau_fac", 0}, {"x", 1}};
    }
    if (model == "stdp_dopamine_synapse") {
      return {{"A_plus", 1}, {"A_minus", 1.5}, {"tau_plus", 20}, {"tau_c", 1000}, {"tau_n", 200},
              {"b", 0},      {"Wmin", 0},      {"Wmax", 200},    {"c", 0},        {"n", 0}};
    }
    return {};
  }

  double Exp(Step span, double tau) const {
    return engine::Exp(static_cast<double>(span) * h_ / tau);
  }

  // K- of a neuron strictly before t.
  double KMinus(const Projection& p, uint32_t target, Step t) const {
    const Population& neurons = populations_[p.target];
    const double tau = neurons.tau_minus[target];
    double k = 0;
    Step last = 0;
    if (t <= p.begin) return 0.0;
    for (const Step stamp : neurons.traced[target]) {
      if (stamp <= *neurons.history) continue;
      if (stamp >= t) break;
      k = k == 0 ? 1.0 : 1.0 + k * Exp(last - stamp, tau);
      last = stamp;
    }
    return k == 0 ? 0.0 : k * Exp(last - t, tau);
  }

  // Everything that was emitted in the slice before, to all that it reaches.
  void HandOut() {
    for (int k = 0; k < static_cast<int>(populations_.size()); ++k) {
      Population& population = populations_[k];
      const bool relay = population.model == "parrot_neuron";
      for (uint32_t index = 0; index < population.size; ++index) {
        for (const auto& [order, spike] : std::exchange(population.emitted[index], {})) {
          const Step stamp = order / kSpikesInStep;
          const uint64_t times = relay ? spike.multiplicity : 1;
          for (uint64_t time = 0; time < times; ++time) {
            const uint64_t multiplicity = relay ? 1 : spike.multiplicity;
            for (Projection& p : projections_) {
              if (p.source != k || stamp <= p.begin) continue;
              for (Synapse& s : p.synapses) {
                if (s.source == index) Transmit(p, s, stamp, multiplicity, time == 0);
              }
            }
          }
        }
      }
    }
  }

  void Transmit(Projection& p, Synapse& s, Step stamp, uint64_t multiplicity, bool first) {
    if (p.model == "stdp_synapse") OnPreStdp(p, s, stamp);
    if (p.model == "stdp_dopamine_synapse") OnPreDopamine(p, s, stamp);
    const double factor = p.model == "tsodyks2_synapse" ? OnPreTsodyks(p, s, stamp) : 1.0;
    if (stamp > s.cut) return;
    const bool plastic = p.model.starts_with("stdp") || p.model == "tsodyks2_synapse";
    if ((plastic || first) && stamp > p.recorded.start && stamp <= p.recorded.stop) {
      p.record.push_back({stamp, s.place, factor * s.weight});
    }
    Population& target = populations_[p.target];
    const Step arrival = stamp + s.delay;
    if (target.neurons.empty()) {
      target.counts[arrival][s.target] += multiplicity;
    } else {
      target.weights[s.target][arrival].push_back(s.weight *
                                                  (factor * static_cast<double>(multiplicity)));
    }
  }

  void OnPreStdp(const Projection& p, Synapse& s, Step t) const {
    const auto& par = p.parameters;
    const double w_max = par.at("Wmax"), lambda = par.at("lambda"), tau_plus = par.at("tau_plus");
    double w = s.weight / w_max;
    for (const Step post : populations_[p.target].traced[s.target]) {
      if (post <= p.begin || post <= s.last - s.delay || post > t - s.delay) continue;
      const double k = s.k_plus * Exp(s.last - (post + s.delay), tau_plus);
      w = std::min(1.0, w + lambda * Pow(1.0 - w, par.at("mu_plus")) * k);
    }
    const double k_minus = KMinus(p, s.target, t - s.delay);
    w = std::max(0.0, w - par.at("alpha") * lambda * Pow(w, par.at("mu_minus")) * k_minus);
    s.weight = w * w_max;
    s.k_plus = s.k_plus * Exp(s.last - t, tau_plus) + 1.0;
    s.last = t;
  }

  double OnPreTsodyks(const Projection& p, Synapse& s, Step t) const {
    const double U = p.parameters.at("U"), tau_fac = p.parameters.at("tau_fac");
    if (!std::exchange(s.touched, true)) {
      s.u = p.parameters.contains("u") ? p.parameters.at("u") : U;
      s.x = p.parameters.at("x");
    } else {
      s.x = 1.0 + (s.x - s.x * s.u - 1.0) * Exp(s.last - t, p.parameters.at("tau_rec"));
      s.u = U + s.u * (1.0 - U) * (tau_fac == 0 ? 0.0 : Exp(s.last - t, tau_fac));
    }
    s.last = t;
    return s.x * s.u;
  }

  // From s.at to t without a dopamine spike.
  void Pass(const Projection& p, Synapse& s, Step t) const {
    const auto& par = p.parameters;
    const double D = static_cast<double>(t - s.at) * h_, tau_c = par.at("tau_c");
    const double tau_n = par.at("tau_n"), rate = (tau_c + tau_n) / (tau_c * tau_n);
    s.weight -= s.c * (s.n / rate * Expm1(-rate * D) - par.at("b") * tau_c * Expm1(-D / tau_c));
    s.weight = std::clamp(s.weight, par.at("Wmin"), par.at("Wmax"));
    s.c *= engine::Exp(-D / tau_c);
    s.n *= engine::Exp(-D / tau_n);
    s.at = t;
  }
  void PassDopamine(const Projection& p, Synapse& s, Step t) const {
    const Step from = s.at;
    for (const auto& [arrival, m] : populations_[p.transmitter].dopamine) {
      if (arrival <= from || arrival > t) continue;
      Pass(p, s, arrival);
      s.n += static_cast<double>(m) / p.parameters.at("tau_n");
    }
    Pass(p, s, t);
  }
  void CountPosts(const Projection& p, Synapse& s, Step until, bool strictly) const {
    for (const Step post : populations_[p.target].traced[s.target]) {
      const Step felt = post + s.delay;
      if (post <= p.begin || felt <= s.last || felt > until) continue;
      PassDopamine(p, s, felt);
      if (strictly && post >= until) continue;
      s.c += p.parameters.at("A_plus") * s.k_plus * Exp(s.last - felt, p.parameters.at("tau_plus"));
    }
    PassDopamine(p, s, until);
  }
  void OnPreDopamine(const Projection& p, Synapse& s, Step t) const {
    CountPosts(p, s, t, true);
    s.c -= p.parameters.at("A_minus") * KMinus(p, s.target, t - s.delay);
    s.k_plus = s.k_plus * Exp(s.last - t, p.parameters.at("tau_plus")) + 1.0;
    s.last = t;
  }
  void Trigger() {
    for (int k = 0; k < static_cast<int>(populations_.size()); ++k) {
      Population& transmitter = populations_[k];
      if (transmitter.model != "volume_transmitter") continue;
      if (slices_ % transmitter.deliver_interval != 0) continue;
      for (Projection& p : projections_) {
        if (p.transmitter != k) continue;
        for (Synapse& s : p.synapses) {
          CountPosts(p, s, now_, false);
          s.k_plus *= Exp(s.last - now_, p.parameters.at("tau_plus"));
          s.last = now_;
        }
      }
      transmitter.dopamine.clear();
    }
  }

  // The step that ends at `to`.
  void Update(Step to) {
    for (Population& p : populations_) {
      if (const auto spikes = p.schedule.extract(to)) {
        for (const Emitted& spike : spikes.mapped()) {
          const Window& window = p.windows[spike.index].back();
          if (to > window.start && to <= window.stop) Emit(p, to, spike);
        }
      }
      if (const auto counts = p.counts.extract(to)) {
        for (const auto& [index, m] : counts.mapped()) {
          if (p.model == "volume_transmitter") {
            p.dopamine.push_back({to, m});
          } else {
            Emit(p, to, {index, m});
          }
        }
      }
    }
    for (int k = 0; k < static_cast<int>(populations_.size()); ++k) {
      Population& p = populations_[k];
      if (p.neurons.empty()) continue;
      const std::vector<double> currents = Currents(k, to - 1);
      for (uint32_t index = 0; index < p.size; ++index) {
        const auto weights = p.weights[index].extract(to);
        if (p.neurons[index].Step(weights ? weights.mapped() : std::vector<double>(),
                                  currents[index])) {
          Emit(p, to, {index, 1});
        }
        p.V_m.push_back(p.neurons[index].V_m());
        p.I_ex.push_back(p.neurons[index].I_syn_ex());
      }
    }
  }

  // What devices drive the step with that begins at `at`.
  std::vector<double> Currents(int population, Step at) {
    std::vector<double> sums(populations_[population].size);
    for (int device = 0; device < static_cast<int>(populations_.size()); ++device) {
      for (const Projection& p : projections_) {
        if (p.target != population || p.source != device) continue;
        std::vector<const Synapse*> order;
        for (const Synapse& s : p.synapses) order.push_back(&s);
        std::ranges::sort(order, {}, &Synapse::place);
        for (const Synapse* s : order) {
          sums[s->target] += s->weight * Amplitude(p, *s, at - s->delay);
        }
      }
    }
    return sums;
  }

  // 0 of what emits no currents.
  double Amplitude(const Projection& p, const Synapse& s, Step k) const {
    const Population& device = populations_[p.source];
    if (k < p.begin || k >= s.cut) return 0.0;
    bool active = false;
    for (const Window& w : device.windows[s.source]) {
      if (w.from <= k) active = w.start <= k && k < w.stop;
    }
    if (!active) return 0.0;
    if (device.model == "step_current_generator") {
      const auto after = device.steps[s.source].upper_bound(k);
      return after == device.steps[s.source].begin() ? 0.0 : std::prev(after)->second;
    }
    if (device.model == "dc_generator") {
      double amplitude = 0;
      for (const auto& [from, set] : device.amplitudes[s.source]) {
        if (from <= k) amplitude = set;
      }
      return amplitude;
    }
    if (device.model == "noise_generator") {
      const Step draw = (k - device.begin) / device.dt;
      double first, second;
      GaussianPairs(key_, StreamOf(Purpose::kDevice, p.number), s.place,
                    static_cast<uint64_t>(draw / 2), 1, &first, &second);
      Noise noise{};
      for (const Noise& set : device.noise) {
        if (set.from <= device.begin + draw * device.dt) noise = set;
      }
      return noise.mean + noise.std * (draw % 2 == 0 ? first : second);
    }
    return 0.0;
  }

  void Emit(Population& p, Step stamp, Emitted spike) {
    auto& emitted = p.emitted[spike.index];
    Step order = stamp * kSpikesInStep;
    while (emitted.contains(order)) ++order;
    emitted[order] = spike;
    p.stamps[spike.index].push_back(stamp);
    p.traced[spike.index].insert(p.traced[spike.index].end(),
                                 std::min<uint64_t>(spike.multiplicity, 1000), stamp);
    if (stamp > p.recorded.start && stamp <= p.recorded.stop) {
      p.totals[spike.index] += spike.multiplicity;
    }
  }

  static constexpr Step kSpikesInStep = 1'000'000;

  double h_;
  RandomKey key_;
  std::vector<std::string> names_;
  std::vector<Population> populations_;
  std::vector<Projection> projections_;
  Step slice_ = 1, slice_begin_ = 0, slice_end_ = 0, slices_ = 0, now_ = 0;
};

}  // namespace spiked::engine
