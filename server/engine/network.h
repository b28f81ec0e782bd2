// A running network: neurons, devices and synapses on a clock of their own.
//
// Populations, projections and multimeters are addressed by handles, which
// never change while the network lives. Times are in steps since the beginning
// of the simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/memory.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"
#include "server/engine/views.h"

namespace spiked::engine {

class Crew;
class Pace;
class StateReader;
class StateWriter;

// What a network needs to know of the simulation it lives in.
struct NetworkContext {
  Grid grid{0.1};
  uint64_t seed = 0;   // of the simulation
  uint64_t index = 0;  // of the network within it; tells its noise from others'
  Step begin = 0;      // when the network was created
  Memory memory = std::pmr::get_default_resource();
};

class Network;

// Checks a specification in full and tells how large the network would be,
// at a cost that does not depend on the number of connections; or, of what is to
// be added to a network, how much larger it would become. INVALID_ARGUMENT with
// the field's path.
absl::StatusOr<NetworkSize> CheckSpec(const NetworkSpec& spec, const Grid& grid,
                                      const Network* extended = nullptr);

// The specification with the defaults of models and limits written out. The
// specification must have passed CheckSpec.
NetworkSpec ResolveSpec(const NetworkSpec& spec);

// How far an input goes: several can be checked first, and then applied without
// being checked again, so that all are applied or none.
enum class Pass { kCheckAndApply, kCheck, kApply };

// A parameter or state variable.
struct ParameterValues {
  std::string name;
  std::vector<double> values;
};

// How much has happened.
struct Activity {
  uint64_t spikes = 0;           // that neurons and devices have emitted
  uint64_t synaptic_events = 0;  // spikes that synapses have transmitted, each one
};

class Network {
 public:
  struct PopulationInfo {
    std::string name;
    std::string model;
    uint32_t size;
    bool recorded;
    Step recorded_after = 0;  // since when, where that has been changed
  };
  struct ProjectionInfo {
    std::string name;
    std::string synapse_model;
    uint32_t source_size, target_size;
    uint64_t synapses;
    bool rewarded;  // ApplyReward is for it
    bool dense;     // all_to_all with autapses: a full matrix, row-major
    bool recorded;  // what is transmitted
  };
  struct MultimeterInfo {
    std::string name;
    std::vector<std::string> variables;
    uint32_t neurons;
    Step interval;
    Step begin;             // samples are later
    uint32_t record_limit;  // samples; 0: no limit
  };

  // Builds what the specification says, with a crew or alone; errors as CheckSpec,
  // CANCELLED if the pace says stop.
  static absl::StatusOr<std::unique_ptr<Network>> Build(std::string name, const NetworkSpec& spec,
                                                        const NetworkContext& context,
                                                        Crew* crew = nullptr, Pace* pace = nullptr);
  ~Network();

  // Adds populations, projections (from and to what is new or was there) and
  // multimeters, with a crew or alone; errors as CheckSpec, CANCELLED if the pace
  // says stop. What fails, or finds no memory, leaves the network as it was.
  //
  // New parts begin now: a connection transmits what is emitted from now on, and
  // a plastic one knows of its target's spikes from now on. Whatever is random in
  // them follows from the seed and their numbers, and spikes are summed in order
  // of creation, so that a network that has not run yet becomes the same
  // in one piece and in several. Where the shortest delay becomes shorter, the
  // slice that has begun ends after the new one, if it would have ended later.
  absl::Status Extend(const NetworkSpec& additions, Crew* crew = nullptr, Pace* pace = nullptr);

  const std::string& name() const;
  NetworkSpec spec() const;  // resolved
  NetworkSize size() const;  // as built
  Step begin() const;        // when it was created
  Step now() const;

  // Handles, by name within the network; -1 if there is none.
  int FindPopulation(absl::string_view name) const;
  int FindProjection(absl::string_view name) const;
  int FindMultimeter(absl::string_view name) const;
  const std::vector<PopulationInfo>& populations() const;
  const std::vector<ProjectionInfo>& projections() const;
  const std::vector<MultimeterInfo>& multimeters() const;

  // What a mirror of this network repeats: a population of the network of that
  // number (NetworkContext) on the same clock, if there is one.
  void SetMirrored(int population, uint64_t network, int mirrored);
  uint64_t number() const;  // as the context says
  // Whether what mirrors repeat is as it should be, in networks that were restored.
  static bool MirrorsExist(std::span<const std::unique_ptr<Network>> networks);

  // Lets time pass until the given step (>= now) in networks on one clock, with a
  // crew or alone. False if the pace says stop before: all are at the same time
  // then, and the next call, with whatever has come in between, goes on from
  // there as if there had been no stop.
  static bool Advance(std::span<const std::unique_ptr<Network>> networks, Step until,
                      Crew* crew = nullptr, Pace* pace = nullptr);
  // OUT_OF_RANGE (reason NOT_FINITE), naming population and neuron, once a current
  // or a potential has left the finite numbers: time should not pass any more.
  absl::Status status() const;
  // How many threads of a crew would find work.
  int useful_threads() const;
  // What has happened since this was last asked for, which is no part of the state.
  // Devices of which every target gets spikes of its own emit none themselves; what
  // they send is transmitted. An event counts when its spike is handed out, so in the
  // slice after it, or when it is drawn.
  Activity TakeActivity();

  // Inputs. Errors name the field of the contract's message (`senders[3]`,
  // `times_ms[0]`, `parameters[rate]`).

