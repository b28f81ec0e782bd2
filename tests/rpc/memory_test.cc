// What clients send does not take the process above its memory.
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

using Simulation = v1::SimulationService::Stub;
using testing::ServerProcess;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kMemory = 64 * kMiB;
// What the process takes beside that: itself, its threads and buffers of gRPC.
constexpr uint64_t kBase = 96 * kMiB;

// A line of /proc/PID/status, such as VmHWM, in bytes.
uint64_t StatusBytes(pid_t pid, const std::string& name) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  std::string key;
  uint64_t kib = 0;
  while (file >> key) {
    if (key == name + ":" && file >> kib) return kib << 10;
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

class MemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef SPIKED_SANITIZED
    GTEST_SKIP() << "sanitizers take memory of their own";
#endif
    ASSERT_TRUE(server_.Start().ok());
    Stubs stubs(server_.address());
    v1::CreateSessionRequest session;
    session.set_session_id("s");
    v1::CreateSessionResponse created;
    ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateSession, session, &created).ok());
  }

  // Clients at once, each with a connection of its own; then the server is well, and
  // has kept within bounds.
  template <typename Client>
  void Storm(int clients, Client client) {
    std::vector<std::thread> threads;
    for (int k = 0; k < clients; ++k) {
      threads.emplace_back([&, k] {
        Stubs stubs(server_.address());
        client(*stubs.simulation, k);
      });
    }
    for (std::thread& thread : threads) thread.join();
    Stubs stubs(server_.address());
    v1::GetServerInfoResponse info;
    // What a call has taken is given back just after its answer.
    for (int tries = 0; tries < 100; ++tries) {
      ASSERT_TRUE(Call(*stubs.catalog, &v1::CatalogService::Stub::GetServerInfo, {}, &info).ok());
      if (info.memory_bytes() < kMiB) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_LT(info.memory_bytes(), kMiB);
    EXPECT_LE(StatusBytes(server_.pid(), "VmHWM"), kMemory + kBase);
    // Free heap goes back to the machine every few seconds.
    for (int tries = 0; tries < 300 && StatusBytes(server_.pid(), "VmRSS") > kBase; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_LE(StatusBytes(server_.pid(), "VmRSS"), kBase);
  }

  ServerProcess server_{{"--max-memory-mib", "64"}};
};

// A list of weights with so many bytes, for a network that is refused.
v1::CreateNetworkRequest LargeRequest(uint64_t bytes) {
  v1::CreateNetworkRequest request = session::SmallNetwork();
  request.set_session("sessions/s");
  request.mutable_specification()
      ->mutable_projections(0)
      ->mutable_weight()
      ->mutable_list()
      ->mutable_values()
      ->Resize(static_cast<int>(bytes / 8), 1.0);
  return request;
}

TEST_F(MemoryTest, LargeRequestsThatAreRefusedLeaveNothing) {
  for (const uint64_t mib : {24, 15, 6}) {
    Storm(20, [&](Simulation& stub, int /*client*/) {
      v1::CreateNetworkResponse response;
      EXPECT_FALSE(
          Call(stub, &Simulation::CreateNetwork, LargeRequest(mib * kMiB), &response).ok());
    });
  }
}

TEST_F(MemoryTest, ARequestThatUnfoldsIsRefused) {
  // Two bytes a population on the way, and a hundred in memory.
  v1::CreateNetworkRequest request;
  request.set_session("sessions/s");
  request.set_network("n");
  for (int k = 0; k < 2'000'000; ++k) request.mutable_specification()->add_populations();
  Storm(8, [&](Simulation& stub, int /*client*/) {
    v1::CreateNetworkResponse response;
    EXPECT_FALSE(Call(stub, &Simulation::CreateNetwork, request, &response).ok());
  });
}

TEST_F(MemoryTest, AnswersThatNobodyReadsAreBounded) {
  // Half a million weights: 4 MB an answer.
  Stubs stubs(server_.address());
  v1::CreateNetworkRequest request = session::Parse<v1::CreateNetworkRequest>(R"pb(
    session: "sessions/s"
    network: "n"
    specification {
      populations { name: "p" model: "iaf_psc_exp" size: 690 }
      projections {
        name: "w"
        source: "p"
        target: "p"
        rule { all_to_all {} }
      }
    })pb");
  v1::CreateNetworkResponse created;
  ASSERT_TRUE(Call(*stubs.simulation, &Simulation::CreateNetwork, request, &created).ok());
  const auto step = session::Parse<v1::StepStreamRequest>(
      "step { session: 'sessions/s' duration_ms: 0 readout { weights: 'n/w' } }");
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StepStreamRequest, v1::StepStreamResponse>> rpc;
  };
  std::vector<Stream> streams(60);
  for (Stream& stream : streams) {
    stream.rpc = stubs.simulation->StepStream(&stream.context);
    for (int k = 0; k < 4; ++k) stream.rpc->Write(step);
  }
  // Somebody else is served meanwhile.
  Stubs other(server_.address());
  v1::GetSessionRequest get;
  get.set_session("sessions/s");
  v1::GetSessionResponse got;
  for (int k = 0; k < 20; ++k) {
    EXPECT_TRUE(Call(*other.simulation, &Simulation::GetSession, get, &got).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_GT(got.session().memory_bytes(), 0u);
  EXPECT_LE(StatusBytes(server_.pid(), "VmHWM"), kMemory + kBase);
  for (Stream& stream : streams) stream.context.TryCancel();
}

}  // namespace
}  // namespace spiked::rpc
