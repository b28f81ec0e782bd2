#include "server/session/machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/error.h"
#include "server/engine/number.h"
#include "server/engine/pace.h"
#include "server/presets/preset.h"
#include "server/session/address.h"
#include "server/session/error.h"
#include "server/session/query.h"
#include "server/session/time_field.h"
#include "server/session/translate.h"

namespace spiked::session {
namespace {

// What is not taken from the session's memory, but by the way: of a population,
// projection or multimeter, and of a specification for each byte that has travelled.
constexpr uint64_t kBytesPerPart = 2048, kBytesPerRequestByte = 4;
// What else a step may need at once.
constexpr uint64_t kGrowthSlack = 64 << 10;
// So many that their names still fit into every description of the session.
constexpr size_t kMaxNetworks = 1000;

// RESOURCE_EXHAUSTED if with so many more there are more than the limit; 0 is none.
absl::Status CheckQuota(absl::string_view what, uint64_t limit, uint64_t present, uint64_t more) {
  // A difference cannot overflow. Drawn synapses may have come out somewhat more than
  // was expected.
  if (limit == 0 || more <= limit - std::min(limit, present)) return absl::OkStatus();
  return QuotaError(what, absl::StrCat("the session has ", present, " ", what, ", and ", more,
                                       " more would exceed its limit of ", limit));
}

absl::Status Failed() {
  return engine::ReasonError(
      absl::StatusCode::kFailedPrecondition, "SESSION_FAILED",
      "a command has failed midway, or what was stored is damaged, and nobody knows what the "
      "session would compute now");
}

}  // namespace

Machine::Machine(std::string identity, double resolution_ms, uint64_t seed, const Limits& limits,
                 MemoryBudget* budget)
    : identity_(std::move(identity)),
      limits_(limits),
      memory_(MemoryBudget::kUnlimited, "the session's", budget),
      resource_(&memory_),
      descriptions_(&memory_),
      simulation_(std::make_unique<engine::Simulation>(resolution_ms, seed, &resource_)),
      inputs_(std::make_unique<InputPlan>(*simulation_, &memory_, &resource_)),
      readout_(&resource_) {}

absl::Status Machine::Restore(absl::string_view simulation, engine::Crew* crew) try {
  auto restored = engine::Simulation::Restore(simulation, crew, &resource_);
  if (!restored.ok()) return restored.status();
  if ((*restored)->grid().resolution_ms() != simulation_->grid().resolution_ms() ||
      (*restored)->seed() != simulation_->seed()) {
    return absl::DataLossError("what was saved is another session's");
  }
  uint64_t parts = 0, neurons = 0, synapses = 0;
  for (const auto& network : (*restored)->networks()) {
    neurons += network->size().neurons;
    synapses += network->size().synapses;
    parts += 1 + network->populations().size() + network->projections().size() +
             network->multimeters().size();
  }
  absl::Status status = CheckQuota("neurons", limits_.max_neurons, 0, neurons);
  status.Update(CheckQuota("synapses", limits_.max_synapses, 0, synapses));
  if (!status.ok()) return status;
  auto inputs = std::make_unique<InputPlan>(**restored, &memory_, &resource_);
  status = descriptions_.Resize(kBytesPerPart * parts);
  if (!status.ok()) return status;
  // What knows its way about the old one goes first.
  readout_ = ReadoutPlan(&resource_);
  inputs_ = std::move(inputs);
  simulation_ = *std::move(restored);
  ++resets_.simulations;
  UpdateSize();
  return absl::OkStatus();
} catch (...) {
  return StatusOfException(memory_);
}

absl::Status Machine::Restore(const Saved& saved, engine::Crew* crew) {
  for (size_t k = 0; k < saved.snapshots.size(); ++k) {
    const v1::Snapshot& about = saved.about.snapshots(static_cast<int>(k));
    ChargedBytes kept(&memory_);
    if (absl::Status status = kept.Append(saved.snapshots[k]); !status.ok()) return status;
    snapshots_.try_emplace(about.name(), about.time_ms(), std::move(kept));
  }
  absl::Status status = Restore(saved.simulation, crew);
  if (!status.ok()) return status;
  const v1::NetworkSize& told = saved.about.session().size();
  if (size_.neurons > told.neurons() || size_.synapses > told.synapses()) {
    // Whoever may have it has been asked by what it tells.
    return absl::DataLossError("what was saved is larger than it tells");
  }
  return status;
}

absl::Status Machine::SaveSession(const v1::SaveSessionRequest& /*request*/, Stop& stop,
                                  v1::SaveSessionResponse* /*response*/) {
  if (failed_) return Failed();
  constexpr size_t kPartBytes = 1 << 20;
  std::string part;
  absl::Status status;
  const auto send = [&] {
    const auto reply = stop.AddReply(part.size());
    status.Update(reply.status());
    if (!reply.ok()) return;
    static_cast<v1::SaveSessionResponse*>(*reply)->set_data(std::exchange(part, {}));
  };
  Save(stop.Describe(), [&](absl::string_view bytes) {
    while (status.ok() && !bytes.empty()) {
      const absl::string_view piece = bytes.substr(0, kPartBytes - part.size());
      part.append(piece.data(), piece.size());
      bytes.remove_prefix(piece.size());
      if (part.size() == kPartBytes) send();
    }
  });
  if (status.ok() && !part.empty()) send();
  return status;
}

absl::Status Machine::ForkSession(const v1::ForkSessionRequest& /*request*/, Stop& stop,
                                  v1::ForkSessionResponse* /*response*/) {
  if (failed_) return Failed();
  return stop.saved()->Gather([&](engine::StateSink sink) { Save(stop.Describe(), sink); });
}

absl::Status Machine::CreateNetwork(const v1::CreateNetworkRequest& request, Stop& stop,
                                    v1::CreateNetworkResponse* response) {
  if (auto s = CheckNetworkName(request.network(), "network"); !s.ok()) return s;
  if (simulation_->FindNetwork(request.network()) != nullptr) {
    return engine::FieldError(
        absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "network",
        absl::StrCat("the session has a network '", request.network(), "' already"));
  }
  if (simulation_->networks().size() >= kMaxNetworks) {
    return QuotaError("networks", absl::StrCat("the session has ", kMaxNetworks,
                                               " networks, as many as are allowed"));
  }
  const auto spec = SpecOf(request);
  if (!spec.ok()) return spec.status();
  auto size = simulation_->Check(*spec);
  if (!size.ok()) return engine::Within("specification", size.status());
  // What the answer takes is there before anything changes.
  Describe(request.network(), *size, simulation_->now_ms(), response->mutable_network());
  return Add(*spec, *size, request.ByteSizeLong(), request.validate_only(), stop,
             [&](engine::Crew* crew, engine::Pace* pace) {
               const auto built = simulation_->AddNetwork(request.network(), *spec, crew, pace);
               if (!built.ok()) return engine::Within("specification", built.status());
               ToContract((*built)->size(), response->mutable_network()->mutable_size());
               return absl::OkStatus();
             });
}

absl::Status Machine::Add(const engine::NetworkSpec& spec, const engine::NetworkSize& size,
                          uint64_t request_bytes, bool validate_only, Stop& stop,
                          absl::FunctionRef<absl::Status(engine::Crew*, engine::Pace*)> build) {
  absl::Status status = CheckQuotas(size);
  if (status.ok()) status = CheckRecords(spec);
  if (!status.ok()) return status;
  if (size.bytes > memory_.left()) return memory_.Spent(size.bytes);
  checked_only_ = validate_only;
  if (validate_only) return absl::OkStatus();
  const uint64_t parts =
      1 + spec.populations.size() + spec.projections.size() + spec.multimeters.size();
  MemoryCharge description(&memory_);
  status = description.Resize(kBytesPerPart * parts + kBytesPerRequestByte * request_bytes);
  if (!status.ok()) return status;
  status = OrNothing(stop, build);
  if (!status.ok()) return status;
  descriptions_.Take(std::move(description));
  UpdateSize();
  return absl::OkStatus();
}

absl::Status Machine::OrNothing(
    Stop& stop, absl::FunctionRef<absl::Status(engine::Crew*, engine::Pace*)> work) {
  const auto stopped = [&] {
    stop.GiveWay();
    stop.crew(kAnyThreads);  // to the same crew come whoever is free again
    return stop.reason() != v1::HALT_REASON_UNSPECIFIED;
  };
  engine::Pace pace(stopped, stop.work_between_asks());
  return work(stop.crew(kAnyThreads), &pace);
}

void Machine::UpdateSize() {
  size_ = {};
  for (const auto& network : simulation_->networks()) {
    const engine::NetworkSize size = network->size();
    size_.neurons += size.neurons;
    size_.synapses += size.synapses;
    size_.bytes += size.bytes;
  }
}

void Machine::Describe(absl::string_view name, const engine::NetworkSize& size,
                       double create_time_ms, v1::Network* message) const {
  message->set_name(name.data(), name.size());
  ToContract(size, message->mutable_size());
  message->set_create_time_ms(create_time_ms);
}

absl::StatusOr<engine::NetworkSpec> Machine::SpecOf(const v1::CreateNetworkRequest& request) const {
  switch (request.source_case()) {
    case v1::CreateNetworkRequest::kPreset: {
      const v1::PresetChoice& preset = request.preset();
      if (preset.has_options() && preset.options().fields().empty()) {
        return engine::InvalidField(
            "preset.options",
            "is set but empty: leave it out for the defaults, or write it as a "
            "google.protobuf.Struct, {fields: {num_neurons: {number_value: 20}}}");
      }
      const auto options = ToOptions(preset.options());
      if (!options.ok()) return options.status();
      return presets::Resolve(preset.name(), *options);
    }
    case v1::CreateNetworkRequest::kSpecification: {
      auto spec = ToEngine(request.specification());
      if (!spec.ok()) return engine::Within("specification", spec.status());
      return spec;
    }
    case v1::CreateNetworkRequest::SOURCE_NOT_SET:
      break;
  }
  return engine::InvalidField("specification", "either this or a preset must be given");
}

absl::Status Machine::CheckQuotas(const engine::NetworkSize& more) const {
  absl::Status status = CheckQuota("neurons", limits_.max_neurons, size_.neurons, more.neurons);
  status.Update(CheckQuota("synapses", limits_.max_synapses, size_.synapses, more.synapses));
  return status;
}

absl::Status Machine::CheckRecords(const engine::NetworkSpec& spec) const {
  absl::Status status;
  for (const engine::PopulationSpec& population : spec.populations) {
    status.Update(CheckRecord(population.name, population.record_spikes, population.record_limit));
  }
  for (const engine::ProjectionSpec& projection : spec.projections) {
    status.Update(CheckRecord(projection.name, projection.weights.on, projection.weights.limit));
  }
  return status;
}

absl::Status Machine::CheckRecord(absl::string_view name, bool on, uint32_t limit) const {
  const uint64_t most = limits_.max_recorded_spikes;
  if (!on || most == 0 || (limit != 0 && limit <= most)) return absl::OkStatus();
  return QuotaError("recorded_spikes",
                    absl::StrCat("the record of '", name, "' must have a record_limit of at most ",
                                 most, " spikes"));
}

absl::Status Machine::GetNetwork(const v1::GetNetworkRequest& request,
                                 v1::GetNetworkResponse* response) {
  const auto found = FindNetwork(request.network());
  if (!found.ok()) return found.status();
  v1::Network* network = response->mutable_network();
  Describe((*found)->name(), (*found)->size(), simulation_->grid().ToMs((*found)->begin()),
           network);
  ToContract((*found)->spec(), network->mutable_specification());
  if (const uint64_t bytes = network->ByteSizeLong(); bytes > kMaxReplyBytes) {
    response->Clear();
    return engine::ReasonError(absl::StatusCode::kResourceExhausted, "REPLY_TOO_LARGE",
                               absl::StrCat("the specification takes ", bytes,
                                            " bytes, more than an answer's ", kMaxReplyBytes));
  }
  return absl::OkStatus();
}

absl::Status Machine::Apply() {
  intact_ = false;
  changed_ = true;
  return inputs_->Apply();
}

absl::Status Machine::SetInput(const v1::SetInputRequest& request, v1::SetInputResponse* response) {
  intact_ = true;
  absl::Status status = inputs_->Check({}, request.inputs());
  if (status.ok()) status = Apply();
  if (status.ok()) response->set_time_ms(simulation_->now_ms());
  return status;
}

bool Machine::PrepareRewards(Stop& stop, absl::Status* status) {
  for (;;) {
    engine::Pace pace([&stop] { return stop.interrupts(); }, stop.work_between_asks());
    const bool prepared = inputs_->PrepareRewards(&pace);
    asks_ += pace.asks();
    if (prepared) return true;
    if (stop.reason() != v1::HALT_REASON_UNSPECIFIED) {
      inputs_->DropRewards();
      *status = engine::Stopped();
      return true;
    }
    if (stop.pause()) return false;
    stop.Note(simulation_->now());
  }
}

bool Machine::ApplyReward(const v1::ApplyRewardRequest& request, Stop& stop,
                          v1::ApplyRewardResponse* response, absl::Status* status) {
  intact_ = true;
  if (stage_ == Stage::kNone) {
    asks_ = 0;
    *status = inputs_->Check(request.rewards(), {});
    if (!status->ok()) return true;
    stage_ = Stage::kRewarding;
  }
  if (!PrepareRewards(stop, status)) return false;
  stage_ = Stage::kNone;
  if (status->ok()) {
    *status = Apply();
  }
  if (status->ok()) response->set_time_ms(simulation_->now_ms());
  return true;
}

absl::Status Machine::GetSpikes(const v1::GetSpikesRequest& request,
                                v1::GetSpikesResponse* response) {
  return session::GetSpikes({*simulation_, identity_}, request, response);
}

absl::Status Machine::GetSignals(const v1::GetSignalsRequest& request,
                                 v1::GetSignalsResponse* response) {
  return session::GetSignals({*simulation_, identity_}, request, response);
}

absl::Status Machine::GetWeights(const v1::GetWeightsRequest& request,
                                 v1::GetWeightsResponse* response) {
  return session::GetWeights({*simulation_, identity_}, request, response);
}

absl::Status Machine::SetWeights(const v1::SetWeightsRequest& request, Stop& stop,
                                 v1::SetWeightsResponse* response) {
  return OrNothing(stop, [&](engine::Crew* /*crew*/, engine::Pace* pace) {
    return session::SetWeights(*simulation_, request, pace, response);
  });
}

absl::Status Machine::GetWeightRecord(const v1::GetWeightRecordRequest& request,
                                      v1::GetWeightRecordResponse* response) {
  return session::GetWeightRecord({*simulation_, identity_}, request, response);
}

bool Machine::ReadWeights(const v1::ReadWeightsRequest& request, Stop& stop,
                          v1::ReadWeightsResponse* /*response*/, absl::Status* status) {
  return weights_.Continue(*simulation_, request, stop, status);
}

absl::Status Machine::Show(View* view, MemoryCharge* charge, v1::WatchSessionResponse* frame) {
  try {
    return view->Fill(*simulation_, resets_, charge, frame);
  } catch (...) {
    return StatusOfException(memory_);
  }
}

absl::Status Machine::CheckRoom() const {
  const uint64_t next = kGrowthSlack + 2 * resource_.largest_growth();
  return next <= memory_.left() ? absl::OkStatus() : memory_.Spent(next);
}

absl::Status Machine::BeginStep(const v1::StepRequest& request) {
  if (absl::Status status = CheckRoom(); !status.ok()) return status;
  const engine::Grid& grid = simulation_->grid();
  if (!request.has_duration_ms()) {
    return engine::InvalidField("duration_ms", "must be set; 0 only applies rewards and inputs");
  }
  if (request.duration_ms() > limits_.max_step_ms) {
    return engine::InvalidField(
        "duration_ms", absl::StrCat("must be at most ", engine::ToText(limits_.max_step_ms),
                                    " ms, not ", engine::ToText(request.duration_ms())));
  }
  const auto duration = TimeField(request.duration_ms(), grid, "duration_ms");
  if (!duration.ok()) return duration.status();
  if (*duration > engine::kLastStep - simulation_->now()) {
    return engine::InvalidField("duration_ms",
                                absl::StrCat("leads beyond the end of time at ",
                                             engine::ToText(grid.ToMs(engine::kLastStep)), " ms"));
  }
  if (request.has_expected_time_ms()) {
    const auto expected = TimeField(request.expected_time_ms(), grid, "expected_time_ms");
    if (!expected.ok()) return expected.status();
    if (*expected != simulation_->now()) {
      return TimeMismatch(simulation_->now_ms(), request.expected_time_ms());
    }
  }
  absl::Status status = readout_.Check(*simulation_, request.readout(), *duration);
  if (status.ok()) status = inputs_->Check(request.rewards(), request.inputs());
  if (!status.ok()) return status;
  step_begin_ = simulation_->now();
  step_end_ = step_begin_ + *duration;
  return absl::OkStatus();
}

bool Machine::Step(const v1::StepRequest& request, Stop& stop, v1::StepResponse* response,
                   absl::Status* status) {
  intact_ = stage_ != Stage::kStepping;
  if (stage_ == Stage::kNone) {
    asks_ = 0;
    *status = BeginStep(request);
    if (!status->ok()) return true;
    stage_ = Stage::kRewarding;
  }
  if (stage_ == Stage::kRewarding) {
    if (!PrepareRewards(stop, status)) return false;
    if (status->ok()) {
      // From here on nothing fails.
      *status = Apply();
    }
    stage_ = status->ok() ? Stage::kStepping : Stage::kNone;
    if (!status->ok()) return true;
  }
  auto reason = v1::HALT_REASON_UNSPECIFIED;
  // What a slice ends with may be left to do when all time has passed.
  for (bool stopped = step_begin_ < step_end_; stopped;) {
    reason = stop.reason();
    if (reason != v1::HALT_REASON_UNSPECIFIED) break;
    if (stop.pause()) return false;
    engine::Pace pace([&stop] { return stop.interrupts(); }, stop.work_between_asks());
    resource_.set_growing(true);
    *status = simulation_->Advance(step_end_ - simulation_->now(),
                                   stop.crew(simulation_->useful_threads()), &pace);
    resource_.set_growing(false);
    asks_ += pace.asks();
    stop.Note(simulation_->now());
    if (!status->ok()) break;
    stopped = pace.stopped();
  }
  stage_ = Stage::kNone;
  if (!status->ok()) return true;
  response->set_begin_time_ms(simulation_->grid().ToMs(step_begin_));
  response->set_time_ms(simulation_->now_ms());
  response->set_halted(reason != v1::HALT_REASON_UNSPECIFIED);
  response->set_halt_reason(reason);
  halt_reason_ = reason;
  readout_.Fill(*simulation_, request.readout(), step_begin_, response);
  return true;
}

bool Machine::Execute(const Command& command, const google::protobuf::Message& request, Stop& stop,
                      google::protobuf::Message* reply, absl::Status* status) {
  if (stage_ == Stage::kNone) {
    changed_ = checked_only_ = false;
    halt_reason_ = v1::HALT_REASON_UNSPECIFIED;
  }
  if (failed_ && command.mutates) {
    *status = Failed();
    return true;
  }
  intact_ = false;
  try {
    const bool over = command.in_turn(*this, request, stop, reply, status);
    if (over && status->ok() && !checked_only_) changed_ = true;
    return over;
  } catch (...) {
    *status = StatusOfException(memory_);
  }
  if (command.mutates && !command.all_or_nothing && !intact_) failed_ = changed_ = true;
  stage_ = Stage::kNone;
  inputs_->DropRewards();
  weights_ = {};
  resource_.set_growing(false);
  return true;
}

absl::Status Machine::ExecuteAside(const Command& command, const google::protobuf::Message& request,
                                   Stop& stop, google::protobuf::Message* reply) {
  absl::Status status;
  try {
    command.in_turn(*this, request, stop, reply, &status);
  } catch (...) {
    status = StatusOfException(memory_);
  }
  return status;
}

std::vector<std::string> Machine::NetworkNames() const {
  std::vector<std::string> names;
  for (const auto& network : simulation_->networks()) names.push_back(network->name());
  return names;
}

}  // namespace spiked::session
