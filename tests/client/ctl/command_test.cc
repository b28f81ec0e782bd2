// spikectl against a real server.
#include "client/ctl/command.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked::ctl {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
using spiked::testing::ProgramResult;
using spiked::testing::RunProgram;
using spiked::testing::ServerProcess;

class SpikectlTest : public ::testing::Test {
 protected:
  SpikectlTest() : server_({"--listen", "127.0.0.1:0"}) {}
  void SetUp() override {
    const absl::Status status = server_.Start();
    ASSERT_TRUE(status.ok()) << status;
  }

  // A command as the owner gives it over the socket.
  ProgramResult Ctl(const std::string& words) {
    return With({"SPIKED_SERVER=" + server_.address()}, words);
  }
  // As somebody with a token gives it over TCP.
  ProgramResult As(const std::string& token, const std::string& words) {
    return With({"SPIKED_SERVER=" + *server_.TcpAddress(), "SPIKED_TOKEN=" + token,
                 "SPIKED_TOKEN_FILE=/none"},
                words);
  }
  static ProgramResult With(const std::vector<std::string>& variables, const std::string& words) {
    std::vector<std::string> arguments = {SPIKECTL_BINARY};
    for (const absl::string_view word : absl::StrSplit(words, ' ')) arguments.emplace_back(word);
    return RunProgram(arguments, variables);
  }
  std::string NewToken(const std::string& account) {
    const ProgramResult made = Ctl("token new " + account);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.out.substr(0, made.out.size() - 1);
  }
  void CreateSession(const std::string& id) {
    ASSERT_TRUE(
        server_.Connect()
            ->CreateSession({.id = id, .display_name = "called", .labels = {{"course", "neuro"}}})
            .ok());
  }

  ServerProcess server_;
};

TEST_F(SpikectlTest, ALabIsSetUpAsItsAdminWouldTypeIt) {
  EXPECT_EQ(Ctl("users put anna --quota sessions=2,streams=1").out, "anna: user\n");
  EXPECT_EQ(Ctl("users put vera --role viewer").out, "vera: viewer\n");
  const std::string anna = NewToken("anna"), vera = NewToken("vera");
  EXPECT_THAT(anna, MatchesRegex("spiked_[0-9a-f]{12}_[-_A-Za-z0-9]{43}"));
  EXPECT_THAT(As(anna, "info").out, HasSubstr("you are"));
  EXPECT_THAT(As(anna, "info").out, HasSubstr("anna, user"));
  EXPECT_THAT(As(anna, "info").out, HasSubstr("sessions=2 streams=1"));
  EXPECT_EQ(As(vera, "users").exit_code, 4);
  const std::string users = Ctl("users").out;
  EXPECT_THAT(users, HasSubstr("owner"));
  EXPECT_THAT(users, HasSubstr("sessions=2 streams=1"));
  const std::string id = anna.substr(7, 12);
  EXPECT_THAT(Ctl("token list").out, HasSubstr(id));
  EXPECT_THAT(Ctl("token list").out, Not(HasSubstr(anna)));
  EXPECT_EQ(Ctl("token revoke " + id).out, "revoked\n");
  const ProgramResult revoked = As(anna, "info");
  EXPECT_EQ(revoked.exit_code, 4);
  EXPECT_THAT(revoked.err, HasSubstr("TOKEN_UNKNOWN"));
  EXPECT_THAT(revoked.err, Not(HasSubstr("no spiked server answers")));
  EXPECT_EQ(Ctl("users delete vera").exit_code, 0);
  EXPECT_EQ(Ctl("users delete vera").exit_code, 3);
}

TEST_F(SpikectlTest, TokensCanExpire) {
  Ctl("users put anna");
  const ProgramResult made = Ctl("token new anna --expires 2h --note laptop --json");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Json token = Json::parse(made.out);
  EXPECT_THAT(std::string(token["token"]), StartsWith("spiked_"));
  EXPECT_EQ(token["description"]["note"], "laptop");
  EXPECT_TRUE(token["description"].contains("expire_time"));
  EXPECT_EQ(Ctl("token new anna --expires soon").exit_code, 2);
  EXPECT_EQ(Ctl("token new nobody").exit_code, 3);
}

