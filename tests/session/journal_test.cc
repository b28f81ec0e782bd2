#include "server/session/journal.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "server/storage/sqlite_storage.h"
#include "tests/session/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::session {
namespace {

using storage::Lease;
using storage::Position;

// A store whose snapshots can be held up, and which tells when a journal is read.
class HeldStorage final : public storage::Storage {
 public:
  explicit HeldStorage(storage::Storage* below) : below_(*below) {}

  // The next snapshot is not finished before Release.
  void Hold() { held_ = true; }
  // Whether there is one that waits.
  bool waits() const { return waits_; }
  // Returns when whoever has put it is done with it.
  void Release() {
    released_.set_value();
    over_.get_future().wait();
  }
  std::function<void()> before_read = [] {};
  // Whether sessions cannot be added now, nor removed.
  std::atomic<bool> cannot_create{false}, cannot_delete{false};

  absl::StatusOr<Lease> Create(absl::string_view id, absl::string_view header,
                               const storage::Claim& claim) override {
    if (cannot_create) return absl::UnavailableError("not now");
    return below_.Create(id, header, claim);
  }
  absl::StatusOr<Lease> CreateFrom(
      absl::string_view id, absl::string_view header, const storage::Claim& claim,
      absl::string_view name,
      absl::FunctionRef<absl::Status(storage::SnapshotWriter& writer)> write) override {
    return below_.CreateFrom(id, header, claim, name, write);
  }
  absl::StatusOr<std::vector<storage::StoredSession>> List(absl::string_view after,
                                                           size_t most) override {
    return below_.List(after, most);
  }
  absl::StatusOr<std::string> Header(absl::string_view id) override { return below_.Header(id); }
  absl::Status SetHeader(const Lease& lease, absl::string_view header) override {
    return below_.SetHeader(lease, header);
  }
  absl::Status Delete(const Lease& lease,
                      const std::optional<storage::GoneSession>& gone) override {
    if (cannot_delete) return absl::UnavailableError("not now");
    return below_.Delete(lease, gone);
  }
  absl::Status Remember(const storage::GoneSession& gone) override { return below_.Remember(gone); }
  absl::StatusOr<std::vector<storage::GoneSession>> Remembered() override {
    return below_.Remembered();
  }
  absl::Status Forget(int64_t before_ms, size_t most) override {
    return below_.Forget(before_ms, most);
  }
  absl::StatusOr<Lease> Take(absl::string_view id, const storage::Claim& claim) override {
    return below_.Take(id, claim);
  }
  absl::Status Renew(const Lease& lease, std::chrono::milliseconds duration) override {
    return below_.Renew(lease, duration);
  }
  uint64_t Capacity() override { return below_.Capacity(); }
  absl::Status Release(const Lease& lease) override { return below_.Release(lease); }
  absl::Status Append(const Lease& lease, Position position, absl::string_view record) override {
    return below_.Append(lease, position, record);
  }
  absl::StatusOr<std::optional<storage::StoredRecord>> Last(absl::string_view id) override {
    return below_.Last(id);
  }
  absl::Status Read(
      const Lease& lease, Position after,
      absl::FunctionRef<absl::Status(Position position, absl::string_view record)> visit) override {
    before_read();
    return below_.Read(lease, after, visit);
  }
  absl::Status Trim(const Lease& lease, Position up_to) override {
    return below_.Trim(lease, up_to);
  }
  absl::StatusOr<std::unique_ptr<storage::SnapshotWriter>> PutSnapshot(const Lease& lease,
                                                                       absl::string_view name,
                                                                       Position position) override {
    auto writer = below_.PutSnapshot(lease, name, position);
    if (!writer.ok() || !held_.exchange(false)) return writer;
    return std::make_unique<HeldWriter>(*std::move(writer), this);
  }
  absl::StatusOr<storage::StoredSnapshot> GetSnapshot(
      const Lease& lease, absl::string_view name,
      absl::FunctionRef<absl::Status(absl::string_view bytes)> visit) override {
    return below_.GetSnapshot(lease, name, visit);
  }
  absl::StatusOr<std::vector<storage::StoredSnapshot>> ListSnapshots(const Lease& lease) override {
    return below_.ListSnapshots(lease);
  }
  absl::Status DeleteSnapshot(const Lease& lease, absl::string_view name) override {
    return below_.DeleteSnapshot(lease, name);
  }
  void WhenSafe(std::function<void(absl::Status)> done) override {
    below_.WhenSafe(std::move(done));
  }

