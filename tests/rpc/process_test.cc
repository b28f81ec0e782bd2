// The server as a program: options, addresses, signals.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/engine/instruction_set.h"
#include "tests/rpc/fixtures.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace spiked::rpc {
namespace {

using testing::ChildProcess;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::RunProgram;
using testing::ServerProcess;

constexpr char kServer[] = SPIKED_SERVER_BINARY;

TEST(ProcessTest, TellsHelpAndVersion) {
  const auto help = RunProgram({kServer, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--max-memory-mib"));
  const auto version = RunProgram({kServer, "--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "spiked " SPIKED_VERSION "\n");
}

TEST(ProcessTest, BadUsageIsExplained) {
  const auto option = RunProgram({kServer, "--wrokers", "2"}, {}, absl::Seconds(10));
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_EQ(option.err,
            "spiked: there is no option --wrokers; did you mean --workers?\n"
            "Try 'spiked --help'.\n");
  const auto variable = RunProgram({kServer}, {"SPIKED_WORKERS=two"}, absl::Seconds(10));
  EXPECT_EQ(variable.exit_code, 2);
  EXPECT_THAT(variable.err, HasSubstr("spiked: SPIKED_WORKERS: must be a whole number"));
}

TEST(ProcessTest, OptionsAreCheckedAndPrintedWithoutServing) {
  const testing::TempDir dir;
  const std::string file = dir.File("spiked.toml");
  std::ofstream(file) << "max-sessions = 7\nlisten = \"unix:" << dir.File("s") << "\"\n";
  const auto good = RunProgram({kServer, "--config", file, "--check-config"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  const auto printed = RunProgram({kServer, "--config", file, "--workers=2", "--print-config"});
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr("max-sessions = 7  # " + file + "\n"));
  EXPECT_THAT(printed.out, HasSubstr("workers = 2  # --workers\n"));
  EXPECT_THAT(printed.out, HasSubstr("log-level = \"info\"  # default\n"));
  std::ofstream(file) << "max-session = 7\n";
  const auto bad = RunProgram({kServer, "--config", file, "--check-config"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("no setting 'max-session'; did you mean 'max-sessions'?"));
  const auto absent = RunProgram(
      {kServer, "--check-config", "--tls-certificate=" + dir.File("c"), "--tls-key=/none"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err, HasSubstr(dir.File("c")));
}

// Waits until the server has logged that.
void AwaitLog(const ServerProcess& server, const std::string& text) {
  for (int k = 0; k < 2000 && server.Log().find(text) == std::string::npos; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(server.Log(), HasSubstr(text));
}

TEST(ProcessTest, LimitsChangeWithTheFileOnSighup) {
  const testing::TempDir dir;
  const std::string file = dir.File("spiked.toml");
  std::ofstream(file) << "max-sessions = 1\n";
  ServerProcess server({"--config", file});
  ASSERT_TRUE(server.Start().ok());
  Stubs stubs(server.address());
  using Simulation = v1::SimulationService::Stub;
  v1::CreateSessionResponse created;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).ok());
  EXPECT_EQ(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  std::ofstream(file) << "max-sessions = 2\nmax-memory-mib = 32\nworkers = 3\n";
  kill(server.pid(), SIGHUP);
  AwaitLog(server, "have been read again");
  EXPECT_THAT(server.Log(), HasSubstr("workers: a change takes a restart"));
  v1::GetServerInfoResponse info;
  ASSERT_TRUE(Call(*stubs.catalog, &v1::CatalogService::Stub::GetServerInfo, {}, &info).ok());
  EXPECT_EQ(info.limits().max_sessions(), 2u);
  EXPECT_EQ(info.limits().max_memory_bytes(), 32u << 20);
  EXPECT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).ok());
  // What is wrong changes nothing.
  std::ofstream(file) << "max-sessions = 9\nmax-neurons = few\n";
  kill(server.pid(), SIGHUP);
  AwaitLog(server, "nothing is changed: " + file + ": max-neurons: must be a whole number");
  ASSERT_TRUE(Call(*stubs.catalog, &v1::CatalogService::Stub::GetServerInfo, {}, &info).ok());
  EXPECT_EQ(info.limits().max_sessions(), 2u);
  EXPECT_EQ(server.Stop(), 0);
}

TEST(ProcessTest, TellsTrulyWhyItCannotListen) {
  ServerProcess other;
  ASSERT_TRUE(other.Start().ok());
  const std::string taken = other.address();
  struct Case {
    std::vector<std::string> arguments;
    std::string complaint;
  };
  const std::vector<Case> cases = {
      {{"--listen", taken}, taken + ": another server listens there"},
      {{"--listen", "unix:/none/s"}, "unix:/none/s: there is no folder /none/"},
      {{"--insecure", "--listen", "192.0.2.1:0"},
       "192.0.2.1:0: 192.0.2.1 is not an address of this machine"},
      {{"--listen", "unix:/x", "--listen", "unix:/x"}, "unix:/x: it is given twice"},
  };
  const testing::TempDir dir;
  for (const auto& [arguments, complaint] : cases) {
    std::vector<std::string> command = {kServer, "--token-file", dir.File("token")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto result = RunProgram(command, {}, absl::Seconds(20));
    EXPECT_EQ(result.exit_code, 1) << complaint;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("cannot listen on " + complaint + "\n"));
  }
}

// Where the server listens, with the port that it has chosen, from its log.
std::string ChosenAddress(ChildProcess& server) {
  const std::regex pattern("listening on (.+)\n");
  std::smatch match;
  for (int k = 0; k < 2000; ++k) {
    const std::string log = server.Errors();
    if (std::regex_search(log, match, pattern)) return match[1];
    if (server.Wait(absl::Milliseconds(10))) break;
  }
  ADD_FAILURE() << server.Errors();
  return "";
}

TEST(ProcessTest, UnlessToldItListensOnASocketOfItsUserAlone) {
  // Those of two users, each with a folder of their own, do not meet.
  const testing::TempDir one, other;
  ChildProcess first({kServer}, {"XDG_RUNTIME_DIR=" + one.path()});
  EXPECT_EQ(ChosenAddress(first), "unix:" + one.File("spiked.sock"));
  ChildProcess second({kServer}, {"XDG_RUNTIME_DIR=" + other.path()});
  EXPECT_EQ(ChosenAddress(second), "unix:" + other.File("spiked.sock"));
  first.Signal(SIGTERM);
  second.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(absl::Seconds(20)), 0);
  EXPECT_EQ(second.Wait(absl::Seconds(20)), 0);
}

TEST(ProcessTest, TwoServersCannotShareAPort) {
  const testing::TempDir dir;
  const std::string token_file = "--token-file=" + dir.File("token");
  ChildProcess first({kServer, "--listen", "127.0.0.1:0", token_file});
  const std::string address = ChosenAddress(first);
  EXPECT_THAT(address, MatchesRegex("127.0.0.1:[0-9]+"));
  const auto second = RunProgram({kServer, "--listen", address, token_file}, {}, absl::Seconds(20));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("cannot listen on " + address + ": port "));
  EXPECT_EQ(RunProgram({kServer, "--health", address}).exit_code, 0);
  first.Signal(SIGINT);
  EXPECT_EQ(first.Wait(absl::Seconds(20)), 0);
}

TEST(ProcessTest, TheInsecureMayListenEverywhere) {
  const testing::TempDir dir;
  ChildProcess server(
      {kServer, "--insecure", "--listen", "0.0.0.0:0", "--token-file", dir.File("token")});
  EXPECT_THAT(ChosenAddress(server), MatchesRegex("0.0.0.0:[0-9]+"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(absl::Seconds(20)), 0);
}

TEST(ProcessTest, TellsWhetherAServerIsWell) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  const auto well = RunProgram({kServer, "--health", server.address()});
  EXPECT_EQ(well.exit_code, 0);
  EXPECT_EQ(well.out, server.address() + ": SERVING\n");
  EXPECT_EQ(well.err, "");
  EXPECT_EQ(server.Stop(), 0);
  const auto gone = RunProgram({kServer, "--health=" + server.address()});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_EQ(gone.out, "");
  EXPECT_THAT(gone.err, MatchesRegex(server.address() + ": UNAVAILABLE: [^\n]+\n"));
}

TEST(ProcessTest, TwoServersCannotShareASocket) {
  ServerProcess first;
  ASSERT_TRUE(first.Start().ok());
  const auto second = RunProgram({kServer, "--listen", first.address()}, {}, absl::Seconds(20));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr(first.dir().File("spiked.sock")));
  EXPECT_TRUE(first.Connect().ok());
  EXPECT_EQ(first.Stop(), 0);
}

TEST(ProcessTest, TheSocketIsPrivateAndLeavesWithTheServer) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  const std::string path = server.dir().File("spiked.sock");
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(server.Stop(), 0);
  EXPECT_NE(stat(path.c_str(), &info), 0);
}

TEST(ProcessTest, ASocketOfAKilledServerIsTakenOver) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  server.Kill();
  EXPECT_EQ(::access(server.dir().File("spiked.sock").c_str(), F_OK), 0);
  EXPECT_TRUE(server.Start().ok());
  EXPECT_EQ(server.Stop(), 0);
}

TEST(ProcessTest, ARestartedServerIsAnotherInstance) {
  ServerProcess server;
  const auto instance = [&] {
    v1::GetServerInfoResponse response;
    EXPECT_TRUE(Call(*Stubs(server.address()).catalog, &v1::CatalogService::Stub::GetServerInfo, {},
                     &response)
                    .ok());
    return response.instance_id();
  };
  ASSERT_TRUE(server.Start().ok());
  const std::string first = instance();
  EXPECT_EQ(server.Stop(), 0);
  ASSERT_TRUE(server.Start().ok());
  EXPECT_NE(instance(), first);
}

TEST(ProcessTest, StoppingEndsLongStepsWhichAreStillAnswered) {
  ServerProcess server({"--drain-timeout-s", "0"});
  ASSERT_TRUE(server.Start().ok());
  Stubs stubs(server.address());
  using Simulation = v1::SimulationService::Stub;
  v1::CreateSessionResponse created;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).ok());
  v1::CreateNetworkRequest network = session::SmallNetwork();
  network.set_session(created.session().name());
  v1::CreateNetworkResponse built;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateNetwork, network, &built).ok());
  // One step runs, one waits, and an idle stream is open.
  grpc::ClientContext idle_context;
  const auto idle = stubs.simulation->StepStream(&idle_context);
  v1::StepRequest request;
  request.set_session(created.session().name());
  request.set_duration_ms(86'400'000);
  v1::StepResponse running, waiting;
  grpc::Status running_status, waiting_status;
  std::thread stepper(
      [&] { running_status = Call(*stubs.simulation, &Simulation::Step, request, &running); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::thread waiter(
      [&] { waiting_status = Call(*stubs.simulation, &Simulation::Step, request, &waiting); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begin = session::Clock::now();
  EXPECT_EQ(server.Stop(), 0);
  EXPECT_LT(session::Clock::now() - begin, std::chrono::seconds(3));
  stepper.join();
  waiter.join();
  ASSERT_TRUE(running_status.ok()) << running_status.error_message();
  EXPECT_TRUE(running.halted());
  EXPECT_GT(running.time_ms(), 0);
  EXPECT_EQ(waiting_status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(idle->Finish().ok());
  EXPECT_THAT(server.Log(), HasSubstr("stopping on SIGTERM"));
  EXPECT_THAT(server.Log(), HasSubstr("stopped"));
}

TEST(ProcessTest, LargeAnswersDoNotKeepItFromStopping) {
  // An answer that does not go out at once leaves a thread of gRPC's behind, which
  // the end of the process must not wait for: it sleeps for 10 s.
  for (int k = 0; k < 8; ++k) {
    ServerProcess server;
    ASSERT_TRUE(server.Start().ok());
    {
      Stubs stubs(server.address());
      using Simulation = v1::SimulationService::Stub;
      v1::CreateSessionResponse created;
      ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).ok());
      auto network = session::Parse<v1::CreateNetworkRequest>(R"pb(
        network: "net"
        specification {
          populations { name: "p" model: "parrot_neuron" size: 500 }
          projections {
            name: "w"
            source: "p"
            target: "p"
            rule { fixed_indegree { indegree: 500 } }
          }
        })pb");
      network.set_session(created.session().name());
      v1::CreateNetworkResponse built;
      ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateNetwork, network, &built).ok());
      v1::GetWeightsRequest request;
      request.set_session(created.session().name());
      request.set_projection("net/w");
      v1::GetWeightsResponse weights;
      ASSERT_TRUE(Call(*stubs.simulation, &Simulation::GetWeights, request, &weights).ok());
      EXPECT_GT(weights.ByteSizeLong(), 1u << 20);
    }
    ASSERT_EQ(server.Stop(absl::Seconds(7)), 0);
  }
}

