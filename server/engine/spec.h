// A network as its user describes it: plain data, without any of the machinery
// that runs it. The fields mirror NetworkSpecification of the contract, so that
// the path of a field in an error means the same in both. Members are listed for
// state.h.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace spiked::engine {

// Distributions from which parameters, weights and delays are drawn.
struct Normal {
  double mean = 0, std = 0;
  bool operator==(const Normal&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.mean, s.std); }
};
struct Uniform {
  double low = 0, high = 0;  // [low, high)
  bool operator==(const Uniform&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.low, s.high); }
};
struct Lognormal {
  double mean = 0, std = 0;  // of the logarithm
  bool operator==(const Lognormal&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.mean, s.std); }
};
struct Distribution {
  std::variant<Normal, Uniform, Lognormal> kind;
  // Numbers outside are drawn again; infinite where there is no bound.
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool operator==(const Distribution&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.kind, s.minimum, s.maximum); }
};

// The same number for all, one for each, or drawn for each.
using Value = std::variant<double, std::vector<double>, Distribution>;
using Parameters = std::map<std::string, Value>;

// When spikes or samples are recorded: those with stamps after origin + start and
// up to origin + stop.
struct RecordWindow {
  double start_ms = 0;
  double stop_ms = std::numeric_limits<double>::infinity();
  double origin_ms = 0;
  bool operator==(const RecordWindow&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.start_ms, s.stop_ms, s.origin_ms); }
};

// Whether and how something is recorded.
struct Recording {
  bool on = false;
  uint32_t limit = 0;  // entries; 0: no limit
  RecordWindow window;
  bool operator==(const Recording&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.on, s.limit, s.window); }
};

struct PopulationSpec {
  std::string name;
  std::string model;
  uint32_t size = 0;
  Parameters parameters;
  bool record_spikes = false;
  uint32_t record_limit = 0;  // spikes; 0: no limit
  RecordWindow record_window;
  std::string mirrored;  // network/population, of a mirror
  bool operator==(const PopulationSpec&) const = default;
  static void Members(auto& s, auto&& visit) {
    visit(s.name, s.model, s.size, s.parameters, s.record_spikes, s.record_limit, s.record_window,
          s.mirrored);
  }
};

struct OneToOne {
  bool operator==(const OneToOne&) const = default;
  static void Members(auto&, auto&&) {}
};
struct AllToAll {
  bool exclude_autapses = false;
  bool operator==(const AllToAll&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.exclude_autapses); }
};
struct FixedIndegree {
  uint32_t indegree = 0;
  bool exclude_autapses = false, exclude_multapses = false;
  bool operator==(const FixedIndegree&) const = default;
  static void Members(auto& s, auto&& visit) {
    visit(s.indegree, s.exclude_autapses, s.exclude_multapses);
  }
};
struct FixedOutdegree {
  uint32_t outdegree = 0;
  bool exclude_autapses = false, exclude_multapses = false;
  bool operator==(const FixedOutdegree&) const = default;
  static void Members(auto& s, auto&& visit) {
    visit(s.outdegree, s.exclude_autapses, s.exclude_multapses);
  }
};
struct PairwiseBernoulli {
  double probability = 0;
  bool exclude_autapses = false;
  bool operator==(const PairwiseBernoulli&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.probability, s.exclude_autapses); }
};
struct FixedTotalNumber {
  uint64_t connections = 0;
  bool exclude_autapses = false;
  bool operator==(const FixedTotalNumber&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.connections, s.exclude_autapses); }
};
struct ExplicitPairs {
  std::vector<uint32_t> sources, targets;
  bool operator==(const ExplicitPairs&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.sources, s.targets); }
};
// monostate: the user named no rule, which is an error.
using ConnectionRule =
    std::variant<std::monostate, OneToOne, AllToAll, FixedIndegree, FixedOutdegree,
                 PairwiseBernoulli, FixedTotalNumber, ExplicitPairs>;

// Neurons first, first + step, ... of a population, `count` of them.
struct NeuronRange {
  uint32_t first = 0, count = 0, step = 1;
  bool operator==(const NeuronRange&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.first, s.count, s.step); }
};
// Some neurons of a population, each at most once; monostate stands for all.
using Selection = std::variant<std::monostate, NeuronRange, std::vector<uint32_t>>;

struct ProjectionSpec {
  std::string name;
  std::string source;
  std::string target;
  // Rule and lists number the neurons of these parts from 0.
  Selection source_neurons = {}, target_neurons = {};
  ConnectionRule rule;
  std::string synapse_model;  // empty stands for static_synapse
  Value weight = 1.0;         // pA onto a neuron
  Value delay_ms = 1.0;
  Parameters parameters;
  std::string volume_transmitter;  // for stdp_dopamine_synapse
  Recording weights = {};          // that are transmitted
  bool operator==(const ProjectionSpec&) const = default;
  static void Members(auto& s, auto&& visit) {
    visit(s.name, s.source, s.target, s.rule, s.synapse_model, s.weight, s.delay_ms, s.parameters,
          s.volume_transmitter, s.source_neurons, s.target_neurons, s.weights);
  }
};

struct MultimeterSpec {
  std::string name;
  std::string population;
  Selection neurons = {};
  std::vector<std::string> variables;
  double interval_ms = 0;     // 0 stands for kDefaultIntervalMs
  uint32_t record_limit = 0;  // samples; 0: no limit
  RecordWindow record_window;
  bool operator==(const MultimeterSpec&) const = default;
  static void Members(auto& s, auto&& visit) {
    visit(s.name, s.population, s.variables, s.interval_ms, s.record_limit, s.record_window,
          s.neurons);
  }
};
inline constexpr double kDefaultIntervalMs = 1.0;

struct NetworkSpec {
  std::vector<PopulationSpec> populations;
  std::vector<ProjectionSpec> projections;
  std::vector<MultimeterSpec> multimeters;
  bool operator==(const NetworkSpec&) const = default;
  static void Members(auto& s, auto&& visit) { visit(s.populations, s.projections, s.multimeters); }
};

// How large a network is, or would be.
struct NetworkSize {
  uint64_t neurons = 0;   // with relays and devices
  uint64_t synapses = 0;  // expected, for pairwise_bernoulli before building
  // Memory in use; before building a rough estimate, which whoever asks what a
  // network would cost is told.
  uint64_t bytes = 0;
  bool operator==(const NetworkSize&) const = default;
};

}  // namespace spiked::engine
