#include "server/session/journal.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/error.h"
#include "server/session/computed.h"
#include "server/session/stop.h"
#include "server/session/timestamp.h"
#include "server/storage/record.h"
#include "spdlog/spdlog.h"

namespace spiked::session {
namespace {

using google::protobuf::Message;
using storage::Position;

// Servers that share no store hold their sessions for as long as they live.
constexpr std::chrono::hours kLease{24 * 365};

// Has a command do what it has done once: a step is halted where it was halted, and
// nothing else stops.
class ReplayStop final : public Stop {
 public:
  // `asks` counts on when the command is left and gone on with.
  ReplayStop(const Machine& machine, const storage::Outcome& outcome, Cores::Turn& turn,
             Journal::Stopped stopped, uint64_t* asks)
      : machine_(machine), outcome_(outcome), turn_(turn), stopped_(stopped), asks_(*asks) {}

  // Why the command has been left, if it has.
  const absl::Status& left() const { return left_; }

  v1::HaltReason reason() override {
    return Halts() ? static_cast<v1::HaltReason>(outcome_.halt_reason())
                   : v1::HALT_REASON_UNSPECIFIED;
  }
  bool interrupts() override {
    ++asks_;
    return Halts() || turn_.Over() || Leaves();
  }
  bool pause() override {
    turn_.GiveWay();
    return Leaves();
  }
  void Note(engine::Step /*now*/) override {}
  void GiveWay() override { turn_.GiveWay(); }
  engine::Crew* crew(int useful_threads) override {
    return useful_threads > 1 ? turn_.TakeIdle(useful_threads - 1) : nullptr;
  }
  absl::StatusOr<Message*> AddReply(uint64_t /*bytes*/) override {
    return absl::InternalError("what reads is not replayed");
  }
  v1::Session Describe() override { return {}; }
  ChargedBytes* saved() override { return nullptr; }

 private:
  bool Halts() const {
    return outcome_.halt_reason() != 0 && machine_.stepping() && asks_ >= outcome_.asks();
  }
  bool Leaves() {
    if (left_.ok()) left_ = stopped_();
    return !left_.ok();
  }

  const Machine& machine_;
  const storage::Outcome& outcome_;
  Cores::Turn& turn_;
  const Journal::Stopped stopped_;
  uint64_t& asks_;
  absl::Status left_;
};

const Command* FindCommand(absl::string_view method) {
  for (const Command& command : Commands()) {
    if (command.in_turn != nullptr && absl::string_view(command.method->name()) == method) {
      return &command;
    }
  }
  return nullptr;
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

// A command that is carried out once more.
struct Journal::Repetition {
  Position position = 0;
  size_t bytes = 0;  // of the record
  storage::Record record;
  const Command* command = nullptr;
  std::unique_ptr<Message> request, reply;
  uint64_t asks = 0;
};

namespace {

// Of a snapshot: the length of the answers in 8 bytes, these, and the saved session.
constexpr char kSnapshot[] = "recovery";
constexpr size_t kLengthBytes = 8;

// How many bytes that took.
absl::StatusOr<size_t> WriteSnapshot(const storage::Answers& answers, absl::string_view saved,
                                     storage::SnapshotWriter& writer) {
  constexpr size_t kPieceBytes = 1 << 20;
  const std::string given = answers.SerializeAsString();
  const uint64_t length = given.size();
  const size_t bytes = kLengthBytes + given.size() + saved.size();
  absl::Status status = writer.Write(
      absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&length), kLengthBytes), given));
  while (status.ok() && !saved.empty()) {
    status = writer.Write(saved.substr(0, kPieceBytes));
    saved.remove_prefix(std::min(kPieceBytes, saved.size()));
  }
  if (!status.ok()) return status;
  return bytes;
}

absl::StatusOr<absl::string_view> SplitSnapshot(absl::string_view bytes,
                                                storage::Answers* answers) {
  uint64_t length = 0;
  if (bytes.size() >= kLengthBytes) std::memcpy(&length, bytes.data(), kLengthBytes);
  if (bytes.size() < kLengthBytes || length > bytes.size() - kLengthBytes ||
      !answers->ParseFromArray(bytes.data() + kLengthBytes, static_cast<int>(length))) {
    return absl::DataLossError("a snapshot is damaged");
  }
  return bytes.substr(kLengthBytes + length);
}

}  // namespace

