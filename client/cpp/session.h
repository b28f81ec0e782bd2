// A handle on one session of a server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cpp/recordings.h"
#include "client/cpp/step_stream.h"
#include "client/cpp/watch.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::client {

class Connection;

// How to open a session that goes on from another one.
struct CopyOptions {
  // Empty: the server draws an unguessable one.
  std::string id = {};
  // Empty: that of the other one.
  std::string display_name = {};
  // As in SessionOptions.
  std::optional<absl::Duration> ttl = {};
  v1::Durability durability = v1::DURABILITY_UNSPECIFIED;
};

// A handle on a session: it can be copied, and dropping it leaves the session
// on the server alone. Clients make them. Several threads may use one; the
// server carries their commands out one by one.
//
// Populations, projections and multimeters are named `network/name`; times and
// durations are in ms of biological time, on the grid of the resolution. All
// calls block. Errors are those of the server (see error.h); a command that
// fails leaves the session as it was.
class Session {
 public:
  // `sessions/{id}`.
  const std::string& name() const { return name_; }

  // State, time, networks and size of the session; answered at once, also
  // while it is stepping.
  absl::StatusOr<v1::Session> Get();
  // Shares the session with these, and nobody else, from now on; for its owner and
  // admins.
  absl::StatusOr<v1::Session> Share(absl::Span<const v1::Share> shares);
  // Closes the session and frees what it holds.
  absl::Status Delete();
  // Writes all that the session is to a file, which takes the place of one that is there
  // when it is whole. Client::RestoreSession goes on from it; InspectSavedSession
  // (saved_session.h) tells what it holds.
  absl::Status Save(const std::string& path);
  // Opens a session that goes on from where this one is; both go on.
  absl::StatusOr<Session> Fork(const CopyOptions& options = {});

  // Adds a network from a preset of the catalogue (see Preset in input.h) or
  // from a specification.
  absl::StatusOr<v1::Network> CreateNetwork(std::string_view network,
                                            const v1::PresetChoice& preset);
  absl::StatusOr<v1::Network> CreateNetwork(std::string_view network,
                                            const v1::NetworkSpecification& specification);
  // Checks what CreateNetwork would do, and how large the network would be,
  // but builds nothing.
  absl::StatusOr<v1::Network> ValidateNetwork(std::string_view network,
                                              const v1::PresetChoice& preset);
  absl::StatusOr<v1::Network> ValidateNetwork(std::string_view network,
                                              const v1::NetworkSpecification& specification);
  // Adds populations, projections and multimeters to a network, also after it has
  // run. Returns the network as it is then.
  absl::StatusOr<v1::Network> ExtendNetwork(std::string_view network,
                                            const v1::NetworkSpecification& additions);
  // Takes a network out of the session, with all that was recorded of it.
  absl::Status DeleteNetwork(std::string_view network);
  // The network with its specification as the server resolved it.
  absl::StatusOr<v1::Network> GetNetwork(std::string_view network);

  // Gives devices new input (see input.h). All are applied, or none. Returns
  // the time in ms at which they were.
  absl::StatusOr<double> SetInput(absl::Span<const v1::Input> inputs);
  // Changes parameters of neurons, devices and synapses, and state variables of
  // neurons. All are applied, or none. Returns the time in ms from which they hold.
  absl::StatusOr<double> SetParameters(absl::Span<const v1::ParameterSetting> settings);
  // Parameters and state variables: an entry for each query.
  absl::StatusOr<std::vector<v1::ParameterValues>> GetParameters(
      absl::Span<const v1::ParameterQuery> queries);
  // Begins and ends recording spikes of populations and weights that projections
  // transmit. All are applied, or none. Returns the time in ms after which stamps are
  // recorded.
  absl::StatusOr<double> SetRecording(absl::Span<const v1::RecordingSetting> settings);
  // Forgets all activity, and keeps parameters, the weights (unless `initial_weights`)
  // and the time (unless `to_time_0`). Returns the time in ms.
  absl::StatusOr<double> Reset(bool to_time_0 = false, bool initial_weights = false);
  // Keeps all that the session is now under a name, or in the place of what is kept under
  // it, for ResetTo. RESOURCE_EXHAUSTED (quota `memory_bytes` or `snapshots`).
  absl::StatusOr<v1::Snapshot> TakeSnapshot(std::string_view name);
  // Goes back to what it was then, bit for bit; the snapshot stays. The time in ms from
  // which it goes on. NOT_FOUND (field `snapshot`).
  absl::StatusOr<double> ResetTo(std::string_view snapshot);
  // NOT_FOUND (field `snapshot`).
  absl::Status ForgetSnapshot(std::string_view name);
  // Rewards the rstdp projections of `target` (`network/projection`, or a
  // network) for the time since the last reward. Returns the time in ms.
  absl::StatusOr<double> ApplyReward(std::string_view target, double value);