TEST_F(SpikectlTest, SessionsAreListedShownSharedHaltedAndDeleted) {
  CreateSession("demo");
  EXPECT_THAT(Ctl("sessions list").out,
              MatchesRegex("SESSION +OWNER +STATE [^\n]*\ndemo +owner +idle [^\n]*called\n"));
  EXPECT_EQ(Json::parse(Ctl("sessions list --json").out)[0]["name"], "sessions/demo");
  EXPECT_THAT(Ctl("sessions list --owner anna").out, Not(HasSubstr("demo")));
  EXPECT_THAT(Ctl("sessions list --state busy").out, Not(HasSubstr("demo")));
  EXPECT_EQ(Ctl("sessions list --state asleep").exit_code, 2);
  EXPECT_THAT(Ctl("sessions list --state idle --label course=neuro").out, HasSubstr("demo"));
  EXPECT_THAT(Ctl("sessions list --label course=neuro,year=1").out, Not(HasSubstr("demo")));
  EXPECT_EQ(Ctl("sessions list --label course").exit_code, 2);
  EXPECT_EQ(Ctl("sessions save demo /nowhere/demo.spiked").exit_code, 3);
  const std::string shown = Ctl("sessions show demo").out;
  EXPECT_THAT(shown, HasSubstr("resolution    0.1 ms"));
  EXPECT_THAT(shown, ContainsRegex("cost +[0-9.]+ s of processors, [0-9]+ commands"));
  EXPECT_THAT(shown, ContainsRegex("memory +[1-9]"));
  EXPECT_EQ(Json::parse(Ctl("sessions show sessions/demo --json").out)["owner"], "owner");
  const ProgramResult refused = Ctl("sessions share demo --watch * --drive anna");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--drive anna: there is no account 'anna'"));
  EXPECT_EQ(Ctl("users put anna").exit_code, 0);
  EXPECT_THAT(Ctl("sessions share demo --watch * --drive anna").out,
              HasSubstr("* (watch), anna (drive)"));
  EXPECT_THAT(Ctl("sessions share demo").out, Not(HasSubstr("shared with")));
  EXPECT_EQ(Ctl("sessions halt demo").out, "no step was running\n");
  const std::string file = server_.dir().File("saved");
  EXPECT_EQ(Ctl("sessions save demo " + file).out, "saved\n");
  EXPECT_THAT(Ctl("sessions inspect " + file).out, HasSubstr("sessions/demo"));
  EXPECT_EQ(Json::parse(Ctl("sessions inspect --json " + file).out)["session"]["name"],
            "sessions/demo");
  EXPECT_THAT(Ctl("sessions restore --id copy " + file).out, HasSubstr("sessions/copy"));
  EXPECT_THAT(Ctl("sessions fork copy --id fork").out, HasSubstr("called"));
  EXPECT_THAT(Ctl("sessions snapshot copy base").out, HasSubstr("snapshot base"));
  EXPECT_EQ(Ctl("sessions reset copy base").exit_code, 0);
  EXPECT_EQ(Ctl("sessions reset copy other").exit_code, 3);
  // What is saved has the snapshot, too.
  EXPECT_EQ(Ctl("sessions save copy " + file).out, "saved\n");
  EXPECT_THAT(Ctl("sessions inspect " + file).out, HasSubstr("snapshot base"));
  EXPECT_THAT(Ctl("sessions restore --id again " + file).out, HasSubstr("snapshot base"));
  EXPECT_EQ(Ctl("sessions reset again base").exit_code, 0);
  EXPECT_THAT(Ctl("sessions forget copy base").out, Not(HasSubstr("snapshot base")));
  EXPECT_EQ(Ctl("sessions fork copy --durability process").exit_code, 1);
  EXPECT_EQ(Ctl("sessions fork copy --durability always").exit_code, 2);
  EXPECT_EQ(Ctl("sessions inspect " + server_.dir().File("none")).exit_code, 3);
  EXPECT_EQ(Ctl("sessions delete demo").out, "deleted\n");
  EXPECT_EQ(Ctl("sessions show demo").exit_code, 3);
}

TEST_F(SpikectlTest, ARunawayIsFoundAndHalted) {
  CreateSession("quiet");
  auto client = server_.Connect();
  auto session = client->CreateSession({.id = "runaway"});
  v1::PresetChoice preset;
  preset.set_name("pong/rstdp");
  ASSERT_TRUE(session->CreateNetwork("net", preset).ok());
  std::thread runaway([&session] { EXPECT_TRUE(session->Step(86'400'000)->halted()); });
  // A step that runs is counted, too.
  while (client->AttachSession("runaway")->Get()->cost().processor_seconds() < 0.05) {
  }
  const std::string top = Ctl("top --count 1 --interval 0.2").out;
  const std::string last = top.substr(top.rfind("SESSION"));
  EXPECT_THAT(last, MatchesRegex("SESSION[^\n]*\nrunaway  owner +[1-9][0-9]*%[^\n]*\nquiet[^$]*"));
  EXPECT_EQ(Ctl("sessions halt runaway").out, "halted\n");
  runaway.join();
}