absl::Status StorageError(const absl::Status& status) {
  using absl::StatusCode;
  struct Meaning {
    StatusCode code, told;
    absl::string_view reason, what;
  };
  static constexpr Meaning kMeanings[] = {
      {StatusCode::kResourceExhausted, StatusCode::kResourceExhausted, "STORAGE_FULL",
       "there is no room to store this"},
      {StatusCode::kPermissionDenied, StatusCode::kUnavailable, "STORAGE_UNAVAILABLE",
       "the server's data folder is read-only: nothing is stored until it can be written again"},
      {StatusCode::kDataLoss, StatusCode::kDataLoss, "STORAGE_DAMAGED",
       "what is stored of the session is damaged"},
      {StatusCode::kAborted, StatusCode::kAborted, "SESSION_ELSEWHERE",
       "the session is not this server's any more"},
      {StatusCode::kNotFound, StatusCode::kAborted, "SESSION_ELSEWHERE",
       "the session is not stored any more"},
      {StatusCode::kAlreadyExists, StatusCode::kAlreadyExists, "ALREADY_EXISTS",
       "a session of that name is stored still"},
  };
  if (status.ok()) return status;
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == status.code()) {
      return engine::ReasonError(meaning.told, meaning.reason, meaning.what);
    }
  }
  return engine::ReasonError(absl::StatusCode::kUnavailable, "STORAGE_UNAVAILABLE",
                             "what is stored cannot be reached");
}

Journal::Journal(storage::Storage* storage, std::string holder, std::string id,
                 std::string identity, RequestId created_by, Account* account,
                 uint64_t stored_bytes)
    : storage_(storage),
      claim_{.holder = std::move(holder), .duration = kLease},
      id_(std::move(id)),
      identity_(std::move(identity)),
      created_by_(std::move(created_by)),
      account_(*account),
      stored_bytes_(stored_bytes) {
  account_.stored.Count(static_cast<int64_t>(stored_bytes));
}

std::string Journal::Header(const v1::Session& session) const {
  storage::Header header;
  header.set_identity(identity_);
  header.set_request_id(created_by_.id);
  header.set_request_hash(created_by_.hash);
  session.SerializeToString(header.mutable_session());
  return storage::Encode(header, storage::PlaceOf(id_, 0));
}

absl::StatusOr<StoredHeader> Journal::Read(storage::Storage* storage, const std::string& id,
                                           const std::string& header) {
  storage::Header decoded;
  absl::Status status = storage::Decode(header, storage::PlaceOf(id, 0), &decoded);
  if (!status.ok()) return status;
  StoredHeader stored{
      .identity = decoded.identity(),
      .session = {},
      .created_by = {.id = decoded.request_id(), .hash = decoded.request_hash()},
  };
  if (!stored.session.ParseFromString(decoded.session())) {
    return absl::DataLossError("a header holds no session");
  }
  // Where that is damaged, the session's first command will find out.
  const auto last = storage->Last(id);
  storage::Record record;
  if (last.ok() && last->has_value() &&
      storage::Decode((*last)->record, storage::PlaceOf(stored.identity, (*last)->position),
                      &record)
          .ok()) {
    v1::Session& session = stored.session;
    session.set_time_ms(engine::Grid(session.resolution_ms()).ToMs(record.outcome().end_step()));
    Set(session.mutable_last_use_time(),
        std::chrono::system_clock::time_point(std::chrono::milliseconds(record.answer_time_ms())));
    session.mutable_cost()->set_processor_seconds(record.processor_seconds());
    session.mutable_cost()->set_commands(record.commands());
  }
  return stored;
}

absl::Status Journal::Create(const v1::Session& session) {
  const auto lease = storage_->Create(id_, Header(session), claim_);
  if (!lease.ok()) return StorageError(lease.status());
  std::lock_guard lock(mutex_);
  lease_ = *lease;
  return absl::OkStatus();
}

absl::Status Journal::Create(const v1::Session& session, absl::string_view saved) {
  size_t bytes = 0;
  const auto lease = storage_->CreateFrom(id_, Header(session), claim_, kSnapshot,
                                          [&](storage::SnapshotWriter& writer) {
                                            const auto written = WriteSnapshot({}, saved, writer);
                                            bytes = written.value_or(0);
                                            return written.status();
                                          });
  if (!lease.ok()) return StorageError(lease.status());
  snapshot_bytes_ = bytes;
  Count(static_cast<int64_t>(bytes));
  std::lock_guard lock(mutex_);
  lease_ = *lease;
  return absl::OkStatus();
}

void Journal::Discard() {
  {
    std::lock_guard lock(mutex_);
    if (!lease_) return;
  }
  Delete(std::nullopt).IgnoreError();
}

