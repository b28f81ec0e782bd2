// The engine's front door: one clock with the networks on it.
//
// A simulation is a deterministic state machine. What it computes depends on
// its resolution and seed and on the calls made to it, in order; not on how a
// span of time is cut into calls of Advance, nor on the machine.
//
// Not thread-safe: one call at a time. Different simulations share nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/memory.h"
#include "server/engine/names.h"
#include "server/engine/network.h"
#include "server/engine/spec.h"
#include "server/engine/time.h"

namespace spiked::engine {

// Gets bytes, piece by piece.
using StateSink = absl::FunctionRef<void(absl::string_view)>;

class Simulation {
 public:
  // `resolution_ms` is the step h, from 0.001 to 10 ms. Networks and what is kept
  // of their activity take their memory from `memory`, which must outlive the
  // simulation. When it throws std::bad_alloc, AddNetwork leaves the simulation
  // as it was; after any other call no more than destroying it is possible.
  Simulation(double resolution_ms, uint64_t seed, Memory memory = SystemMemory());
  ~Simulation();

  const Grid& grid() const { return grid_; }
  uint64_t seed() const { return seed_; }
  // Biological time since the beginning.
  Step now() const { return now_; }
  double now_ms() const { return grid_.ToMs(now_); }

  // How large a network would be, or how much larger one of this simulation would
  // become; errors as of AddNetwork and ExtendNetwork, but for the name.
  absl::StatusOr<NetworkSize> Check(const NetworkSpec& spec,
                                    const Network* extended = nullptr) const;

  // Builds a network that begins now. INVALID_ARGUMENT names the field of the
  // specification; ALREADY_EXISTS if the name is taken (field `network`);
  // CANCELLED if the pace says stop, then there is no network. A crew shares the
  // work; what is built does not depend on it.
  absl::StatusOr<Network*> AddNetwork(absl::string_view name, const NetworkSpec& spec,
                                      Crew* crew = nullptr, Pace* pace = nullptr);

  // Extends a network of this simulation; errors as of Network::Extend.
  absl::Status ExtendNetwork(Network* network, const NetworkSpec& additions, Crew* crew = nullptr,
                             Pace* pace = nullptr);

  // Takes a network away; null is ignored. Its name may be given again, its random
  // numbers are not drawn again.
  void RemoveNetwork(const Network* network);

  // Network::RecordSpikes and RecordWeights of a network of this simulation.
  absl::Status RecordSpikes(Network* network, int population, const Recording& recording);
  absl::Status RecordWeights(Network* network, int projection, const Recording& recording);

  // Resets all networks, from now on or from time 0 on; see Network::Reset.
  absl::Status Reset(bool to_time_0, bool initial_weights, Crew* crew = nullptr,
                     Pace* pace = nullptr);

  // The network of that name, or null.
  Network* FindNetwork(absl::string_view name);
  const Network* FindNetwork(absl::string_view name) const;
  const std::vector<std::unique_ptr<Network>>& networks() const { return networks_; }
  // Grows whenever names may stand for something else, or what is recorded is
  // another: networks, and what is in them, stay where they are until then.
  uint64_t revision() const { return revision_; }

  // Lets the given number of steps pass (>= 0) in all networks, with the help of a
  // crew for large ones. Fewer may have passed if the pace says stop; the next call
  // goes on from there as if there had been no stop, whatever remains of a slice.
  // Errors as of Network::status: time has passed then, and will not any more.
  absl::Status Advance(Step steps, Crew* crew = nullptr, Pace* pace = nullptr);
  // How many threads a crew for Advance could make use of.
  int useful_threads() const;
  // Of all networks; see Network::TakeActivity.
  Activity TakeActivity();

  // Hands a simulation on to `sink`, piece by piece: its specifications and its
  // state, as README.md describes. Equal states give equal bytes.
  void Save(StateSink sink) const;
  // The simulation that was saved, which goes on from there as if nothing had
  // happened, on any machine. INVALID_ARGUMENT for what is none, or is of a form
  // that is not known here; DATA_LOSS for one that is damaged. Memory and crew as above.
  static absl::StatusOr<std::unique_ptr<Simulation>> Restore(absl::string_view bytes,
                                                             Crew* crew = nullptr,
                                                             Memory memory = SystemMemory());

 private:
  struct Mirrored {
    const Network* network;
    int population;
  };
  // INVALID_ARGUMENT about the fields of a mirror in `network` (null: a new one).
  absl::StatusOr<Mirrored> FindMirrored(const PopulationSpec& mirror, const Network* network) const;
  absl::Status CheckMirrors(const NetworkSpec& spec, const Network* network) const;
  void ConnectMirrors(const NetworkSpec& spec, Network* network);
  void Adopt(std::unique_ptr<Network> network);

  Grid grid_;
  uint64_t seed_;
  Memory memory_;
  Step now_ = 0;
  uint64_t added_ = 0;  // networks, also those that have been removed
  uint64_t revision_ = 0;
  std::vector<std::unique_ptr<Network>> networks_;
  ByName<Network*> by_name_;
};

}  // namespace spiked::engine
