// Sessions on files that fail at any operation: what has been answered is there, and what has
// been refused can be asked for again.
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "server/session/registry.h"
#include "server/session/saved.h"
#include "server/storage/sqlite_storage.h"
#include "tests/session/commands.h"
#include "tests/session/fixtures.h"
#include "tests/storage/fault_vfs.h"
#include "tests/support/temp_dir.h"

namespace spiked::session {
namespace {

using google::protobuf::Message;

// A server, and somebody who asks again for what it could not do, and starts it again if that
// does not help.
class Served {
 public:
  explicit Served(storage::SqliteOptions options) : options_(std::move(options)) {}

  // A start may meet the failure, too.
  void Start() {
    absl::Status status;
    for (int k = 0; k < 2; ++k) {
      registry_.reset();
      storage_.reset();
      auto storage = storage::SqliteStorage::Open(options_);
      status = storage.status();
      if (!status.ok()) continue;
      storage_ = *std::move(storage);
      // Snapshots are taken again and again.
      registry_.emplace(Limits{.max_replay = std::chrono::milliseconds(0)}, 1, nullptr,
                        storage_.get());
      status = registry_->Restore();
      if (status.ok()) return;
    }
    FAIL() << status;
  }

  Registry& registry() { return *registry_; }
  Caller caller() { return CallerOf(*registry_); }

  // Has it done; the answer.
  template <typename Response, typename Request>
  Response Do(Request request,
              const std::function<absl::Status(const Request&, Message*)>& carry_out) {
    request.set_request_id(absl::StrFormat("123e4567-e89b-12d3-a456-%012d", ++requests_));
    Response response;
    absl::Status status;
    for (int k = 0; k < 4; ++k) {
      if (k == 2) Start();
      response.Clear();
      status = carry_out(request, &response);
      if (status.ok()) return response;
    }
    ADD_FAILURE() << status;
    return response;
  }

  template <typename Response, typename Request>
  Response Do(const std::string& id, Request request) {
    const std::string session = absl::StrCat("sessions/", id);
    request.set_session(session);
    return Do<Response, Request>(std::move(request),
                                 [&](const Request& one, Message* response) -> absl::Status {
                                   const auto found = registry_->Find(session);
                                   if (!found.ok()) return found.status();
                                   const double before = TimeOf(**found);
                                   absl::Status status = Carry(*found, one, caller(), response);
                                   // What cannot be promised may be there all the same.
                                   if (!status.ok() && !power_) {
                                     EXPECT_EQ(TimeOf(**found), before);
                                   }
                                   return status;
                                 });
  }

  template <typename Response, typename Request>
  Response DoAtOnce(const Command& command, Request request) {
    return Do<Response, Request>(std::move(request), [&](const Request& one, Message* response) {
      return registry_->CarryOut(command, one, caller(), response);
    });
  }

  static double TimeOf(const Session& session) {
    v1::Session described;
    session.Describe(&described);
    return described.time_ms();
  }

  void set_power(bool power) { power_ = power; }

 private:
  const storage::SqliteOptions options_;
  std::unique_ptr<storage::SqliteStorage> storage_;
  std::optional<Registry> registry_;
  int requests_ = 0;
  bool power_ = false;
};

std::string Save(Served& server, const std::string& session) {
  v1::SaveSessionRequest request;
  request.set_session(session);
  v1::SaveSessionResponse part;
  Running saving(*server.registry().Find(session), request, server.caller(), &part);
  EXPECT_TRUE(saving.Join().ok()) << saving.Join();
  std::string bytes;
  for (const auto& reply : saving.replies()) {
    bytes += static_cast<const v1::SaveSessionResponse&>(*reply).data();
  }
  return bytes;
}

// All that comes of some of everything.
std::string Play(Served& server, v1::Durability durability) {
  std::string record;
  const auto step = [&](const std::string& session) {
    v1::StepRequest request;
    request.set_duration_ms(2);
    request.mutable_readout()->add_spikes("net/out");
    request.mutable_readout()->add_weights("net/plastic");
    absl::StrAppend(&record, Bytes(server.Do<v1::StepResponse>(session, request)));
  };
  v1::CreateSessionRequest create;
  create.set_session_id("s");
  create.set_seed(5);
  create.set_durability(durability);
  server.DoAtOnce<v1::CreateSessionResponse>(CommandNamed("CreateSession"), create);
  server.Do<v1::CreateNetworkResponse>("s", SmallNetwork());
  for (int k = 0; k < 5; ++k) step("s");
  v1::SnapshotSessionRequest snapshot;
  snapshot.set_snapshot("before");
  server.Do<v1::SnapshotSessionResponse>("s", snapshot);
  for (int k = 0; k < 5; ++k) step("s");

  const std::string file = Save(server, "sessions/s");
  v1::RestoreSessionRequest restore;
  restore.set_session_id("copy");
  restore.set_durability(durability);
  server.Do<v1::RestoreSessionResponse, v1::RestoreSessionRequest>(
      restore, [&](const v1::RestoreSessionRequest& request, Message* response) {
        ChargedBytes saved(server.registry().memory());
        EXPECT_TRUE(saved.Append(file).ok());
        return server.registry().GoOn(CommandNamed("RestoreSession"), request, server.caller(),
                                      std::move(saved), response);
      });
  v1::ResetSessionRequest reset;
  reset.set_snapshot("before");
  server.Do<v1::ResetSessionResponse>("s", reset);
  for (int k = 0; k < 5; ++k) {
    step("s");
    step("copy");
  }
  v1::DeleteSessionRequest remove;
  remove.set_session("sessions/copy");
  server.DoAtOnce<v1::DeleteSessionResponse>(CommandNamed("DeleteSession"), remove);
  server.Start();
  v1::ListSessionsResponse listed;
  EXPECT_TRUE(server.registry().List({}, server.caller(), &listed).ok());
  EXPECT_EQ(listed.sessions_size(), 1);
  step("s");
  return record;
}

TEST(StorageFaultTest, SessionsComeToTheSameWhateverOperationFails) {
  constexpr int kRuns = 12;
  std::mt19937 random(3);
  for (const auto durability : {v1::DURABILITY_PROCESS, v1::DURABILITY_POWER}) {
    std::string expected;
    int64_t operations = 0;
    {
      const testing::TempDir dir;
      testing::FaultVfs vfs;
      Served server({.folder = dir.path(), .vfs = vfs.name()});
      server.Start();
      expected = Play(server, durability);
      operations = vfs.operations();
    }
    ASSERT_GT(operations, 100);
    for (const int result :
         {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY, SQLITE_IOERR_FSYNC}) {
      for (int run = 0; run < kRuns; ++run) {
        const auto at = static_cast<int64_t>(random() % static_cast<uint64_t>(operations));
        SCOPED_TRACE(absl::StrCat("operation ", at, " fails with ", result));
        const testing::TempDir dir;
        testing::FaultVfs vfs;
        vfs.FailAfter(at, result);
        Served server({.folder = dir.path(), .vfs = vfs.name()});
        server.set_power(durability == v1::DURABILITY_POWER);
        server.Start();
        EXPECT_TRUE(Play(server, durability) == expected) << "records are long";
        if (HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace spiked::session
