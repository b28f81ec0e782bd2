// What somebody who watches sees of a simulation: frame by frame what has happened
// since the frame before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/simulation.h"
#include "server/session/address.h"
#include "server/session/memory.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// How often the activity of a simulation has been forgotten, and at what time last; and
// how often another simulation has taken its place.
struct Resets {
  uint64_t number = 0;
  engine::Step last = 0;
  uint64_t simulations = 0;
};

// Of a simulation it reads only; of a population only what is recorded anyway. Not
// thread-safe.
class View {
 public:
  // What it remembers, and a frame as long as it is there, come out of the budget.
  View(v1::Readout readout, MemoryBudget* budget);

  // Fills in all of a frame but what the simulation does not know. Errors name a field of the
  // readout: what it names must be there at first, and all must fit into an answer
  // always (READOUT_TOO_LARGE). RESOURCE_EXHAUSTED (quota `memory_bytes`).
  absl::Status Fill(engine::Simulation& simulation, const Resets& resets,
                    v1::WatchSessionResponse* frame);
  // The frame has been sent: gives its memory back.
  void Sent();
  // Another simulation takes the place of the one that was watched: begins anew, with
  // whatever is there.
  void BeginAnew();

 private:
  struct Item {
    std::string address;
    Part part;
    // When what is known of it began.
    engine::Step begin = 0;
    // What the frame before had of a population: the spikes of each neuron, and of all
    // together.
    std::vector<uint64_t> totals = {};
    uint64_t recorded = 0;
    // What has happened since the frame before is later, and what of it fits into the
    // next one.
    engine::Step after = 0, fits_after = 0;
  };
  using Items = std::vector<Item>;
  using Addresses = google::protobuf::RepeatedPtrField<std::string>;

  // Finds what the readout names, and what is remembered of it; nothing where the
  // activity that was known of is forgotten.
  absl::Status Find(engine::Simulation& simulation, const Resets& resets);
  absl::StatusOr<Items> FindPopulations(engine::Simulation& simulation, const Addresses& addresses,
                                        absl::string_view list, const Resets& resets,
                                        const Items& before);
  absl::StatusOr<Items> FindParts(engine::Simulation& simulation, PartKind kind,
                                  const Addresses& addresses, absl::string_view list,
                                  const Resets& resets) const;
  // After when what a network has recorded is to be told.
  engine::Step After(const engine::Simulation& simulation, const engine::Network& network,
                     const Resets& resets) const;
  // How much all this takes.
  absl::Status Measure();
  void Copy(const engine::Simulation& simulation, engine::Step now,
            v1::WatchSessionResponse* frame);

  const v1::Readout readout_;
  MemoryCharge charge_;
  // There was no frame before: what is named must be there; and nothing is remembered.
  bool first_ = true, anew_ = true;
  // Of the simulation, as of the frame before.
  uint64_t revision_ = 0, resets_ = 0, simulations_ = 0;
  engine::Step last_ = 0;
  Items counted_, spikes_, weights_, signals_;
  std::vector<v1::WatchedPopulation> populations_;
  absl::flat_hash_set<std::string> told_;  // of them
  uint64_t bytes_ = 0;                     // of a frame without spikes and signals
  uint64_t signal_bytes_ = 0;              // that a multimeter may take in it
  uint64_t kept_bytes_ = 0;                // from frame to frame
};

}  // namespace spiked::session
