#include "server/session/session.h"

#include <algorithm>
#include <utility>

#include "server/session/address.h"
#include "server/session/translate.h"

namespace spiked::session {
namespace {

// Long enough to make looking up cheap, short enough for others to wait.
constexpr std::chrono::duration<double> kSliceTime = std::chrono::milliseconds(2);

// How often memory that grows is accounted for: not in every slice, as it takes
// a look at every neuron.
constexpr std::chrono::milliseconds kChargeInterval{50};

// How many steps the next slice should have, after one of `steps` that took
// `elapsed`, where `slice` were allowed. Grows slowly: activity may rise.
engine::Step NextSlice(engine::Step slice, engine::Step steps,
                       std::chrono::duration<double> elapsed) {
  const double ideal = static_cast<double>(steps) * (kSliceTime / elapsed);
  if (steps < slice && ideal >= static_cast<double>(steps)) return slice;  // tells nothing new
  return static_cast<engine::Step>(std::clamp(ideal, 1.0, 8.0 * static_cast<double>(steps)));
}

void Set(google::protobuf::Timestamp* timestamp, std::chrono::system_clock::time_point time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  timestamp->set_seconds(seconds.count());
  timestamp->set_nanos(static_cast<int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds).count()));
}

}  // namespace

// The right to run a command, from its turn to its end.
class Session::Turn {
 public:
  static absl::StatusOr<Turn> Take(Session& session, const Caller& caller, bool stepping = false) {
    // One queue for all users: a session's commands run in order of arrival.
    auto permit = session.turns_.Take("", caller);
    if (!permit.ok()) return permit.status();
    const auto now = std::chrono::system_clock::now();
    std::lock_guard lock(session.published_mutex_);
    session.published_.busy = true;
    session.published_.stepping = stepping;
    session.published_.last_use_time = now;
    session.halt_.store(false, std::memory_order_relaxed);
    return Turn(session, *std::move(permit));
  }

  Turn(Turn&& other) noexcept
      : permit_(std::move(other.permit_)), session_(std::exchange(other.session_, nullptr)) {}
  ~Turn() {
    if (session_ == nullptr) return;
    std::lock_guard lock(session_->published_mutex_);
    session_->published_.busy = false;
    session_->published_.stepping = false;
    session_->published_.now = session_->machine_.simulation().now();
  }

 private:
  Turn(Session& session, Turns::Permit permit) : permit_(std::move(permit)), session_(&session) {}

  Turns::Permit permit_;  // released last
  Session* session_;
};

Session::Session(SessionOptions options, MemoryCharge memory, Shared* shared)
    : options_(std::move(options)),
      create_time_(std::chrono::system_clock::now()),
      memory_(std::move(memory)),
      shared_(shared),
      turns_(1, Turns::Rule::kStrict, shared->limits.max_waiting_commands),
      machine_(options_.identity, options_.resolution_ms, options_.seed, shared->limits,
               &shared->memory),
      slice_steps_(1) {
  published_.last_use_time = create_time_;
}

template <typename Request, typename Response>
absl::Status Session::Run(absl::Status (Machine::*command)(const Request&, Response*),
                          const Request& request, const Caller& caller, Response* response) {
  const auto turn = Turn::Take(*this, caller);
  if (!turn.ok()) return turn.status();
  return (machine_.*command)(request, response);
}

absl::Status Session::CreateNetwork(const v1::CreateNetworkRequest& request, const Caller& caller,
                                    v1::CreateNetworkResponse* response) {
  const auto turn = Turn::Take(*this, caller);
  if (!turn.ok()) return turn.status();
  const auto builder = shared_->builders.Take(caller.user(), caller);
  if (!builder.ok()) return builder.status();
  absl::Status status = machine_.CreateNetwork(request, response);
  if (!status.ok() || request.validate_only()) return status;
  slice_steps_ = 1;  // what has been measured holds no more
  std::lock_guard lock(published_mutex_);
  published_.networks.push_back(request.network());
  published_.size = machine_.size();
  return status;
}

absl::Status Session::GetNetwork(const v1::GetNetworkRequest& request, const Caller& caller,
                                 v1::GetNetworkResponse* response) {
  return Run(&Machine::GetNetwork, request, caller, response);
}

absl::Status Session::SetInput(const v1::SetInputRequest& request, const Caller& caller,
                               v1::SetInputResponse* response) {
  return Run(&Machine::SetInput, request, caller, response);
}

absl::Status Session::ApplyReward(const v1::ApplyRewardRequest& request, const Caller& caller,
                                  v1::ApplyRewardResponse* response) {
  return Run(&Machine::ApplyReward, request, caller, response);
}

absl::Status Session::GetSpikes(const v1::GetSpikesRequest& request, const Caller& caller,
                                v1::GetSpikesResponse* response) {
  return Run(&Machine::GetSpikes, request, caller, response);
}

absl::Status Session::GetSignals(const v1::GetSignalsRequest& request, const Caller& caller,
                                 v1::GetSignalsResponse* response) {
  return Run(&Machine::GetSignals, request, caller, response);
}