TEST_F(SpikectlTest, TellsOfTheServer) {
  EXPECT_EQ(Ctl("health").out, "SERVING\n");
  EXPECT_THAT(Ctl("models").out, HasSubstr("iaf_psc_exp"));
  EXPECT_THAT(Ctl("presets").out, HasSubstr("pong/rstdp"));
  EXPECT_TRUE(Json::parse(Ctl("models --json").out).is_array());
  EXPECT_TRUE(Json::parse(Ctl("presets --json").out).is_array());
  const Json info = Json::parse(Ctl("info --json").out);
  EXPECT_TRUE(info.contains("limits"));
  EXPECT_EQ(info["account"]["name"], "owner");
  EXPECT_EQ(Json::parse(Ctl("health --json").out)["status"], "SERVING");
}

TEST(SpikectlUsageTest, ExitCodesTellKindsOfErrorsApart) {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SPIKECTL_BINARY);
    return RunProgram(arguments, {"SPIKED_SERVER=unix:/none"});
  };
  EXPECT_EQ(run({"--help"}).exit_code, 0);
  EXPECT_THAT(run({}).out, HasSubstr("sessions list"));
  EXPECT_EQ(run({"sesions", "list"}).exit_code, 2);
  EXPECT_THAT(run({"sesions", "list"}).err, HasSubstr("did you mean 'sessions list'?"));
  EXPECT_EQ(run({"sessions", "show"}).exit_code, 2);
  EXPECT_EQ(run({"sessions", "show", "a", "b"}).exit_code, 2);
  EXPECT_THAT(run({"sessions", "share", "--help"}).out, HasSubstr("--drive"));
  EXPECT_EQ(run({"info"}).exit_code, 5);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), 6);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), 1);
}

TEST(SpikectlUsageTest, EveryCommandHasHelpOnShortLines) {
  for (const Command& command : AllCommands()) {
    const std::string help = Invocation(command).command_line().Help();
    EXPECT_THAT(help, HasSubstr("--server"));
    for (const absl::string_view line : absl::StrSplit(help, '\n')) {
      EXPECT_LE(line.size(), 80u) << command.name;
    }
  }
  for (const absl::string_view line : absl::StrSplit(Help(), '\n')) EXPECT_LE(line.size(), 80u);
}

TEST(SpikectlUsageTest, AWordThatCommandsBeginWithTellsWhichThereAre) {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SPIKECTL_BINARY);
    return RunProgram(arguments);
  };
  for (const auto& arguments : {std::vector<std::string>{"token"}, {"token", "--help"}}) {
    const ProgramResult help = run(arguments);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, HasSubstr("  token revoke  make a token stand for nobody\n"));
    EXPECT_THAT(help.out, Not(HasSubstr("sessions")));
  }
  EXPECT_EQ(run({"tok"}).exit_code, 2);
  EXPECT_EQ(run({"token", "nonsense", "--help"}).exit_code, 2);
  EXPECT_EQ(run({"token", "--nonsense"}).exit_code, 2);
}

TEST(SpikectlUsageTest, BashCompletesCommandsAndOptions) {
  const auto complete = [](const std::string& words) {
    return RunProgram(
               {"/bin/bash", "-c",
                absl::StrCat("eval \"$(" SPIKECTL_BINARY " completion)\"; COMP_WORDS=(", words,
                             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _spikectl; "
                             "echo ${COMPREPLY[@]}")})
        .out;
  };
  EXPECT_EQ(complete("spikectl se"), "sessions\n");
  EXPECT_EQ(complete("spikectl sessions sh"), "share show\n");
  EXPECT_EQ(complete("spikectl sessions share x --dr"), "--drive\n");
  EXPECT_EQ(complete("spikectl users --js"), "--json\n");
}

TEST_F(SpikectlTest, ASessionIsWatched) {
  auto session = server_.Connect()->CreateSession({.id = "seen"});
  ASSERT_TRUE(session.ok());
  v1::PresetChoice preset;
  preset.set_name("pong/rstdp");
  ASSERT_TRUE(session->CreateNetwork("player", preset).ok());
  ASSERT_TRUE(session->Step(200).ok());
  const ProgramResult raster = Ctl("watch seen --count 1");
  EXPECT_EQ(raster.exit_code, 0) << raster.err;
  EXPECT_THAT(raster.out, StartsWith("200 ms  idle\n"));
  EXPECT_THAT(raster.out, HasSubstr("player/motor"));
  const ProgramResult json = Ctl("watch seen --count 2 --json --rate 50 --population player/motor");
  EXPECT_EQ(json.exit_code, 0) << json.err;
  const std::vector<std::string> frames = absl::StrSplit(json.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(frames.size(), 2);
  EXPECT_EQ(Json::parse(frames[0])["time_ms"], 200);
  EXPECT_EQ(Json::parse(frames[0])["populations"][0]["population"], "player/motor");
  EXPECT_THAT(Ctl("sessions show seen").out, Not(HasSubstr("used by")));
  EXPECT_EQ(Ctl("watch seen --population player/none").exit_code, 2);
  EXPECT_EQ(Ctl("watch none").exit_code, 3);
}

}  // namespace
}  // namespace spiked::ctl
