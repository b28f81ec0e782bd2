// A real server whose machine loses power.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/input.h"
#include "client/pong/match.h"
#include "gtest/gtest.h"
#include "tests/e2e/game.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace spiked {
namespace {

namespace fs = std::filesystem;
using testing::Game;
using testing::ServerProcess;

// So many in the suite, many more where they have the time (./dev soak crash).
int Losses() {
  const char* kills = std::getenv("SPIKED_KILLS");
  return kills == nullptr ? 8 : std::atoi(kills);
}

// Puts what the disk has into the files' places. How many files had something else.
int PowerOn(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  int changed = 0;
  for (const fs::path& file : files) {
    if (file.extension() == ".disk") continue;
    const std::string disk = file.string() + ".disk";
    if (!fs::exists(disk)) {
      fs::remove(file);
      continue;
    }
    changed += testing::ReadFile(disk) != testing::ReadFile(file) ? 1 : 0;
    fs::copy_file(disk, file, fs::copy_options::overwrite_existing);
  }
  return changed;
}

TEST(PowerTest, NothingThatAPowerSessionAnsweredIsLost) {
  testing::TempDir data;
  const std::string folder = data.File("data");
  ServerProcess server({"--data-dir", folder, "--max-replay-ms", "3"}, SPIKED_POWER_LOSS_BINARY);
  ASSERT_TRUE(server.Start().ok()) << server.Log();
  auto client = server.Connect();
  ASSERT_TRUE(client.ok()) << client.status();
  // This one may be taken back, but to a command of its own.
  auto other =
      client->CreateSession({.id = "other", .seed = 5, .durability = v1::DURABILITY_PROCESS});
  ASSERT_TRUE(other->CreateNetwork("net", client::Preset("pong/dopamine")).ok());
  Game game;
  ASSERT_TRUE(game.Create(*client, v1::DURABILITY_POWER).ok());
  std::mt19937 random(3);
  int unsynced = 0;
  for (int loss = 0; loss < Losses(); ++loss) {
    auto steps = game.session().OpenStepStream();
    for (int polls = 5 + static_cast<int>(random() % 20); polls > 0; --polls) {
      const bool stream = random() % 2 == 0;
      const absl::Status polled = stream ? game.PollOver(steps) : game.Poll();
      ASSERT_TRUE(polled.ok()) << polled << server.Log();
      ASSERT_TRUE(other->Step(1.0).ok());
    }
    ASSERT_TRUE(steps.Finish().ok());
    absl::SleepFor(absl::Microseconds(random() % 10'000));
    // Nor is it that somebody has been let in, or that a session has gone.
    auto brief = client->CreateSession({.id = "brief", .durability = v1::DURABILITY_POWER});
    ASSERT_TRUE(brief.ok()) << brief.status();
    v1::PutAccountRequest guest;
    guest.set_account(absl::StrCat("guest", loss));
    guest.set_role(v1::ROLE_USER);
    ASSERT_TRUE(client->PutAccount(guest).ok());
    v1::Share share;
    share.set_account(guest.account());
    share.set_right(v1::SHARE_RIGHT_WATCH);
    ASSERT_TRUE(game.session().Share({share}).ok());
    const bool deleted = loss % 2 == 0;
    if (deleted) {
      ASSERT_TRUE(brief->Delete().ok());
    }
    for (int k = 0; k < 3; ++k) ASSERT_TRUE(other->Step(1.0).ok());
    server.Kill();
    unsynced += PowerOn(folder);
    ASSERT_TRUE(server.Start().ok()) << server.Log();
    ASSERT_EQ(game.session().Get()->time_ms(), game.match().time_ms());
    ASSERT_EQ(game.session().Get()->shares(0).account(), share.account());
    ASSERT_EQ(client->AttachSession("brief").ok(), !deleted);
    if (!deleted) {
      ASSERT_TRUE(brief->Delete().ok());
    }
  }
  EXPECT_GT(unsynced, 0) << "nothing was lost that could be";
  ASSERT_TRUE(game.Poll().ok());
  ServerProcess undisturbed;
  ASSERT_TRUE(undisturbed.Start().ok()) << undisturbed.Log();
  auto client_of_undisturbed = undisturbed.Connect();
  Game expected;
  ASSERT_TRUE(expected.Create(*client_of_undisturbed, v1::DURABILITY_UNSPECIFIED).ok());
  while (expected.match().polls() < game.match().polls()) ASSERT_TRUE(expected.Poll().ok());
  EXPECT_EQ(game.record(), expected.record());

  auto twin = client_of_undisturbed->CreateSession({.seed = 5});
  ASSERT_TRUE(twin->CreateNetwork("net", client::Preset("pong/dopamine")).ok());
  const auto step = other->Step(100.0);
  ASSERT_TRUE(step.ok()) << step.status() << server.Log();
  ASSERT_TRUE(twin->Step(step->time_ms()).ok());
  EXPECT_EQ(other->GetWeights("net/input_motor")->values,
            twin->GetWeights("net/input_motor")->values);
}

}  // namespace
}  // namespace spiked
