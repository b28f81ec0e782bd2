// What somebody who watches sees of a simulation: frame by frame what has happened
// since the frame before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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

// What is looked at, which all share who look at the same.
struct Sight {
  explicit Sight(v1::Readout what) : readout(std::move(what)), bytes(readout.SerializeAsString()) {}
  const v1::Readout readout;
  const std::string bytes;  // of it, to compare it by
};

// A value: what is remembered of the frame before, by which the next one is filled in. Of a
// simulation it reads only; of a population only what is recorded anyway. Not thread-safe.
class View {
 public:
  explicit View(std::shared_ptr<const Sight> sight) : sight_(std::move(sight)) {}

  // Whether the next frames of both are equal.
  bool Equals(const View& other) const {
    return sight_ == other.sight_ && moment_ == other.moment_;
  }

  // Fills in all of a frame but what the simulation does not know. Errors name a field of the
  // readout: what it names must be there at first, and all must fit into an answer
  // always (READOUT_TOO_LARGE). What it takes is charged before there is a frame:
  // RESOURCE_EXHAUSTED (quota `memory_bytes`). The view is good for nothing after an error.
  absl::Status Fill(engine::Simulation& simulation, const Resets& resets, MemoryCharge* charge,
                    v1::WatchSessionResponse* frame);
  // What it takes, without and with the frame that it has filled in.
  uint64_t kept_bytes() const { return kept_bytes_; }
  uint64_t bytes_with_frame() const { return kept_bytes_ + frame_bytes_; }
  // Of another simulation that takes the place of the one that was watched: begins anew, with
  // whatever is there.
  View Anew() const;

 private:
  // What the next frame depends on, beside what it has of the simulation.
  struct Moment {
    // There was no frame before: what is named must be there; and nothing is remembered.
    bool first = true, anew = true;
    // Of the simulation, as of the frame before.
    uint64_t revision = 0, resets = 0, simulations = 0;
    engine::Step last = 0;
    bool operator==(const Moment&) const = default;
  };
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

  std::shared_ptr<const Sight> sight_;
  Moment moment_;
  Items counted_, spikes_, weights_, signals_;
  std::vector<v1::WatchedPopulation> populations_;
  absl::flat_hash_set<std::string> told_;  // of them
  uint64_t bytes_ = 0;                     // of a frame without spikes and signals
  uint64_t signal_bytes_ = 0;              // that a multimeter may take in it
  uint64_t kept_bytes_ = 0;                // from frame to frame
  uint64_t frame_bytes_ = 0;
};

}  // namespace spiked::session