TEST(ProcessTest, StoppingWaitsForNoClientThatHasStoppedToRead) {
  // So that gRPC does not read in the background, either.
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "0", 1);
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  const auto stub = grpc::health::v1::Health::NewStub(NewChannel(server.address()));
  struct Watch {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>> reader;
  };
  // What the server has to tell them at its end is more than a socket holds.
  std::vector<Watch> watches(4000);
  for (Watch& watch : watches) {
    watch.reader = stub->Watch(&watch.context, {});
    grpc::health::v1::HealthCheckResponse response;
    ASSERT_TRUE(watch.reader->Read(&response));
  }
  EXPECT_EQ(server.Stop(), 0);
  EXPECT_THAT(server.Log(), HasSubstr("stopped"));
  EXPECT_NE(::access(server.dir().File("spiked.sock").c_str(), F_OK), 0);
  for (Watch& watch : watches) watch.context.TryCancel();
}

TEST(ProcessTest, LimitsCanBeSet) {
  ServerProcess server({"--max-sessions", "1", "--max-memory-mib=16", "--max-neurons", "1000",
                        "--max-synapses", "2000", "--workers", "3"});
  ASSERT_TRUE(server.Start().ok());
  Stubs stubs(server.address());
  v1::GetServerInfoResponse info;
  ASSERT_TRUE(Call(*stubs.catalog, &v1::CatalogService::Stub::GetServerInfo, {}, &info).ok());
  EXPECT_EQ(info.limits().max_sessions(), 1u);
  EXPECT_EQ(info.limits().max_memory_bytes(), 16u << 20);
  EXPECT_EQ(info.limits().max_neurons(), 1000u);
  EXPECT_EQ(info.limits().max_synapses(), 2000u);
  EXPECT_THAT(server.Log(), HasSubstr("workers: 3, memory of sessions: 16 MiB\n"));
  using Simulation = v1::SimulationService::Stub;
  v1::CreateSessionResponse response;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &response).ok());
  const grpc::Status status = Call(*stubs.simulation, &Simulation::CreateSession, {}, &response);
  ExpectError(status, grpc::StatusCode::RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "");
  EXPECT_EQ(DetailOf<google::rpc::QuotaFailure>(status).violations(0).subject(), "sessions");
}