absl::Status Session::GetWeights(const v1::GetWeightsRequest& request, const Caller& caller,
                                 v1::GetWeightsResponse* response) {
  return Run(&Machine::GetWeights, request, caller, response);
}

absl::Status Session::SetWeights(const v1::SetWeightsRequest& request, const Caller& caller,
                                 v1::SetWeightsResponse* response) {
  return Run(&Machine::SetWeights, request, caller, response);
}

absl::Status Session::Step(const v1::StepRequest& request, const Caller& caller,
                           v1::StepResponse* response) {
  const auto turn = Turn::Take(*this, caller, /*stepping=*/true);
  if (!turn.ok()) return turn.status();
  auto core = shared_->cores.Take(caller.user(), caller);
  if (!core.ok()) return core.status();
  const auto until = machine_.BeginStep(request);
  if (!until.ok()) return until.status();
  const auto reason = AdvanceTo(*until, caller, *core);
  if (!reason.ok()) return reason.status();
  response->set_halted(*reason != v1::HALT_REASON_UNSPECIFIED);
  response->set_halt_reason(*reason);
  return machine_.EndStep(request, response);
}

// Why it did not come so far; unspecified if it did.
absl::StatusOr<v1::HaltReason> Session::AdvanceTo(engine::Step until, const Caller& caller,
                                                  Turns::Permit& core) {
  for (;;) {
    const engine::Step left = until - machine_.simulation().now();
    if (left == 0) return v1::HALT_REASON_UNSPECIFIED;
    if (const auto reason = Stopped(); reason != v1::HALT_REASON_UNSPECIFIED) return reason;
    const engine::Step steps = std::min(left, slice_steps_);
    {
      const auto helpers = IdleCores(caller.user());
      const auto begin = Clock::now();
      const absl::Status status = machine_.Advance(steps, 1 + static_cast<int>(helpers.size()));
      if (!status.ok()) return status;
      slice_steps_ = NextSlice(slice_steps_, steps, Clock::now() - begin);
    }
    if (const auto now = Clock::now(); now - last_charge_ > kChargeInterval) {
      last_charge_ = now;
      if (!machine_.ChargeGrowth().ok() && steps < left) return v1::HALT_REASON_MEMORY;
    }
    if (steps == left) return v1::HALT_REASON_UNSPECIFIED;
    {
      std::lock_guard lock(published_mutex_);
      published_.now = machine_.simulation().now();
    }
    absl::Status waiting = StillWaiting(caller);
    if (waiting.ok()) waiting = core.Yield(caller);
    if (absl::IsDeadlineExceeded(waiting)) return v1::HALT_REASON_DEADLINE;
    if (absl::IsCancelled(waiting)) return v1::HALT_REASON_CANCELLED;
    if (!waiting.ok()) return v1::HALT_REASON_SHUTTING_DOWN;
  }
}

// Why whatever runs is to stop, if so.
v1::HaltReason Session::Stopped() const {
  if (const auto closed = closed_.load(std::memory_order_relaxed);
      closed != v1::HALT_REASON_UNSPECIFIED) {
    return closed;
  }
  return halt_.load(std::memory_order_relaxed) ? v1::HALT_REASON_HALTED
                                               : v1::HALT_REASON_UNSPECIFIED;
}

// Cores that nobody wants during the next slice, as many as would be of use.
std::vector<Turns::Permit> Session::IdleCores(absl::string_view user) {
  std::vector<Turns::Permit> idle;
  for (int k = machine_.simulation().useful_threads(); k > 1; --k) {
    auto permit = shared_->cores.TakeIdle(user);
    if (!permit) break;
    idle.push_back(*std::move(permit));
  }
  return idle;
}

bool Session::Halt() {
  std::lock_guard lock(published_mutex_);
  if (published_.stepping) halt_.store(true, std::memory_order_relaxed);
  return published_.stepping;
}

void Session::Close(v1::HaltReason reason, const absl::Status& why) {
  closed_.store(reason, std::memory_order_relaxed);
  turns_.Close(why);
}

void Session::Describe(v1::Session* message) const {
  message->set_name(SessionName(options_.id));
  message->set_display_name(options_.display_name);
  message->mutable_labels()->insert(options_.labels.begin(), options_.labels.end());
  message->set_resolution_ms(options_.resolution_ms);
  message->set_seed(options_.seed);
  Set(message->mutable_create_time(), create_time_);
  std::lock_guard lock(published_mutex_);
  message->set_state(published_.busy ? v1::SESSION_STATE_BUSY : v1::SESSION_STATE_IDLE);
  message->set_time_ms(machine_.simulation().grid().ToMs(published_.now));
  Set(message->mutable_last_use_time(), published_.last_use_time);
  message->mutable_networks()->Assign(published_.networks.begin(), published_.networks.end());
  ToContract(published_.size, message->mutable_size());
}

}  // namespace spiked::session
