// A real server that is killed and started again on the same folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/input.h"
#include "client/cpp/saved_session.h"
#include "client/pong/match.h"
#include "tests/e2e/game.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked {
namespace {

using ::spiked::testing::Game;
using ::spiked::testing::ServerProcess;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kId[] = "game";

// A match of spiked-pong, recorded in a file of that name.
std::vector<std::string> Match(const ServerProcess& server, const testing::TempDir& dir,
                               const std::string& name, int polls,
                               const std::vector<std::string>& more) {
  std::vector<std::string> command = {SPIKED_PONG_BINARY, "--server",
                                      server.address(),   "--plain",
                                      "--players",        "rn,dn",
                                      "--seed",           "3",
                                      "--polls",          absl::StrCat(polls),
                                      "--record",         dir.File(name)};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

// Waits until a player has recorded so many bytes, or is over.
void AwaitRecord(const std::string& record, size_t bytes, testing::ChildProcess& player) {
  while (std::filesystem::file_size(record) < bytes && !player.Wait(absl::ZeroDuration())) {
    absl::SleepFor(absl::Microseconds(200));
  }
}

class RecoveryTest : public ::testing::Test {
 protected:
  // Snapshots are taken again and again.
  RecoveryTest()
      : server_({"--data-dir", data_.File("data"), "--workers", "2", "--max-replay-ms", "3"}) {}

  // Starts the server, if need be after it has been killed, and connects to it.
  void Start() {
    if (client_) server_.Kill();
    ASSERT_TRUE(server_.Start().ok()) << server_.Log();
    auto client = server_.Connect();
    ASSERT_TRUE(client.ok()) << client.status();
    client_.emplace(*std::move(client));
  }

  // What a game of so many polls comes to on a server that nobody kills.
  static std::string Undisturbed(int polls) {
    ServerProcess server;
    EXPECT_TRUE(server.Start().ok()) << server.Log();
    auto client = server.Connect();
    Game game;
    EXPECT_TRUE(game.Create(*client, v1::DURABILITY_UNSPECIFIED).ok());
    for (int k = 0; k < polls; ++k) EXPECT_TRUE(game.Poll().ok());
    return game.record();
  }

  testing::TempDir data_;
  ServerProcess server_;
  std::optional<client::Client> client_;
};

TEST_F(RecoveryTest, AGameGoesOnBitForBitWhenTheServerIsKilledBetweenPolls) {
  constexpr int kPolls = 60;
  for (const auto durability : {v1::DURABILITY_PROCESS, v1::DURABILITY_POWER}) {
    Start();
    Game game;
    ASSERT_TRUE(game.Create(*client_, durability).ok());
    for (int k = 0; k < kPolls; ++k) {
      if (k % 17 == 5) Start();
      const absl::Status polled = game.Poll();
      ASSERT_TRUE(polled.ok()) << polled;
    }
    EXPECT_EQ(game.record(), Undisturbed(kPolls));
    ASSERT_TRUE(game.session().Delete().ok());
  }
}

// So many in the suite, many more where they have the time (./dev soak crash).
int Kills() {
  const char* kills = std::getenv("SPIKED_KILLS");
  return kills == nullptr ? 8 : std::atoi(kills);
}

// Kills the server at random moments, so many times, and starts it again.
class Killer {
 public:
  Killer(ServerProcess* server, int kills, unsigned seed)
      : thread_([this, server, kills, random = std::mt19937(seed)]() mutable {
          for (int k = 0; k < kills; ++k) {
            absl::SleepFor(absl::Microseconds(random() % 40'000));
            server->Kill();
            EXPECT_TRUE(server->Start().ok()) << server->Log();
          }
          done_ = true;
        }) {}
  ~Killer() { thread_.join(); }
  bool done() const { return done_; }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

TEST_F(RecoveryTest, AGameGoesOnBitForBitWhenTheServerIsKilledAtAnyMoment) {
  for (const bool stream : {false, true}) {
    Start();
    Game game;
    ASSERT_TRUE(game.Create(*client_, v1::DURABILITY_PROCESS).ok());
    auto steps = game.session().OpenStepStream();
    {
      Killer killer(&server_, Kills(), 7);
      while (!killer.done() || game.match().polls() < 100) {
        const absl::Status polled = stream ? game.PollOver(steps) : game.Poll();
        ASSERT_TRUE(polled.ok()) << polled << server_.Log();
      }
    }
    ASSERT_TRUE(steps.Finish().ok());
    EXPECT_EQ(game.record(), Undisturbed(game.match().polls()));
    ASSERT_TRUE(game.session().Delete().ok());
  }
}

TEST_F(RecoveryTest, TheProgramPlaysTheSameMatchWhenTheServerIsKilled) {
  const std::string polls = absl::StrCat(50 * Kills());
  const auto play = [&](const ServerProcess& server, const std::string& record) {
    const auto result = testing::RunProgram(
        {SPIKED_PONG_BINARY, "--server", server.address(), "--plain", "--players", "rn,dn",
         "--seed", "3", "--polls", polls, "--record", data_.File(record), "--record-weights", "10"},
        {}, absl::Minutes(30));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return testing::ReadFile(data_.File(record));
  };
  ServerProcess undisturbed;
  ASSERT_TRUE(undisturbed.Start().ok()) << undisturbed.Log();
  const std::string expected = play(undisturbed, "expected");
  Start();
  std::string record;
  std::atomic<bool> over = false;
  std::thread player([&] {
    record = play(server_, "record");
    over = true;
  });
  // Programs that are about to start want a server that is there.
  while (!over && client_->ListSessions().value().empty()) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_FALSE(over) << "the match was over before a server was killed";
  { const Killer killer(&server_, Kills(), 11); }
  player.join();
  EXPECT_TRUE(record == expected) << "records are long";
}

TEST_F(RecoveryTest, TheProgramGoesOnWithAMatchWhosePlayerWasKilled) {
  Start();
  const auto command = [&](const std::string& name) {
    return Match(server_, data_, name, 1500,
                 {"--record-weights", "100", "--summary", data_.File(name + ".json")});
  };
  ASSERT_EQ(testing::RunProgram(command("undisturbed")).exit_code, 0);
  const std::string expected = testing::ReadFile(data_.File("undisturbed"));

  std::vector<std::string> goes_on = command("match");
  std::ofstream(data_.File("match")).close();
  std::mt19937 random(5);
  for (int kill = 1; kill <= 6; ++kill) {
    std::vector<std::string> arguments = goes_on;
    arguments.insert(arguments.end(), {kill == 1 ? "--session-id" : "--resume", "match"});
    testing::ChildProcess player(arguments);
    const size_t until = expected.size() * kill / 8 + random() % (expected.size() / 8);
    AwaitRecord(data_.File("match"), until, player);
    player.Signal(SIGKILL);
    EXPECT_EQ(player.Wait(absl::Seconds(30)), 128 + SIGKILL) << player.Errors();
    if (kill == 3) Start();  // the server, too
  }
  goes_on.insert(goes_on.end(), {"--resume", "match"});
  const auto played = testing::RunProgram(goes_on);
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_TRUE(testing::ReadFile(data_.File("match")) == expected) << "records are long";
  // But for how long it took.
  const auto summary = [&](const char* name) {
    const std::string text = testing::ReadFile(data_.File(name));
    return text.substr(0, text.find("\"wall_s\""));
  };
  EXPECT_EQ(summary("match.json"), summary("undisturbed.json"));
  EXPECT_TRUE(client_->ListSessions()->empty());
}

// As after a loss of power, which takes back the last moments.
TEST_F(RecoveryTest, TheProgramGoesOnWithAMatchWhoseServerIsBehindItsRecord) {
  Start();
  const auto command = [&](const char* name, const char* how) {
    return Match(server_, data_, name, 600, {"--record-weights", "100", how, name});
  };
  ASSERT_EQ(testing::RunProgram(command("undisturbed", "--session-id")).exit_code, 0);
  const std::string expected = testing::ReadFile(data_.File("undisturbed"));
  std::ofstream(data_.File("match")).close();
  const auto play_until = [&](size_t bytes, const char* how) {
    // Not so fast that the match may be over first.
    std::vector<std::string> arguments = command("match", how);
    arguments.insert(arguments.end(), {"--speed", "25"});
    testing::ChildProcess player(arguments);
    AwaitRecord(data_.File("match"), bytes, player);
    player.Signal(SIGKILL);
    player.Wait(absl::Seconds(30));
    ASSERT_EQ(server_.Stop(), 0);
  };
  play_until(expected.size() / 4, "--session-id");
  std::filesystem::copy(data_.File("data"), data_.File("before"));
  Start();
  play_until(expected.size() / 2, "--resume");
  std::filesystem::remove_all(data_.File("data"));
  std::filesystem::rename(data_.File("before"), data_.File("data"));
  Start();
  const auto played = testing::RunProgram(command("match", "--resume"));
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_TRUE(testing::ReadFile(data_.File("match")) == expected) << "records are long";
}

// A match that ends as its server can store nothing any more, and goes on when it can again.
void ExpectMatchGoesOn(const ServerProcess& server, const testing::TempDir& dir,
                       const char* expected_error, absl::FunctionRef<void()> spoil,
                       absl::FunctionRef<void()> mend) {
  const auto command = [&](const char* name, const char* how) {
    return Match(server, dir, name, 1500, {how, name});
  };
  ASSERT_EQ(testing::RunProgram(command("undisturbed", "--session-id")).exit_code, 0);
  const std::string expected = testing::ReadFile(dir.File("undisturbed"));
  {
    std::ofstream(dir.File("match")).close();
    // Not so fast that the match may be over first.
    std::vector<std::string> arguments = command("match", "--session-id");
    arguments.insert(arguments.end(), {"--speed", "60"});
    testing::ChildProcess player(arguments);
    AwaitRecord(dir.File("match"), expected.size() / 4, player);
    spoil();
    EXPECT_EQ(player.Wait(absl::Seconds(60)), 1);
    EXPECT_THAT(player.Errors(), HasSubstr(expected_error));
    EXPECT_THAT(player.Errors(), HasSubstr("--resume match"));
  }
  mend();
  const auto played = testing::RunProgram(command("match", "--resume"));
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_TRUE(testing::ReadFile(dir.File("match")) == expected) << "records are long";
  EXPECT_TRUE(server.Connect()->ListSessions()->empty());
}

TEST_F(RecoveryTest, TheProgramGoesOnWithAMatchThatAFullDiskHasEnded) {
  Start();
  const rlimit none{.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
  rlimit before;
  ExpectMatchGoesOn(
      server_, data_, "STORAGE_FULL",
      [&] { ASSERT_EQ(prlimit(server_.pid(), RLIMIT_FSIZE, &none, &before), 0); },
      [&] { ASSERT_EQ(prlimit(server_.pid(), RLIMIT_FSIZE, &before, nullptr), 0); });
}

// A server whose folder is read-only for as long as it is told.
class ReadOnlyFolderTest : public RecoveryTest {
 protected:
  ReadOnlyFolderTest()
      : spoilt_({"--data-dir", data_.File("spoilt"), "--max-replay-ms", "3"},
                SPIKED_READ_ONLY_BINARY) {
    setenv("SPIKED_READ_ONLY", flag_.c_str(), /*overwrite=*/1);
  }
  ~ReadOnlyFolderTest() override { unsetenv("SPIKED_READ_ONLY"); }

  void StartSpoilt() { ASSERT_TRUE(spoilt_.Start().ok()) << spoilt_.Log(); }
  void Spoil() const { std::ofstream(flag_).close(); }
  void Mend() const { std::filesystem::remove(flag_); }

  const std::string flag_ = data_.File("read-only");
  ServerProcess spoilt_;
};

TEST_F(ReadOnlyFolderTest, TheProgramGoesOnWithAMatchThatItHasEnded) {
  StartSpoilt();
  ExpectMatchGoesOn(
      spoilt_, data_, "read-only", [&] { Spoil(); }, [&] { Mend(); });
}

TEST_F(ReadOnlyFolderTest, SessionsAreAsTheyWereAndGoOnWhenItCanBeWritten) {
  StartSpoilt();
  auto client = spoilt_.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  const auto expect_refused = [](const absl::Status& status) {
    EXPECT_EQ(client::GetErrorDetails(status).reason, "STORAGE_UNAVAILABLE") << status;
    EXPECT_THAT(status.message(), HasSubstr("read-only"));
  };
  for (const auto durability : {v1::DURABILITY_PROCESS, v1::DURABILITY_POWER}) {
    Game game;
    ASSERT_TRUE(game.Create(*client, durability).ok());
    for (int k = 0; k < 10; ++k) ASSERT_TRUE(game.Poll().ok());
    Spoil();
    for (int k = 0; k < 3; ++k) expect_refused(game.Poll());
    EXPECT_EQ(game.session().Get()->time_ms(), game.match().time_ms());
    expect_refused(game.session().Share({}).status());
    expect_refused(game.session().Delete());
    expect_refused(client->CreateSession({.id = "new", .durability = durability}).status());
    expect_refused(game.session().Fork({.id = "fork"}).status());
    // It can still be read, and others go on that are not stored.
    EXPECT_TRUE(game.session().GetNetwork("left").ok());
    auto other = client->CreateSession({.durability = v1::DURABILITY_NONE});
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_TRUE(other->Step(10.0).ok());
    ASSERT_TRUE(other->Delete().ok());
    EXPECT_EQ(client->ListSessions()->size(), 1u);
    Mend();
    for (int k = 10; k < 20; ++k) {
      const absl::Status polled = game.Poll();
      ASSERT_TRUE(polled.ok()) << polled;
    }
    spoilt_.Kill();
    StartSpoilt();
    EXPECT_EQ(client->ListSessions()->size(), 1u);
    for (int k = 20; k < 30; ++k) {
      const absl::Status polled = game.Poll();
      ASSERT_TRUE(polled.ok()) << polled;
    }
    EXPECT_EQ(game.record(), Undisturbed(30));
    ASSERT_TRUE(game.session().Delete().ok());
  }
}

TEST_F(RecoveryTest, ASessionThatNobodyUsesLeavesMemoryAndComesBack) {
  ServerProcess idle({"--data-dir", data_.File("idle"), "--idle-s", "1"});
  ASSERT_TRUE(idle.Start().ok()) << idle.Log();
  auto client = idle.Connect();
  Game game;
  ASSERT_TRUE(game.Create(*client, v1::DURABILITY_UNSPECIFIED).ok());
  for (int k = 0; k < 10; ++k) ASSERT_TRUE(game.Poll().ok());
  const uint64_t in_use = game.session().Get()->memory_bytes();
  uint64_t at_rest = in_use;
  for (int k = 0; k < 600 && at_rest > in_use / 2; ++k) {
    absl::SleepFor(absl::Milliseconds(50));
    at_rest = game.session().Get()->memory_bytes();
  }
  EXPECT_LE(at_rest, in_use / 2);
  EXPECT_EQ(game.session().Get()->time_ms(), game.match().time_ms());
  for (int k = 10; k < 20; ++k) ASSERT_TRUE(game.Poll().ok());
  EXPECT_EQ(game.record(), Undisturbed(20));
}

TEST_F(RecoveryTest, SessionsAreBackAsTheyWere) {
  Start();
  auto kept = client_->CreateSession(
      {.id = "kept", .display_name = "Anna's", .seed = 5, .ttl = absl::Hours(2)});
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(kept->CreateNetwork("net", client::Preset("pong/rstdp")).ok());
  ASSERT_TRUE(kept->Step(123.0).ok());
  v1::PutAccountRequest berta;
  berta.set_account("berta");
  berta.set_role(v1::ROLE_USER);
  ASSERT_TRUE(client_->PutAccount(berta).ok());
  v1::Share share;
  share.set_account(berta.account());
  share.set_right(v1::SHARE_RIGHT_DRIVE);
  ASSERT_TRUE(kept->Share({share}).ok());
  ASSERT_TRUE(client_->CreateSession({.id = "empty"}).ok());
  ASSERT_TRUE(client_->CreateSession({.id = "brief", .durability = v1::DURABILITY_NONE}).ok());
  auto deleted = client_->CreateSession({.id = "deleted"});
  ASSERT_TRUE(deleted->Delete().ok());
  const auto before = kept->Get();

  Start();
  const auto sessions = client_->ListSessions();
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  ASSERT_EQ(sessions->size(), 2u);
  EXPECT_EQ((*sessions)[0].name(), "sessions/empty");
  v1::Session after = (*sessions)[1];
  v1::Session expected = *before;
  for (v1::Session* session : {&expected, &after}) {
    session->clear_last_use_time();
    session->clear_expire_time();
    session->clear_memory_bytes();  // it is not in memory yet
  }
  EXPECT_EQ(after.ShortDebugString(), expected.ShortDebugString());
  EXPECT_EQ(after.time_ms(), 123.0);
  EXPECT_EQ(client_->CreateSession({.id = "kept"}).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(client_->CreateSession({.id = "deleted"}).ok());
}

TEST_F(RecoveryTest, WhatHasExpiredIsToldApartAlsoByTheNextServer) {
  Start();
  for (const char* const id : {"first", "second"}) {
    ASSERT_TRUE(client_->CreateSession({.id = id, .ttl = absl::Seconds(1)}).ok());
    const auto reason = [&] {
      const auto session = client_->AttachSession(id);
      return session.ok() ? "" : client::GetErrorDetails(session.status()).reason;
    };
    for (int k = 0; k < 600 && reason().empty(); ++k) absl::SleepFor(absl::Milliseconds(50));
    EXPECT_EQ(reason(), "SESSION_EXPIRED");
    // The first is known to one that was stopped and started, the second to one that was killed.
    if (id == std::string("first")) {
      ASSERT_EQ(server_.Stop(), 0);
    }
    Start();
    EXPECT_EQ(reason(), "SESSION_EXPIRED");
    auto again = client_->CreateSession({.id = id});
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_TRUE(again->Delete().ok());
    Start();
    EXPECT_EQ(reason(), "NOT_FOUND");
  }
}

TEST_F(RecoveryTest, AHaltedStepComesNoFurtherTheSecondTime) {
  Start();
  auto session = client_->CreateSession({.id = kId, .seed = 5});
  ASSERT_TRUE(session->CreateNetwork("net", client::Preset("pong/dopamine")).ok());
  // Longer than anybody waits.
  const auto halted = session->Step(80'000'000.0, absl::Milliseconds(300));
  ASSERT_TRUE(session->Step(0.0).ok());  // when that one is over
  const double time_ms = session->Get()->time_ms();
  EXPECT_GT(time_ms, 0.0);
  EXPECT_LT(time_ms, 80'000'000.0);
  Start();
  session = client_->AttachSession(kId);
  EXPECT_EQ(session->Get()->time_ms(), time_ms);
  const auto step = session->Step(0.0);
  ASSERT_TRUE(step.ok()) << step.status() << server_.Log();
  EXPECT_EQ(step->time_ms(), time_ms);
}

TEST_F(RecoveryTest, AFullDiskLeavesTheSessionAsItWas) {
  Start();
  Game game;
  ASSERT_TRUE(game.Create(*client_, v1::DURABILITY_PROCESS).ok());
  for (int k = 0; k < 10; ++k) ASSERT_TRUE(game.Poll().ok());
  // No file may grow any more.
  const rlimit none{.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
  rlimit before;
  ASSERT_EQ(prlimit(server_.pid(), RLIMIT_FSIZE, &none, &before), 0);
  const absl::Status full = game.Poll();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_EQ(client::GetErrorDetails(full).reason, "STORAGE_FULL");
  EXPECT_EQ(game.session().Get()->time_ms(), game.match().time_ms());
  // It can still be read, and others go on that are not stored.
  EXPECT_TRUE(game.session().GetNetwork("left").ok());
  auto other = client_->CreateSession({.durability = v1::DURABILITY_NONE});
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_TRUE(other->Step(10.0).ok());
  ASSERT_EQ(prlimit(server_.pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  for (int k = 10; k < 20; ++k) {
    const absl::Status polled = game.Poll();
    ASSERT_TRUE(polled.ok()) << polled;
  }
  EXPECT_EQ(game.record(), Undisturbed(20));
}

TEST_F(RecoveryTest, ADamagedJournalEndsOnlyItsOwnSession) {
  ServerProcess server({"--data-dir", data_.File("data")});  // that takes no snapshot so soon
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  client_.emplace(*server.Connect());
  auto damaged = client_->CreateSession({.id = "damaged", .display_name = "x"});
  auto whole = client_->CreateSession({.id = "whole"});
  for (int k = 0; k < 400; ++k) {
    ASSERT_TRUE(damaged->Step(1.0).ok());
    ASSERT_TRUE(whole->Step(1.0).ok());
  }
  ASSERT_EQ(server.Stop(), 0);
  // Its records fill several pages; one in the midst of them is changed.
  const std::string path = data_.File("data/spiked.db");
  std::string content = testing::ReadFile(path);
  const auto page = [&](size_t k) { return std::string_view(content).substr(4096 * k, 4096); };
  std::vector<size_t> steps;
  for (size_t k = 1; k < content.size() / 4096; ++k) {
    if (page(k).find("sessions/damaged") != std::string_view::npos &&
        page(k).find("Step") != std::string_view::npos &&
        page(k).find("sessions/whole") == std::string_view::npos) {
      steps.push_back(k);
    }
  }
  ASSERT_GE(steps.size(), 3u);
  content[4096 * steps[1] + 2000] ^= 1;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;

  ASSERT_TRUE(server.Start().ok()) << server.Log();
  client_.emplace(*server.Connect());
  damaged = client_->AttachSession("damaged");
  ASSERT_TRUE(damaged.ok()) << damaged.status();
  const auto step = damaged->Step(1.0);
  EXPECT_EQ(client::GetErrorDetails(step.status()).reason, "SESSION_FAILED")
      << step.status() << server.Log();
  EXPECT_EQ(damaged->Get()->state(), v1::SESSION_STATE_FAILED);
  EXPECT_GT(damaged->Get()->time_ms(), 0.0);
  EXPECT_LT(damaged->Get()->time_ms(), 400.0);
  EXPECT_THAT(server.Log(), HasSubstr("damaged is back only as far as"));
  whole = client_->AttachSession("whole");
  const auto goes_on = whole->Step(1.0);
  ASSERT_TRUE(goes_on.ok()) << goes_on.status();
  EXPECT_EQ(goes_on->time_ms(), 401.0);
  EXPECT_TRUE(damaged->Delete().ok());
}

TEST_F(RecoveryTest, ARequestThatIsSentAgainIsNotCarriedOutAgain) {
  Start();
  auto session = client_->CreateSession({.id = kId, .seed = 5});
  ASSERT_TRUE(session->CreateNetwork("net", client::Preset("pong/rstdp")).ok());
  v1::StepRequest request;
  request.set_duration_ms(10);
  request.set_request_id("123e4567-e89b-12d3-a456-426614174000");
  const auto first = session->Step(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto check = [&] {
    const auto again = session->Step(request);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
    EXPECT_EQ(session->Get()->time_ms(), first->time_ms());
  };
  check();
  Start();
  check();
  // Also when it has a snapshot only, and no journal before it.
  for (int k = 0; k < 20; ++k) ASSERT_TRUE(session->Step(100.0).ok());
  Start();
  const auto after = session->Step(0.0);
  ASSERT_TRUE(after.ok());
  const auto again = session->Step(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  request.set_duration_ms(20);
  const auto reused = session->Step(request);
  EXPECT_EQ(reused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(client::GetErrorDetails(reused.status()).reason, "REQUEST_ID_REUSED");
  request.set_request_id("1");
  EXPECT_EQ(session->Step(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RecoveryTest, SnapshotsAreTakenWhileASessionGoesOn) {
  Start();
  Game game;
  ASSERT_TRUE(game.Create(*client_, v1::DURABILITY_PROCESS).ok());
  const auto stored = [&](const char* file) {
    return testing::ReadFile(data_.File(file)).find("recovery") != std::string::npos;
  };
  bool taken = false;
  for (int k = 0; k < 2000 && !taken; ++k) {
    ASSERT_TRUE(game.Poll().ok());
    taken = stored("data/spiked.db-wal") || stored("data/spiked.db");
  }
  EXPECT_TRUE(taken);
}

// What a session does from now on.
std::string Future(client::Session session) {
  const auto step = session.Step(500.0);
  EXPECT_TRUE(step.ok()) << step.status();
  if (!step.ok()) return "";
  std::string future = absl::StrCat(step->time_ms(), "|");
  for (const char* projection : {"net/input_motor"}) {
    const auto weights = session.GetWeights(projection);
    EXPECT_TRUE(weights.ok()) << weights.status();
    for (const double weight : weights->values) absl::StrAppend(&future, weight, " ");
  }
  return future;
}

TEST_F(RecoveryTest, SavedAndForkedSessionsGoOnFromWhereTheyWere) {
  Start();
  ServerProcess other;  // that keeps nothing
  ASSERT_TRUE(other.Start().ok()) << other.Log();
  auto elsewhere = other.Connect();
  auto session = client_->CreateSession({.id = kId, .display_name = "Anna's", .seed = 5});
  ASSERT_TRUE(session->CreateNetwork("net", client::Preset("pong/dopamine")).ok());
  ASSERT_TRUE(session->Step(300.0).ok());
  const std::string path = data_.File("saved");
  ASSERT_TRUE(session->Save(path).ok());
  const auto fork = session->Fork({.id = "fork"});
  ASSERT_TRUE(fork.ok()) << fork.status();
  const auto about = client::InspectSavedSession(path);
  ASSERT_TRUE(about.ok()) << about.status();
  EXPECT_EQ(about->session().time_ms(), 300.0);
  EXPECT_EQ(about->session().display_name(), "Anna's");
  const auto restored = elsewhere->RestoreSession(path, {.id = "restored"});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(client::Session(*restored).Get()->time_ms(), 300.0);
  EXPECT_EQ(client::Session(*restored).Get()->display_name(), "Anna's");
  auto fork_of_restored = client::Session(*restored).Fork();
  ASSERT_TRUE(fork_of_restored.ok()) << fork_of_restored.status();
  Start();  // the fork survives, too
  const std::string future = Future(*session);
  EXPECT_NE(future, "") << server_.Log();
  EXPECT_EQ(Future(*fork), future) << server_.Log();
  EXPECT_EQ(Future(*restored), future);
  EXPECT_EQ(Future(*fork_of_restored), future);

  std::string content = testing::ReadFile(path);
  content[content.size() / 2] ^= 1;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  EXPECT_EQ(client_->RestoreSession(path).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client_->ListSessions()->size(), 2u);
}

TEST_F(RecoveryTest, TheFolderIsForOneServer) {
  Start();
  ServerProcess second({"--data-dir", data_.File("data")});
  const absl::Status status = second.Start();
  EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("is in use by process ", server_.pid())));
}

TEST(NoStorageTest, WhatCannotBeKeptIsRefused) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  auto client = server.Connect();
  const auto refused = client->CreateSession({.durability = v1::DURABILITY_PROCESS});
  EXPECT_EQ(client::GetErrorDetails(refused.status()).reason, "NO_STORAGE") << refused.status();
  auto session = client->CreateSession();
  EXPECT_EQ(session->Get().value().durability(), v1::DURABILITY_NONE);
}

}  // namespace
}  // namespace spiked