Journal::~Journal() { account_.stored.Count(-static_cast<int64_t>(stored_bytes_)); }

void Journal::Count(int64_t bytes) {
  std::lock_guard lock(mutex_);
  if (deleted_) return;
  stored_bytes_ += static_cast<uint64_t>(bytes);
  account_.stored.Count(bytes);
}

void Journal::Rewind() {
  loaded_ = false;
  position_ = 0;
  last_bytes_ = 0;
  repetition_ = nullptr;
}

absl::StatusOr<storage::Lease> Journal::Open() {
  std::lock_guard lock(mutex_);
  // Another one may have the id by now.
  if (deleted_) return absl::NotFoundError("deleted");
  if (!lease_) {
    const auto lease = storage_->Take(id_, claim_);
    if (!lease.ok()) return lease.status();
    lease_ = *lease;
  }
  return *lease_;
}

absl::Status Journal::Replay(Machine& machine, Answers& answers, Cores::Turn& turn,
                             Stopped stopped) {
  const auto lease = Open();
  if (!lease.ok()) return StorageError(lease.status());
  absl::Status left;  // not storage's
  absl::Status status;
  if (!loaded_) status = Load(*lease, machine, answers, turn, &left);
  if (repetition_ != nullptr) status = Repeat(machine, answers, turn, stopped, &left);
  if (status.ok()) {
    status = storage_->Read(
        *lease, position_, [&](Position position, absl::string_view bytes) -> absl::Status {
          left = stopped();
          if (!left.ok()) return left;
          absl::Status begun = Begin(position, bytes);
          return begun.ok() ? Repeat(machine, answers, turn, stopped, &left) : begun;
        });
  }
  if (!left.ok()) return left;
  // A record of a newer server may be read by that one.
  if (!status.ok() && !absl::IsDataLoss(status)) return StorageError(status);
  {
    std::lock_guard lock(mutex_);
    replaying_ = false;
  }
  if (status.ok()) return status;
  repetition_ = nullptr;
  spdlog::error("{} is back only as far as {} ms: {}", id_, machine.simulation().now_ms(),
                std::string(status.message()));
  machine.Fail();
  return absl::OkStatus();
}

absl::Status Journal::Load(const storage::Lease& lease, Machine& machine, Answers& answers,
                           Cores::Turn& turn, absl::Status* left) {
  loaded_ = true;
  {
    std::lock_guard lock(mutex_);
    replaying_ = true;
  }
  ChargedBytes bytes(&machine.memory());
  const auto stored = storage_->GetSnapshot(
      lease, kSnapshot,
      [&](absl::string_view piece) -> absl::Status { return *left = bytes.Append(piece); });
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  if (!stored.ok()) return stored.status();
  storage::Answers given;
  const auto state = SplitSnapshot(bytes.bytes(), &given);
  if (!state.ok()) return state.status();
  const auto saved = ReadSaved(*state);
  if (!saved.ok()) return absl::DataLossError(saved.status().message());
  absl::Status status = machine.Restore(*saved, turn.TakeIdle(kAnyThreads - 1));
  if (absl::IsResourceExhausted(status)) return *left = status;
  if (!status.ok()) return absl::DataLossError(status.message());
  answers.Restore(given);
  position_ = stored->position;
  return absl::OkStatus();
}

absl::Status Journal::PutSnapshot(const Place& place, const storage::Answers& answers,
                                  absl::string_view saved) {
  const auto lease = Open();
  if (!lease.ok()) return StorageError(lease.status());
  const auto writer = storage_->PutSnapshot(*lease, kSnapshot, place.position);
  if (!writer.ok()) return StorageError(writer.status());
  const auto bytes = WriteSnapshot(answers, saved, **writer);
  if (!bytes.ok()) return StorageError(bytes.status());
  if (absl::Status status = (*writer)->Finish(); !status.ok()) return StorageError(status);
  snapshot_bytes_ = *bytes;
  bool needed = false;
  {
    std::lock_guard lock(mutex_);
    needed = replaying_;
  }
  // The last record tells the time. Those that are being replayed, or could not be removed,
  // are with the next snapshot.
  absl::Status status;
  if (!needed && place.position > 1) status = storage_->Trim(*lease, place.position - 1);
  const bool removed = !needed && status.ok();
  Count(static_cast<int64_t>(*bytes) - static_cast<int64_t>(removed ? place.bytes : 0));
  return StorageError(status);
}