 private:
  class HeldWriter final : public storage::SnapshotWriter {
   public:
    HeldWriter(std::unique_ptr<storage::SnapshotWriter> below, HeldStorage* storage)
        : below_(std::move(below)), storage_(*storage) {}
    ~HeldWriter() override { storage_.over_.set_value(); }
    absl::Status Write(absl::string_view bytes) override { return below_->Write(bytes); }
    absl::Status Finish() override {
      storage_.waits_ = true;
      storage_.released_.get_future().wait();
      return below_->Finish();
    }

   private:
    const std::unique_ptr<storage::SnapshotWriter> below_;
    HeldStorage& storage_;
  };

  storage::Storage& below_;
  std::atomic<bool> held_{false}, waits_{false};
  std::promise<void> released_, over_;
};

TEST(JournalTest, RecordsThatAreBeingReplayedAreNotRemoved) {
  const testing::TempDir dir;
  auto storage = storage::SqliteStorage::Open({.folder = dir.path()});
  ASSERT_TRUE(storage.ok()) << storage.status();
  HeldStorage held(storage->get());
  Registry registry(
      {.max_replay = std::chrono::milliseconds(2), .idle_time = std::chrono::seconds(1)}, 1,
      nullptr, &held);
  const Caller anna = CallerOf(registry);
  v1::CreateSessionRequest create;
  create.set_session_id("s");
  v1::CreateSessionResponse created;
  ASSERT_TRUE(registry.Create(create, anna, &created).ok());
  const auto session = *registry.Find("sessions/s");
  v1::CreateNetworkResponse network;
  ASSERT_TRUE(Carry(session, SmallNetwork(), anna, &network).ok());
  v1::StepRequest step;
  step.set_duration_ms(1);
  v1::StepResponse stepped;
  held.Hold();
  while (!held.waits()) ASSERT_TRUE(Carry(session, step, anna, &stepped).ok());
  // The session leaves memory, and comes back from the older snapshot; the newer one is
  // finished when it has begun to.
  const auto memory = [&] {
    v1::Session described;
    session->Describe(&described);
    return described.memory_bytes();
  };
  const uint64_t in_use = memory();
  while (memory() > in_use / 2) registry.LetIdleRest(Clock::now() + std::chrono::hours(1));
  bool read = false;
  held.before_read = [&] {
    if (std::exchange(read, true)) return;
    held.Release();
    (*storage)->Tidy();
  };
  const double time_ms = stepped.time_ms();
  const absl::Status status = Carry(session, step, anna, &stepped);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(stepped.time_ms(), time_ms + 1);
  EXPECT_TRUE(read);
}

absl::Status Create(Registry& registry, const std::string& request) {
  v1::CreateSessionResponse created;
  return registry.Create(Parse<v1::CreateSessionRequest>(request), CallerOf(registry), &created);
}

TEST(JournalTest, WhatHasExpiredIsRemovedWhenThatCanBeDone) {
  const testing::TempDir dir;
  auto storage = storage::SqliteStorage::Open({.folder = dir.path()});
  ASSERT_TRUE(storage.ok()) << storage.status();
  HeldStorage held(storage->get());
  Registry registry({}, 1, nullptr, &held);
  ASSERT_TRUE(Create(registry, "session_id: 's' ttl { seconds: 3600 }").ok());
  held.cannot_create = held.cannot_delete = true;
  registry.DeleteExpired(Clock::now() + std::chrono::hours(2));
  EXPECT_EQ(engine::ReasonOf(registry.Find("sessions/s").status()), "SESSION_EXPIRED");
  EXPECT_TRUE((*storage)->Header("s").ok());
  EXPECT_EQ(engine::ReasonOf(Create(registry, "session_id: 's'")), "STORAGE_UNAVAILABLE");
  EXPECT_TRUE((*storage)->Header("s").ok());
  held.cannot_create = held.cannot_delete = false;
  // The registry does so, too, by itself.
  while ((*storage)->Header("s").ok()) registry.DeleteExpired(Clock::now());
  EXPECT_EQ((*storage)->Remembered()->size(), 1u);
  EXPECT_TRUE(Create(registry, "session_id: 's'").ok());
}

TEST(JournalTest, ASessionThatCannotBeStoredTakesNothingOfAnotherOfItsName) {
  const testing::TempDir dir;
  auto storage = storage::SqliteStorage::Open({.folder = dir.path()});
  ASSERT_TRUE(storage.ok()) << storage.status();
  // Another server's.
  ASSERT_TRUE((*storage)->Create("s", "header", {.holder = "", .duration = {}}).ok());
  HeldStorage held(storage->get());
  Registry registry({}, 1, nullptr, &held);
  held.cannot_create = true;
  EXPECT_EQ(engine::ReasonOf(Create(registry, "session_id: 's'")), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(*(*storage)->Header("s"), "header");
}

}  // namespace
}  // namespace spiked::session