TEST(ProcessTest, AnyInstructionSetCanBeChosenAndGivesTheSameAnswers) {
  std::set<std::string> answers;
  for (const std::string& name : engine::InstructionSets()) {
    ServerProcess server({"--instruction-set", name});
    ASSERT_TRUE(server.Start().ok());
    Stubs stubs(server.address());
    v1::GetServerInfoResponse info;
    ASSERT_TRUE(Call(*stubs.catalog, &v1::CatalogService::Stub::GetServerInfo, {}, &info).ok());
    EXPECT_EQ(info.instruction_set(), name);
    using Simulation = v1::SimulationService::Stub;
    v1::CreateSessionRequest session;
    session.set_session_id("s");
    session.set_seed(7);
    v1::CreateSessionResponse created;
    ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, session, &created).ok());
    v1::CreateNetworkRequest network = session::SmallNetwork();
    network.set_session("sessions/s");
    v1::CreateNetworkResponse built;
    ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateNetwork, network, &built).ok());
    v1::StepRequest step = session::FullStep();
    step.set_session("sessions/s");
    v1::StepResponse answer;
    ASSERT_TRUE(Call(*stubs.simulation, &Simulation::Step, step, &answer).ok());
    answers.insert(session::Bytes(answer));
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST(ProcessTest, LogsSessionsButNoSteps) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok());
  Stubs stubs(server.address());
  using Simulation = v1::SimulationService::Stub;
  v1::CreateSessionResponse created;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, {}, &created).ok());
  for (int k = 0; k < 10; ++k) {
    v1::StepRequest request;
    request.set_session(created.session().name());
    request.set_duration_ms(1);
    v1::StepResponse response;
    ASSERT_TRUE(Call(*stubs.simulation, &Simulation::Step, request, &response).ok());
  }
  v1::DeleteSessionRequest request;
  request.set_session(created.session().name());
  v1::DeleteSessionResponse deleted;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::DeleteSession, request, &deleted).ok());
  EXPECT_EQ(server.Stop(), 0);
  const std::string log = server.Log();
  EXPECT_THAT(log, HasSubstr("created session=" + created.session().name()));
  EXPECT_THAT(log, HasSubstr("deleted session=" + created.session().name()));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 6) << log;
}

}  // namespace
}  // namespace spiked::rpc
