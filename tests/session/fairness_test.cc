// Whoever asks for little is served soon, whatever others ask for. What lies between
// question and answer is told in slices of computing that were given to somebody, not
// in time: a slice is about 2 ms, and how long that takes depends on the machine. The
// same with everybody as one account, which is to say without the mechanism, shows what
// it is good for.
#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/session/registry.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

constexpr int kSessions = 50, kPolls = 40;
// What is under way ends, then it is one's turn; on the other core others go on.
constexpr uint64_t kAFew = 8;

// Commands for one session, again and again until the test is over.
class Load {
 public:
  using Requests = std::vector<std::shared_ptr<const google::protobuf::Message>>;

  Load(const std::shared_ptr<Session>& session, const Requests& requests, const Caller& caller,
       const std::atomic<bool>& over)
      : thread_([=, &over] {
          while (!over) {
            for (const auto& request : requests) {
              const std::unique_ptr<google::protobuf::Message> reply(NewReply(*request));
              Running(session, *request, caller, reply.get()).Join().IgnoreError();
            }
          }
        }) {}
  ~Load() { thread_.join(); }

 private:
  static google::protobuf::Message* NewReply(const google::protobuf::Message& request) {
    for (const Command& one : Commands()) {
      if (one.method->input_type() != request.GetDescriptor()) continue;
      return google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(one.method->output_type())
          ->New();
    }
    return nullptr;
  }

  std::thread thread_;
};

class FairnessTest : public ::testing::Test {
 protected:
  ~FairnessTest() override {
    over_ = true;
    registry_.Close();
    loads_.clear();
  }

  std::shared_ptr<Session> Create(const Caller& caller, const v1::CreateNetworkRequest& network) {
    v1::CreateSessionRequest request;
    request.set_seed(7);
    v1::CreateSessionResponse response;
    EXPECT_TRUE(registry_.Create(request, caller, &response).ok());
    auto session = *registry_.Find(response.session().name());
    v1::CreateNetworkResponse created;
    EXPECT_TRUE(Carry(session, network, caller, &created).ok());
    return session;
  }

  // Fifty sessions of Anna's are asked for these all the time.
  template <typename... Request>
  void LoadWith(const v1::CreateNetworkRequest& network, const Request&... requests) {
    std::vector<std::shared_ptr<Session>> sessions;
    for (int k = 0; k < kSessions; ++k) sessions.push_back(Create(Anna(), network));
    for (const auto& session : sessions) {
      loads_.push_back(std::make_unique<Load>(
          session, Load::Requests{std::make_shared<const Request>(requests)...}, Anna(), over_));
    }
  }

  // How many slices somebody's poll takes, with those of others: the median.
  uint64_t SlicesOfAPoll(const Caller& caller) {
    const auto session = Create(caller, SmallNetwork());
    v1::StepRequest request;
    request.set_duration_ms(200);
    std::vector<uint64_t> slices;
    for (int k = 0; k < kPolls; ++k) {
      v1::StepResponse response;
      const uint64_t before = Slices();
      EXPECT_TRUE(Carry(session, request, caller, &response).ok());
      slices.push_back(Slices() - before);
    }
    std::ranges::nth_element(slices, slices.begin() + kPolls / 2);
    return slices[kPolls / 2];
  }

  uint64_t Slices() {
    const auto counts = registry_.slices().Read().counts;
    return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  }

  Caller Anna() { return CallerOf(registry_, "anna"); }
  Caller Bert() { return CallerOf(registry_, "bert"); }

  Registry registry_{{}, 2};
  std::atomic<bool> over_{false};
  std::vector<std::unique_ptr<Load>> loads_;
};

TEST_F(FairnessTest, HourLongStepsOfFiftySessionsDelayAPollByAFewSlices) {
  v1::StepRequest step;
  step.set_duration_ms(3'600'000);
  LoadWith(SmallNetwork(), step);
  const uint64_t fair = SlicesOfAPoll(Bert()), unfair = SlicesOfAPoll(Anna());
  RecordProperty("slices", static_cast<int>(fair));
  RecordProperty("slices_as_one_account", static_cast<int>(unfair));
  EXPECT_LE(fair, kAFew);
  EXPECT_GE(unfair, kSessions / 3);
}

TEST_F(FairnessTest, ReadingManyWeightsDelaysAPollByAFewSlices) {
  const auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "big"
    specification {
      populations { name: "a" model: "iaf_psc_exp" size: 316 }
      projections {
        name: "p"
        source: "a"
        target: "a"
        rule { all_to_all {} }
      }
    })pb");
  v1::GetWeightsRequest read;
  read.set_projection("big/p");
  LoadWith(network, read);
  EXPECT_LE(SlicesOfAPoll(Bert()), kAFew);
}

TEST_F(FairnessTest, BuildingDelaysAPollByAFewSlices) {
  auto network = Parse<v1::CreateNetworkRequest>(R"pb(
    network: "big"
    specification {
      populations { name: "a" model: "iaf_psc_exp" size: 1000 }
      projections {
        name: "p"
        source: "a"
        target: "a"
        rule { fixed_indegree { indegree: 300 } }
      }
    })pb");
  v1::DeleteNetworkRequest remove;
  remove.set_network("big");
  LoadWith(SmallNetwork(), network, remove);
  EXPECT_LE(SlicesOfAPoll(Bert()), kAFew);
}

}  // namespace
}  // namespace spiked::session