absl::Status Journal::Begin(Position position, absl::string_view bytes) {
  auto next = std::make_unique<Repetition>();
  next->position = position;
  next->bytes = bytes.size();
  absl::Status status =
      storage::Decode(bytes, storage::PlaceOf(identity_, position), &next->record);
  if (!status.ok()) return status;
  const std::string& method = next->record.method();
  next->command = FindCommand(method);
  if (next->command == nullptr) {
    return absl::DataLossError(absl::StrCat("there is no command ", method));
  }
  next->request = NewMessage(next->command->method->input_type());
  next->reply = NewMessage(next->command->method->output_type());
  if (!next->request->ParseFromString(next->record.request())) {
    return absl::DataLossError(absl::StrCat("the request of a ", method, " is none"));
  }
  repetition_ = std::move(next);
  return absl::OkStatus();
}

absl::Status Journal::Repeat(Machine& machine, Answers& answers, Cores::Turn& turn, Stopped stopped,
                             absl::Status* left) {
  Repetition& r = *repetition_;
  const storage::Outcome& outcome = r.record.outcome();
  if (outcome.failed()) {
    machine.Fail();
  } else {
    ReplayStop stop(machine, outcome, turn, stopped, &r.asks);
    absl::Status status;
    while (!machine.Execute(*r.command, *r.request, stop, r.reply.get(), &status)) {
      *left = stop.left();
      if (!left->ok()) return *left;
    }
    // For want of memory, which may have been enough once and may be again.
    if (absl::IsResourceExhausted(status)) {
      repetition_ = nullptr;
      return *left = status;
    }
    // Servers once took the whole reply.
    const bool same = static_cast<int>(status.code()) == outcome.status() &&
                      machine.simulation().now() == outcome.end_step() &&
                      (!status.ok() || HashOfComputed(*r.reply) == outcome.reply_hash() ||
                       HashOf(*r.reply) == outcome.reply_hash());
    if (!same) {
      return absl::DataLossError(
          absl::StrCat("a ", r.record.method(), " came to step ", machine.simulation().now(), " (",
                       status.ToString(), ") now, and to step ", outcome.end_step(), " (code ",
                       outcome.status(), ") when it was answered, or to another answer"));
    }
    const auto request = RequestId::Of(*r.command, *r.request);
    if (status.ok() && request.ok()) answers.Add(*request, r.record.answer_time_ms(), *r.reply);
  }
  position_ = r.position;
  last_bytes_ = r.bytes;
  repetition_ = nullptr;
  return absl::OkStatus();
}

absl::Status Journal::Append(const Command& command, const Message& request, const Message& reply,
                             storage::Record record) {
  record.set_method(command.method->name());
  request.SerializeToString(record.mutable_request());
  if (record.outcome().status() == 0) {
    record.mutable_outcome()->set_reply_hash(HashOfComputed(reply));
  }
  const Position position = position_ + 1;
  const auto lease = Open();
  absl::Status status = lease.status();
  const std::string bytes = storage::Encode(record, storage::PlaceOf(identity_, position));
  if (status.ok()) status = storage_->Append(*lease, position, bytes);
  if (status.ok()) {
    position_ = position;
    last_bytes_ = bytes.size();
    Count(static_cast<int64_t>(bytes.size()));
    return status;
  }
  spdlog::error("{}: {}", id_, std::string(status.message()));
  if (absl::IsAborted(status)) {
    // It is taken anew, or cannot be.
    std::lock_guard lock(mutex_);
    lease_.reset();
  }
  return StorageError(status);
}

void Journal::WhenSafe(std::function<void(absl::Status)> done) {
  storage_->WhenSafe(
      [done = std::move(done)](const absl::Status& status) { done(StorageError(status)); });
}

absl::Status Journal::SetHeader(const v1::Session& session) {
  // The one that cannot be read is not lost yet: a newer server may read it.
  if (identity_.empty()) return StorageError(absl::DataLossError("no header"));
  const auto lease = Open();
  if (!lease.ok()) return StorageError(lease.status());
  return StorageError(storage_->SetHeader(*lease, Header(session)));
}

absl::Status Journal::Delete(const std::optional<storage::GoneSession>& gone) {
  const auto lease = Open();
  // One that is not stored need not be deleted.
  if (absl::IsNotFound(lease.status())) return absl::OkStatus();
  if (!lease.ok()) return StorageError(lease.status());
  absl::Status status = storage_->Delete(*lease, gone);
  if (!status.ok()) return StorageError(status);
  std::lock_guard lock(mutex_);
  account_.stored.Count(-static_cast<int64_t>(stored_bytes_.exchange(0)));
  deleted_ = true;
  return absl::OkStatus();
}

}  // namespace spiked::session