  // Replaces the stamps to come of a spike_generator population. Stamps up to
  // now are skipped. An empty `multiplicities` means one each.
  absl::Status SetSpikeTrains(int population, std::span<const uint32_t> senders,
                              std::span<const Step> stamps,
                              std::span<const uint32_t> multiplicities,
                              Pass pass = Pass::kCheckAndApply);
  // Replaces the amplitudes to come of a step_current_generator population.
  absl::Status SetCurrentSteps(int population, std::span<const uint32_t> senders,
                               std::span<const Step> times, std::span<const double> amplitudes_pa,
                               Pass pass = Pass::kCheckAndApply);
  // SetParameters for a population of stimulation devices that are driven by them.
  // With `dry_run` parameters are only checked, here and below.
  absl::Status SetDeviceParameters(int population, const Parameters& parameters,
                                   bool dry_run = false);

  // Gives a population, or its neurons or devices at `indices`, new parameters or
  // state variables (the recordables of neurons; V_m is the present potential),
  // one number for all or a list in the order of the indices; those not named keep
  // their values. Times among them are in ms. State variables come last; where E_L
  // changes, V_m stays. Devices follow from now on.
  absl::Status SetParameters(int population, const Parameters& parameters, bool dry_run = false,
                             std::span<const uint32_t> indices = {});
  // The present values of those with such names, or of all: one for each index.
  absl::StatusOr<std::vector<ParameterValues>> GetParameters(
      int population, std::span<const std::string> names = {},
      std::span<const uint32_t> indices = {}) const;

  // The same of the synapses of a projection, which share them. What they have not
  // yet worked out, back to the source's last spike or the last delivery of
  // dopamine, they work out with the new ones. Bounds of weights that leave out a
  // present weight are refused.
  absl::Status SetSynapseParameters(int projection, const Parameters& parameters,
                                    bool dry_run = false);
  absl::StatusOr<std::vector<ParameterValues>> GetSynapseParameters(
      int projection, std::span<const std::string> names = {}) const;

  // Forgets all activity of networks on one clock, as if each as it is now had been created at
  // `begin`: state variables are what they began with; spikes under way, inputs to
  // come, traces, records and counts are gone. Parameters stay as they are, and
  // weights, too, unless `initial_weights`. Random numbers are those of the first
  // run if `begin` is the network's own beginning, else others. CANCELLED if the pace
  // says stop: they are as they were then.
  static absl::Status Reset(std::span<const std::unique_ptr<Network>> networks, Step begin,
                            bool initial_weights, Crew* crew = nullptr, Pace* pace = nullptr);

  // Rewards the episode of an rstdp projection since its last reward.
  // FAILED_PRECONDITION for other projections; OUT_OF_RANGE (reason NOT_FINITE,
  // field `value`) where a weight would leave the finite numbers.
  absl::Status ApplyReward(int projection, double reward, Pass pass = Pass::kCheckAndApply);
  // The same by halves, of a reward that has been checked. Works out what
  // it makes of the weights, beside them; false if stopped: it is to be called
  // again then, or dropped. To commit it never fails.
  bool PrepareReward(int projection, double reward, Pace* pace);
  void CommitReward(int projection);
  void DropReward(int projection);

  // Replaces weights; connections count in the order of Synapses(). INVALID_ARGUMENT,
  // field `values[k]`, for one that is not finite or beyond its bounds, `connections[k]`
  // for one that is not there, CANCELLED if the pace says stop; then nothing changes.
  // One for all, or one for each.
  absl::Status SetWeights(int projection, std::span<const double> weights, Pace* pace = nullptr);
  // Those of connections [first, first + size of weights), which must be there.
  absl::Status SetWeightsFrom(int projection, uint64_t first, std::span<const double> weights,
                              Pace* pace = nullptr);
  // Those of some connections: one for all of them, or one for each.
  absl::Status SetWeightsOf(int projection, std::span<const uint64_t> connections,
                            std::span<const double> weights, Pace* pace = nullptr);

  // Cuts connections, which count in that order, for good: they transmit nothing that
  // is emitted from now on. INVALID_ARGUMENT, field `connections[k]`.
  absl::Status CutConnections(int projection, std::span<const uint64_t> connections);

  // Records the spikes of a population, or the weights that a projection transmits,
  // from now on, or no more. What was recorded before is forgotten.
  // INVALID_ARGUMENT as CheckSpec, without the name of what is recorded.
  absl::Status RecordSpikes(int population, const Recording& recording, bool dry_run = false);
  absl::Status RecordWeights(int projection, const Recording& recording, bool dry_run = false);

  // Read-outs. What is read must be recorded. Views last until time passes.

  // Spikes with stamps in (after, until], at a cost that does not depend on
  // their number.
  SpikeView Spikes(int population, Step after, Step until) const;
  // How often each neuron has fired since it is recorded; recorded populations only.
  std::span<const uint64_t> SpikeTotals(int population) const;
  // Weights that have been transmitted by spikes with stamps in (after, until].
  WeightRecordView TransmittedWeights(int projection, Step after, Step until) const;
  // Samples at times in (after, until], at such a cost, too.
  SignalView Signals(int multimeter, Step after, Step until) const;
  // Up to `count` connections from number `first` on, ordered by source.
  SynapseView Synapses(int projection, uint64_t first, uint64_t count) const;
  // The number of a recordable of the projection's synapse model, for
  // SynapseView::CopyVariable. INVALID_ARGUMENT (an empty field) if there is none.
  absl::StatusOr<size_t> SynapseVariable(int projection, absl::string_view name) const;
  // Their delays in steps.
  std::vector<Step> Delays(int projection, uint64_t first, uint64_t count) const;

  // What has become of it, and what it has been built from.
  void Save(StateWriter& write) const;
  // Null if that fails; `context` says where it lives, but for what was saved.
  static std::unique_ptr<Network> Restore(StateReader& read, NetworkContext context, Crew* crew);

 private:
  class Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spiked::engine