  // Lets time pass: rewards, then inputs, then the time, then the readout. The
  // session in the request is filled in. After `timeout` of wall time the step
  // is halted. DATA_LOSS (see Incomplete) if of what it was to read out something
  // was dropped; the step has been carried out nevertheless.
  absl::StatusOr<v1::StepResponse> Step(v1::StepRequest request,
                                        absl::Duration timeout = absl::InfiniteDuration(),
                                        Incomplete incomplete = Incomplete::kRefuse);
  // The same with nothing but a duration in ms.
  absl::StatusOr<v1::StepResponse> Step(double duration_ms,
                                        absl::Duration timeout = absl::InfiniteDuration());
  // Opens a stream of steps: the fastest way to close a loop.
  StepStream OpenStepStream(Incomplete incomplete = Incomplete::kRefuse);
  // Watches the session while somebody else drives it; see WatchSessionRequest for what
  // to read out. A rate of 0 is 10 frames a second, at most.
  client::Watch Watch(const v1::Readout& readout = {}, double max_rate_hz = 0);
  // Stops the step that is running, from another thread or program; the step
  // answers with how far it came. Returns whether one was running.
  absl::StatusOr<bool> Halt();

  // Recorded spikes with stamps in (after_ms, until_ms]; until now if unset.
  // DATA_LOSS (see Incomplete) if some of them were dropped.
  absl::StatusOr<Spikes> GetSpikes(std::string_view population, double after_ms = 0.0,
                                   std::optional<double> until_ms = std::nullopt,
                                   Incomplete incomplete = Incomplete::kRefuse);
  // Samples of a multimeter at times in (after_ms, until_ms]. DATA_LOSS as above.
  absl::StatusOr<Signals> GetSignals(std::string_view multimeter, double after_ms = 0.0,
                                     std::optional<double> until_ms = std::nullopt,
                                     Incomplete incomplete = Incomplete::kRefuse);
  // Weights of a projection at one moment with, as asked for, further variables of
  // its synapses (such as `c` and `n`).
  absl::StatusOr<Weights> GetWeights(std::string_view projection,
                                     absl::Span<const std::string> variables = {});
  // Replaces the weights of a projection, in pA, in the order in which
  // GetWeights returns them; more than a request holds in several, between which
  // others may step. Returns the time in ms.
  absl::StatusOr<double> SetWeights(std::string_view projection, absl::Span<const double> weights);
  // Sets all weights of a projection to one value in pA.
  absl::StatusOr<double> SetWeights(std::string_view projection, double weight);
  // Replaces the weights of some connections, by their numbers in that order.
  absl::StatusOr<double> SetWeights(std::string_view projection,
                                    absl::Span<const uint64_t> connections,
                                    absl::Span<const double> weights);
  // Weights that a projection has transmitted by spikes with stamps in (after_ms,
  // until_ms]. DATA_LOSS as of GetSpikes.
  absl::StatusOr<WeightRecord> GetWeightRecord(std::string_view projection, double after_ms = 0.0,
                                               std::optional<double> until_ms = std::nullopt,
                                               Incomplete incomplete = Incomplete::kRefuse);
  // Cuts connections, by their numbers in the order of GetWeights, for good: they
  // transmit nothing that is emitted from now on. Returns the time in ms.
  absl::StatusOr<double> CutConnections(std::string_view projection,
                                        absl::Span<const uint64_t> connections);

 private:
  friend class Client;
  Session(std::shared_ptr<Connection> connection, const v1::Session& session);

  absl::StatusOr<v1::Network> CreateNetwork(std::string_view network,
                                            v1::CreateNetworkRequest request);
  absl::StatusOr<v1::SetWeightsResponse> SetWeights(std::string_view projection,
                                                    v1::SetWeightsRequest request);

  std::shared_ptr<Connection> connection_;
  std::string name_;
  bool survives_;  // its server
};

}  // namespace spiked::client
