#include "server/session/registry.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/gate.h"
#include "server/engine/error.h"
#include "server/session/error.h"
#include "server/storage/sqlite_storage.h"
#include "tests/session/commands.h"
#include "tests/session/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::session {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

v1::Session Create(Registry& registry, const std::string& request) {
  v1::CreateSessionResponse response;
  const absl::Status status =
      registry.Create(Parse<v1::CreateSessionRequest>(request), CallerOf(registry), &response);
  EXPECT_TRUE(status.ok()) << status;
  return response.session();
}

absl::Status Delete(Registry& registry, const std::string& name) {
  v1::DeleteSessionRequest request;
  request.set_session(name);
  v1::DeleteSessionResponse response;
  const auto session = registry.Find(name);
  if (!session.ok()) return session.status();
  return registry.Delete(*session, request, CallerOf(registry), &response);
}

std::vector<std::string> NamesOf(const v1::ListSessionsResponse& response) {
  std::vector<std::string> names;
  for (const auto& session : response.sessions()) names.push_back(session.name());
  return names;
}

TEST(RegistryTest, ASessionIsAsItWasAskedFor) {
  Registry registry({}, 1);
  const auto session = Create(registry, R"pb(
    session_id: "mine"
    display_name: "My first"
    labels { key: "lab" value: "blue" }
    resolution_ms: 0.25
    seed: 18446744073709551615)pb");
  EXPECT_EQ(session.name(), "sessions/mine");
  EXPECT_EQ(session.display_name(), "My first");
  EXPECT_EQ(session.labels().at("lab"), "blue");
  EXPECT_EQ(session.resolution_ms(), 0.25);
  EXPECT_EQ(session.seed(), 18446744073709551615u);
  EXPECT_EQ(session.state(), v1::SESSION_STATE_IDLE);
  EXPECT_EQ(session.time_ms(), 0);
  EXPECT_GT(session.create_time().seconds(), 1'600'000'000);
  v1::Session again;
  (*registry.Find("sessions/mine"))->Describe(&again);
  EXPECT_EQ(Bytes(session), Bytes(again));
}

TEST(RegistryTest, WhatIsNotAskedForIsDrawnOrHasADefault) {
  Registry registry({}, 1);
  const auto one = Create(registry, ""), other = Create(registry, "");
  EXPECT_EQ(one.resolution_ms(), 0.1);
  EXPECT_THAT(one.name(), MatchesRegex("sessions/[0-9a-f]+"));
  EXPECT_EQ(one.name().size(), std::string("sessions/").size() + 32);
  EXPECT_NE(one.name(), other.name());
  EXPECT_NE(one.seed(), other.seed());
  EXPECT_LT(one.seed() | other.seed(), uint64_t{1} << 53) << "a double holds it";
  EXPECT_EQ(Create(registry, "seed: 0").seed(), 0u);
}

TEST(RegistryTest, BadRequestsCreateNothing) {
  Registry registry({}, 1);
  Create(registry, "session_id: 'taken'");
  std::string many_labels;
  for (int k = 0; k < 65; ++k) {
    many_labels += "labels { key: 'k" + std::to_string(k) + "' value: '' }";
  }
  const std::string long_text(257, 'x');
  const struct {
    std::string request;
    StatusCode code;
    std::string field;
  } cases[] = {
      {"session_id: 'taken'", StatusCode::kAlreadyExists, "session_id"},
      {"session_id: '../x'", StatusCode::kInvalidArgument, "session_id"},
      {"session_id: '" + std::string(64, 'x') + "'", StatusCode::kInvalidArgument, "session_id"},
      {"display_name: '" + long_text + "'", StatusCode::kInvalidArgument, "display_name"},
      {many_labels, StatusCode::kInvalidArgument, "labels"},
      {"labels { key: '" + long_text + "' value: '' }", StatusCode::kInvalidArgument,
       "labels[" + long_text + "]"},
      {"labels { key: 'k' value: '" + long_text + "' }", StatusCode::kInvalidArgument, "labels[k]"},
      {"resolution_ms: 0.0009", StatusCode::kInvalidArgument, "resolution_ms"},
      {"resolution_ms: 10.1", StatusCode::kInvalidArgument, "resolution_ms"},
      {"resolution_ms: -0.1", StatusCode::kInvalidArgument, "resolution_ms"},
      {"resolution_ms: nan", StatusCode::kInvalidArgument, "resolution_ms"},
      {"resolution_ms: inf", StatusCode::kInvalidArgument, "resolution_ms"},
  };
  for (const auto& bad : cases) {
    v1::CreateSessionResponse response;
    const absl::Status status = registry.Create(Parse<v1::CreateSessionRequest>(bad.request),
                                                CallerOf(registry), &response);
    EXPECT_EQ(status.code(), bad.code) << bad.request;
    EXPECT_EQ(engine::FieldOf(status), bad.field) << bad.request;
  }
  v1::ListSessionsResponse response;
  ASSERT_TRUE(registry.List({}, CallerOf(registry), &response).ok());
  EXPECT_THAT(NamesOf(response), ElementsAre("sessions/taken"));
}

TEST(RegistryTest, UnknownAndMalformedNamesAreToldApart) {
  Registry registry({}, 1);
  EXPECT_EQ(registry.Find("sessions/nobody").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(registry.Find("nobody").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Delete(registry, "sessions/nobody").code(), StatusCode::kNotFound);
  EXPECT_EQ(Delete(registry, "").code(), StatusCode::kInvalidArgument);
}

TEST(RegistryTest, ADeletedSessionIsGoneAndItsNameFree) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's' seed: 1");
  const auto held = *registry.Find("sessions/s");
  ASSERT_TRUE(Delete(registry, "sessions/s").ok());
  EXPECT_EQ(registry.Find("sessions/s").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Delete(registry, "sessions/s").code(), StatusCode::kNotFound);
  Create(registry, "session_id: 's' seed: 2");
  // Whoever still holds the old one does not command the new one.
  v1::StepResponse response;
  const absl::Status status = Carry(held, v1::StepRequest(), CallerOf(registry), &response);
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(engine::FieldOf(status), "session");
}

TEST(RegistryTest, ListsInOrderOfNamesPageByPage) {
  Registry registry({}, 1);
  for (const char* id : {"c", "a", "e", "b", "d"}) {
    Create(registry, std::string("session_id: '") + id + "'");
  }
  v1::ListSessionsRequest request;
  request.set_page_size(2);
  v1::ListSessionsResponse first, second, third;
  ASSERT_TRUE(registry.List(request, CallerOf(registry), &first).ok());
  EXPECT_THAT(NamesOf(first), ElementsAre("sessions/a", "sessions/b"));
  // What comes and goes in between does not disturb.
  ASSERT_TRUE(Delete(registry, "sessions/b").ok());
  Create(registry, "session_id: 'aa'");
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(registry.List(request, CallerOf(registry), &second).ok());
  EXPECT_THAT(NamesOf(second), ElementsAre("sessions/c", "sessions/d"));
  request.set_page_token(second.next_page_token());
  ASSERT_TRUE(registry.List(request, CallerOf(registry), &third).ok());
  EXPECT_THAT(NamesOf(third), ElementsAre("sessions/e"));
  EXPECT_TRUE(third.next_page_token().empty());
}

TEST(RegistryTest, BadPagesAreRefused) {
  Registry registry({}, 1);
  v1::ListSessionsRequest request;
  v1::ListSessionsResponse response;
  request.set_page_size(1001);
  EXPECT_EQ(engine::FieldOf(registry.List(request, CallerOf(registry), &response)), "page_size");
  request.set_page_size(1000);
  request.set_page_token("bogus");
  EXPECT_EQ(engine::FieldOf(registry.List(request, CallerOf(registry), &response)), "page_token");
}

TEST(RegistryTest, PagesOfLargeSessionsStaySmall) {
  Registry registry({}, 1);
  std::string request;
  for (int k = 0; k < 64; ++k) {
    request +=
        "labels { key: 'k" + std::to_string(k) + "' value: '" + std::string(256, 'v') + "' }";
  }
  for (int k = 0; k < 300; ++k) Create(registry, request);
  v1::ListSessionsRequest list;
  list.set_page_size(1000);
  int sessions = 0;
  do {
    v1::ListSessionsResponse response;
    ASSERT_TRUE(registry.List(list, CallerOf(registry), &response).ok());
    EXPECT_LE(response.ByteSizeLong(), kMaxReplyBytes);
    sessions += response.sessions_size();
    list.set_page_token(response.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(sessions, 300);
}

TEST(RegistryTest, AllowsSoManySessionsAndNoMore) {
  Limits limits;
  limits.max_sessions = 2;
  Registry registry(limits, 1);
  Create(registry, "session_id: 'a'");
  Create(registry, "session_id: 'b'");
  v1::CreateSessionResponse response;
  const absl::Status status = registry.Create({}, CallerOf(registry), &response);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(QuotaOf(status), "sessions");
  ASSERT_TRUE(Delete(registry, "sessions/a").ok());
  Create(registry, "session_id: 'c'");
}

TEST(RegistryTest, AnAccountHasNoMoreSessionsThanItsQuota) {
  Registry registry({}, 1);
  access::Account anna{.name = "anna"};
  anna.quotas.sessions = 1;
  v1::CreateSessionResponse response;
  ASSERT_TRUE(registry.Create({}, CallerOf(registry, anna), &response).ok());
  EXPECT_EQ(QuotaOf(registry.Create({}, CallerOf(registry, anna), &response)), "sessions");
  EXPECT_TRUE(registry.Create({}, CallerOf(registry, "bert"), &response).ok());
  ASSERT_TRUE(Delete(registry, response.session().name()).ok());
  EXPECT_EQ(QuotaOf(registry.Create({}, CallerOf(registry, anna), &response)), "sessions")
      << "that was not theirs";
  anna.quotas.sessions = 2;
  EXPECT_TRUE(registry.Create({}, CallerOf(registry, anna), &response).ok());
  anna.quotas.sessions = 0;
  EXPECT_EQ(QuotaOf(registry.Create({}, CallerOf(registry, anna), &response)), "sessions");
  ASSERT_TRUE(Delete(registry, response.session().name()).ok());
}

TEST(RegistryTest, QuotasBoundNetworksStepsAndMemory) {
  Registry registry({}, 1);
  access::Account anna{.name = "anna"};
  anna.quotas = {.sessions = {},
                 .neurons = 10,
                 .synapses = {},
                 .memory_bytes = 1 << 20,
                 .streams = {},
                 .step_ms = 5};
  const auto create = [&](const access::Account& account) {
    v1::CreateSessionResponse response;
    EXPECT_TRUE(registry.Create({}, CallerOf(registry, account), &response).ok());
    return *registry.Find(response.session().name());
  };
  const auto session = create(anna);
  v1::CreateNetworkRequest network;
  network.set_network("net");
  network.mutable_preset()->set_name("pong/rstdp");
  v1::CreateNetworkResponse built;
  EXPECT_EQ(QuotaOf(Carry(session, network, CallerOf(registry, anna), &built)), "neurons");
  // What counts is whose session it is, not who gives the command.
  EXPECT_EQ(QuotaOf(Carry(session, network, CallerOf(registry, "bert"), &built)), "neurons");
  v1::StepRequest step;
  step.set_duration_ms(5.1);
  v1::StepResponse stepped;
  EXPECT_EQ(engine::FieldOf(Carry(session, step, CallerOf(registry, anna), &stepped)),
            "duration_ms");
  step.set_duration_ms(5);
  EXPECT_TRUE(Carry(session, step, CallerOf(registry, anna), &stepped).ok());
  // Memory is of all sessions of an account together.
  anna.quotas.neurons = 0;
  (*network.mutable_preset()->mutable_options()->mutable_fields())["num_neurons"].set_number_value(
      300);
  EXPECT_EQ(QuotaOf(Carry(create(anna), network, CallerOf(registry, anna), &built)),
            "memory_bytes");
  EXPECT_TRUE(Carry(create({.name = "bert"}), network, CallerOf(registry, "bert"), &built).ok());
}

TEST(RegistryTest, WithoutQuotasAnAccountLeavesAsMuchToOthersWhereThereAreAny) {
  const testing::TempDir dir;
  auto gate = *access::Gate::Open({.accounts_file = dir.File("accounts.json")});
  Limits limits;
  limits.max_sessions = 4;
  Registry registry(limits, 1, gate.get());
  const access::Account owner = *gate->Owner().account, anna{.name = "anna"};
  access::Account bert{.name = "bert"};
  bert.quotas.sessions = 3;
  bert.quotas.memory_bytes = limits.max_memory_bytes;
  const auto left = [&](const access::Account& who) {
    return CallerOf(registry, who).account->memory.left();
  };
  v1::CreateSessionResponse response;
  const auto create = [&](const access::Account& who) {
    return registry.Create({}, CallerOf(registry, who), &response);
  };
  // There is nobody else yet.
  EXPECT_EQ(left(owner), limits.max_memory_bytes);
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  EXPECT_EQ(left(owner), limits.max_memory_bytes / 2);
  EXPECT_EQ(left(bert), limits.max_memory_bytes);
  EXPECT_TRUE(create(owner).ok());
  EXPECT_TRUE(create(owner).ok());
  const absl::Status refused = create(owner);
  EXPECT_EQ(QuotaOf(refused), "sessions");
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("leaves as many to others"));
  EXPECT_TRUE(create(anna).ok());
  EXPECT_FALSE(create(anna).ok());
  EXPECT_TRUE(create(bert).ok());
}

TEST(RegistryTest, WithoutAQuotaAnAccountLeavesAsMuchOfTheDiskToOthersWhereThereAreAny) {
  const testing::TempDir dir;
  std::atomic<uint64_t> free{64 << 20};
  auto storage = storage::SqliteStorage::Open(
      {.folder = dir.File("data"), .free_bytes = [&free] { return free.load(); }});
  ASSERT_TRUE(storage.ok()) << storage.status();
  auto gate = *access::Gate::Open({.accounts_file = dir.File("accounts.json")});
  Registry registry({}, 1, gate.get(), storage->get());
  const access::Account owner = *gate->Owner().account, anna{.name = "anna"};
  access::Account bert{.name = "bert"};
  bert.quotas.stored_bytes = 1 << 30;
  // Its files grow a little meanwhile.
  const uint64_t capacity = (*storage)->Capacity(), little = 4 << 20;
  ASSERT_GT(capacity, free);
  const auto may_store = [&](const access::Account& who, uint64_t bytes) {
    return registry.AccountOf(who)->stored.Check(bytes).ok();
  };
  // There is nobody else yet.
  EXPECT_TRUE(may_store(owner, capacity));
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  EXPECT_TRUE(may_store(owner, capacity / 2));
  EXPECT_FALSE(may_store(owner, capacity / 2 + little));
  EXPECT_TRUE(may_store(bert, capacity));
  // Who has half of it gets no more, and anybody else half of what is left.
  const auto half = static_cast<int64_t>(capacity / 2 + little);
  registry.AccountOf(owner)->stored.Count(half);
  v1::CreateSessionResponse created;
  const auto create = [&](const access::Account& who) {
    return registry.Create({}, CallerOf(registry, who), &created);
  };
  const absl::Status refused = create(owner);
  EXPECT_EQ(QuotaOf(refused), "stored_bytes");
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("leaves as much to others"));
  EXPECT_FALSE(may_store(anna, capacity / 4));
  EXPECT_TRUE(may_store(anna, capacity / 4 - little));
  EXPECT_TRUE(create(anna).ok());
  // Others than we fill the disk, too, and leave it again.
  free = 0;
  registry.Measure();
  EXPECT_FALSE(create(anna).ok());
  EXPECT_TRUE(create(bert).ok());
  free = 1 << 30;
  registry.Measure();
  EXPECT_TRUE(create(anna).ok());
  EXPECT_TRUE(create(owner).ok());
  registry.AccountOf(owner)->stored.Count(-half);
}

TEST(RegistryTest, QuotasBoundTextsAndLabels) {
  Registry registry({}, 1);
  access::Account anna{.name = "anna"};
  anna.quotas.labels = 1;
  anna.quotas.text_bytes = 5;
  const auto quota = [&](const char* request) {
    v1::CreateSessionResponse response;
    const absl::Status status = registry.Create(Parse<v1::CreateSessionRequest>(request),
                                                CallerOf(registry, anna), &response);
    EXPECT_EQ(status.ok(), !QuotaOf(status)) << status;
    return QuotaOf(status).value_or("");
  };
  EXPECT_EQ(quota("display_name: 'short' labels { key: 'k' value: 'v' }"), "");
  EXPECT_EQ(quota("display_name: 'longer'"), "text_bytes");
  EXPECT_EQ(quota("labels { key: 'longer' value: 'v' }"), "text_bytes");
  EXPECT_EQ(quota("labels { key: 'k' value: 'longer' }"), "text_bytes");
  EXPECT_EQ(quota("labels { key: 'k' value: 'v' } labels { key: 'l' value: 'v' }"), "labels");
}

TEST(RegistryTest, WhoHasNoQuotaOfTheirOwnHasTheServers) {
  Limits limits;
  limits.quotas.sessions = 1;
  Registry registry(limits, 1);
  access::Account anna{.name = "anna"}, bert{.name = "bert"};
  bert.quotas.sessions = 2;
  const auto create = [&](const access::Account& who) {
    v1::CreateSessionResponse response;
    return registry.Create({}, CallerOf(registry, who), &response).ok();
  };
  EXPECT_TRUE(create(anna));
  EXPECT_FALSE(create(anna));
  EXPECT_TRUE(create(bert));
  EXPECT_TRUE(create(bert));
  EXPECT_FALSE(create(bert));
}

TEST(RegistryTest, AnAccountHasNoMoreCommandsUnderWayThanItsQuota) {
  Registry registry({}, 2);
  access::Account anna{.name = "anna"};
  anna.quotas.commands = 2;
  const Caller caller = CallerOf(registry, anna);
  v1::CreateSessionResponse created;
  std::vector<std::shared_ptr<Session>> sessions;
  for (int k = 0; k < 3; ++k) {
    ASSERT_TRUE(registry.Create({}, caller, &created).ok());
    sessions.push_back(*registry.Find(created.session().name()));
  }
  v1::CreateNetworkResponse built;
  ASSERT_TRUE(Carry(sessions[0], SmallNetwork(), caller, &built).ok());
  v1::StepRequest step;
  step.set_duration_ms(86'400'000);
  v1::StepResponse answers[3];
  v1::GetNetworkResponse described;
  Running one(sessions[0], step, caller, &answers[0]);
  Running waiting(sessions[0], step, caller, &answers[1]);
  EXPECT_EQ(QuotaOf(Carry(sessions[1], step, caller, &answers[2])), "commands");
  EXPECT_FALSE(QuotaOf(Carry(sessions[2], v1::GetNetworkRequest(),
                             CallerOf(registry, access::Account{.name = "bert"}), &described)))
      << "it is anna's";
  // However they end, others may come in their place.
  waiting.Cancel();
  while (!sessions[0]->Halt() && !one.done()) std::this_thread::yield();
  one.Join();
  step.set_duration_ms(1);
  for (int k = 0; k < 4; ++k) EXPECT_TRUE(Carry(sessions[1], step, caller, &answers[0]).ok());
}

TEST(RegistryTest, SessionsAreStoredAsFarAsTheQuotaGoes) {
  const testing::TempDir dir;
  auto storage = storage::SqliteStorage::Open({.folder = dir.path()});
  ASSERT_TRUE(storage.ok()) << storage.status();
  access::Account anna{.name = "anna"};
  anna.quotas.stored_bytes = 20'000;
  double time_ms = 0;
  uint64_t stored_bytes = 0;
  std::string name;
  {
    Registry registry({.max_replay = std::chrono::hours(1)}, 1, nullptr, storage->get());
    const Caller caller = CallerOf(registry, anna);
    const auto create = [&](v1::Durability durability) -> absl::StatusOr<std::string> {
      v1::CreateSessionRequest request;
      request.set_durability(durability);
      v1::CreateSessionResponse created;
      absl::Status status = registry.Create(request, caller, &created);
      if (!status.ok()) return status;
      return created.session().name();
    };
    name = create(v1::DURABILITY_PROCESS).value();
    const auto session = *registry.Find(name);
    v1::StepRequest step;
    step.set_session(name);
    step.set_duration_ms(1);
    v1::StepResponse stepped;
    // Where there is no room for more commands there is for a snapshot, which makes them
    // superfluous: so it goes on and on.
    int steps = 0, refused = 0;
    for (int k = 0; k < 2000; ++k) {
      const absl::Status status = Carry(session, step, caller, &stepped);
      if (status.ok()) {
        time_ms = stepped.time_ms();
        ++steps;
        continue;
      }
      ASSERT_EQ(QuotaOf(status), "stored_bytes") << status;
      ++refused;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(steps, 1000);
    EXPECT_GT(refused, 0);
    EXPECT_EQ(stepped.time_ms(), steps);
    v1::GetSessionResponse got;
    ASSERT_TRUE(registry.Get(session, {}, &got).ok());
    EXPECT_GT(got.session().stored_bytes(), 100u);
    EXPECT_LT(got.session().stored_bytes(), 25'000u);
    // What is not stored needs no room; others have their own.
    anna.quotas.stored_bytes = 50;
    registry.AccountOf(anna);
    EXPECT_EQ(QuotaOf(create(v1::DURABILITY_PROCESS).status()), "stored_bytes");
    EXPECT_EQ(QuotaOf(Carry(session, step, caller, &stepped)), "stored_bytes");
    EXPECT_TRUE(create(v1::DURABILITY_NONE).ok());
    // Until there is but a snapshot, and the last record.
    do {
      EXPECT_EQ(QuotaOf(Carry(session, step, caller, &stepped)), "stored_bytes");
      ASSERT_TRUE(registry.Get(session, {}, &got).ok());
    } while (got.session().stored_bytes() > 500);
    EXPECT_EQ(got.session().time_ms(), time_ms);
    stored_bytes = got.session().stored_bytes();
  }
  // After a start it is known what is stored; what is deleted is not any more.
  (*storage)->Tidy();
  storage->reset();
  storage = storage::SqliteStorage::Open({.folder = dir.path()});
  ASSERT_TRUE(storage.ok()) << storage.status();
  Registry registry({}, 1, nullptr, storage->get());
  ASSERT_TRUE(registry.Restore().ok());
  Account* const account = registry.AccountOf(anna);
  EXPECT_EQ(account->stored.bytes(), stored_bytes);
  v1::DeleteSessionRequest remove;
  remove.set_session(name);
  v1::DeleteSessionResponse removed;
  const absl::Status deleted =
      registry.Delete(*registry.Find(name), remove, CallerOf(registry, anna), &removed);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(account->stored.bytes(), 0u);
}

TEST(RegistryTest, RecordsKeepNoMoreThanTheQuota) {
  Registry registry({}, 1);
  access::Account anna{.name = "anna"};
  anna.quotas.recorded_spikes = 100;
  const Caller caller = CallerOf(registry, anna);
  v1::CreateSessionResponse created;
  ASSERT_TRUE(registry.Create({}, caller, &created).ok());
  const auto session = *registry.Find(created.session().name());
  const auto create = [&](const char* name, const char* recording) {
    auto request = Parse<v1::CreateNetworkRequest>(absl::StrCat(
        "specification { populations { name: 'a' model: 'iaf_psc_exp' size: 3 ", recording, "} }"));
    request.set_network(name);
    v1::CreateNetworkResponse response;
    return Carry(session, request, caller, &response);
  };
  EXPECT_TRUE(create("none", "").ok());
  EXPECT_TRUE(create("some", "record_spikes: true record_limit: 100").ok());
  EXPECT_EQ(QuotaOf(create("many", "record_spikes: true record_limit: 101")), "recorded_spikes");
  EXPECT_EQ(QuotaOf(create("all", "record_spikes: true")), "recorded_spikes");
  EXPECT_EQ(QuotaOf(create("weights",
                           "} projections { name: 'p' source: 'a' target: 'a' rule { "
                           "all_to_all {} } record_weights: true")),
            "recorded_spikes");
  v1::SetRecordingResponse recording;
  EXPECT_EQ(QuotaOf(Carry(session,
                          Parse<v1::SetRecordingRequest>(
                              "settings { population: 'none/a' record: true record_limit: 101 }"),
                          caller, &recording)),
            "recorded_spikes");
}

TEST(RegistryTest, TellsWhatASessionHasCost) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's'");
  const auto session = *registry.Find("sessions/s");
  v1::CreateNetworkResponse built;
  ASSERT_TRUE(Carry(session, SmallNetwork(), CallerOf(registry), &built).ok());
  v1::StepRequest step;
  step.set_duration_ms(10'000);
  v1::StepResponse stepped;
  const auto begin = Clock::now();
  ASSERT_TRUE(Carry(session, step, CallerOf(registry), &stepped).ok());
  const double wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  v1::Session described;
  session->Describe(&described);
  EXPECT_EQ(described.cost().commands(), 2u);
  EXPECT_GT(described.cost().processor_seconds(), 0);
  // One worker.
  EXPECT_LT(described.cost().processor_seconds(), 2 * wall_s + 1);
}

TEST(RegistryTest, TheMemoryBudgetIsSharedAndGivenBack) {
  Limits limits;
  limits.max_memory_bytes = 3 << 20;  // room for one
  Registry registry(limits, 1);
  const auto create_network = [&](const std::string& id) {
    Create(registry, "session_id: '" + id + "'");
    v1::CreateNetworkRequest request;
    request.set_network("net");
    request.mutable_preset()->set_name("pong/rstdp");
    (*request.mutable_preset()->mutable_options()->mutable_fields())["num_neurons"]
        .set_number_value(300);
    v1::CreateNetworkResponse response;
    return Carry(*registry.Find("sessions/" + id), request, CallerOf(registry), &response);
  };
  ASSERT_TRUE(create_network("a").ok());
  EXPECT_EQ(QuotaOf(create_network("b")), "memory_bytes");
  ASSERT_TRUE(Delete(registry, "sessions/a").ok());
  EXPECT_TRUE(create_network("c").ok());
}

TEST(RegistryTest, OnceClosedItRefusesEverything) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's'");
  const auto session = *registry.Find("sessions/s");
  registry.Close();
  v1::CreateSessionResponse created;
  v1::ListSessionsResponse listed;
  v1::StepResponse stepped;
  for (const absl::Status& status :
       {registry.Create({}, CallerOf(registry), &created), registry.Find("sessions/s").status(),
        registry.List({}, CallerOf(registry), &listed), Delete(registry, "sessions/s"),
        Carry(session, v1::StepRequest(), CallerOf(registry), &stepped)}) {
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_EQ(engine::ReasonOf(status), "SHUTTING_DOWN");
  }
}

TEST(RegistryTest, TwoWhoDeleteOneSessionDoNotDeleteTheNext) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's'");
  const auto first = *registry.Find("sessions/s");
  ASSERT_TRUE(Delete(registry, "sessions/s").ok());
  Create(registry, "session_id: 's'");
  v1::DeleteSessionRequest request;
  request.set_session("sessions/s");
  v1::DeleteSessionResponse response;
  EXPECT_EQ(registry.Delete(first, request, CallerOf(registry), &response).code(),
            StatusCode::kNotFound);
  EXPECT_TRUE(registry.Find("sessions/s").ok());
}

TEST(RegistryTest, EverybodyListsWhatTheyMayRead) {
  Registry registry({}, 1);
  const auto create = [&](const std::string& owner, const std::string& id) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    v1::CreateSessionResponse response;
    ASSERT_TRUE(registry.Create(request, CallerOf(registry, owner), &response).ok());
    EXPECT_EQ(response.session().owner(), owner);
  };
  create("anna", "a1");
  create("bert", "b1");
  create("anna", "a2");
  create("bert", "b2");
  ASSERT_TRUE((*registry.Find("sessions/b2"))->Share({{"anna", Right::kWatch}}).ok());
  const auto listed = [&](const std::string& name, Role role) {
    Caller caller = CallerOf(registry, name);
    caller.who =
        std::make_shared<const access::Account>(access::Account{.name = name, .role = role});
    std::vector<std::string> names;
    v1::ListSessionsRequest request;
    request.set_page_size(1);
    do {
      v1::ListSessionsResponse response;
      EXPECT_TRUE(registry.List(request, caller, &response).ok());
      EXPECT_EQ(response.sessions_size(), 1);
      for (const std::string& one : NamesOf(response)) names.push_back(one);
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return names;
  };
  EXPECT_THAT(listed("anna", Role::kUser),
              ElementsAre("sessions/a1", "sessions/a2", "sessions/b2"));
  EXPECT_THAT(listed("bert", Role::kUser), ElementsAre("sessions/b1", "sessions/b2"));
  EXPECT_EQ(listed("vera", Role::kViewer).size(), 4u);
  EXPECT_EQ(listed("adam", Role::kAdmin).size(), 4u);
}

TEST(RegistryTest, BadSharesChangeNothing) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's'");
  const auto session = *registry.Find("sessions/s");
  const auto share = [&](const std::string& shares) {
    v1::ShareSessionResponse response;
    return registry.Share(session, Parse<v1::ShareSessionRequest>(shares), &response);
  };
  ASSERT_TRUE(share("shares { account: 'bert' right: SHARE_RIGHT_DRIVE }").ok());
  const struct {
    std::string shares, field;
  } cases[] = {
      {"shares { account: '' right: SHARE_RIGHT_WATCH }", "shares[0].account"},
      {"shares { account: '**' right: SHARE_RIGHT_WATCH }", "shares[0].account"},
      {"shares { account: 'anna' }", "shares[0].right"},
      {"shares { account: '*' right: SHARE_RIGHT_WATCH } "
       "shares { account: '*' right: SHARE_RIGHT_DRIVE }",
       "shares[1].account"},
  };
  for (const auto& bad : cases) EXPECT_EQ(engine::FieldOf(share(bad.shares)), bad.field);
  v1::Session described;
  session->Describe(&described);
  ASSERT_EQ(described.shares_size(), 1);
  EXPECT_EQ(described.shares(0).account(), "bert");
  EXPECT_EQ(described.shares(0).right(), v1::SHARE_RIGHT_DRIVE);
}

TEST(RegistryTest, ASessionIsSharedWithAccountsThatThereAre) {
  const testing::TempDir dir;
  auto gate = *access::Gate::Open({.accounts_file = dir.File("accounts.json")});
  ASSERT_TRUE(gate->Put({.name = "anna"}).ok());
  Registry registry({}, 1, gate.get());
  Create(registry, "session_id: 's'");
  const auto session = *registry.Find("sessions/s");
  const auto share = [&](const std::string& name) {
    auto request = Parse<v1::ShareSessionRequest>(R"pb(
      shares { account: '*' right: SHARE_RIGHT_WATCH }
      shares { account: 'owner' right: SHARE_RIGHT_WATCH })pb");
    v1::Share* last = request.add_shares();
    last->set_account(name);
    last->set_right(v1::SHARE_RIGHT_DRIVE);
    v1::ShareSessionResponse response;
    return registry.Share(session, request, &response);
  };
  const absl::Status refused = share("ana");
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(engine::FieldOf(refused), "shares[2].account");
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("there is no account 'ana'"));
  v1::Session described;
  session->Describe(&described);
  EXPECT_EQ(described.shares_size(), 0) << "not even with the others";
  EXPECT_TRUE(share("anna").ok());
  // A share outlives the account, and can be set again.
  ASSERT_TRUE(gate->Delete("anna").ok());
  EXPECT_TRUE(share("anna").ok());
  v1::ShareSessionResponse response;
  EXPECT_TRUE(registry.Share(session, {}, &response).ok());
  EXPECT_FALSE(share("anna").ok()) << "nor was it any more";
}

TEST(RegistryTest, WhatNobodyUsesExpiresAndIsRememberedForADay) {
  Registry registry({}, 1);
  Create(registry, "session_id: 's' ttl { seconds: 3600 }");
  Create(registry, "session_id: 'kept'");
  const auto later = [](std::chrono::hours time) { return Clock::now() + time; };
  const auto session = *registry.Find("sessions/s");
  session->Hold("anna");
  registry.DeleteExpired(later(std::chrono::hours(2)));
  EXPECT_TRUE(registry.Find("sessions/s").ok()) << "a stream is open";
  session->LetGo("anna");
  registry.DeleteExpired(later(std::chrono::hours(0)));
  EXPECT_TRUE(registry.Find("sessions/s").ok());
  registry.DeleteExpired(later(std::chrono::hours(2)));
  const absl::Status expired = registry.Find("sessions/s").status();
  EXPECT_EQ(expired.code(), StatusCode::kNotFound);
  EXPECT_EQ(engine::ReasonOf(expired), "SESSION_EXPIRED");
  v1::StepResponse response;
  EXPECT_EQ(engine::ReasonOf(Carry(session, v1::StepRequest(), CallerOf(registry), &response)),
            "SESSION_EXPIRED");
  EXPECT_TRUE(registry.Find("sessions/kept").ok());
  registry.DeleteExpired(later(std::chrono::hours(25)));
  EXPECT_EQ(engine::ReasonOf(registry.Find("sessions/s").status()), "NOT_FOUND");
}

TEST(RegistryTest, OwnersLearnThatTheirSessionsAreGone) {
  Registry registry({}, 1);
  v1::CreateSessionRequest create;
  create.set_session_id("s");
  v1::CreateSessionResponse created;
  ASSERT_TRUE(registry.Create(create, CallerOf(registry, "anna"), &created).ok());
  ASSERT_TRUE(Delete(registry, "sessions/s").ok());
  v1::GetSessionRequest request;
  request.set_session("sessions/s");
  const auto commands = Commands();
  const Command& command = *std::ranges::find_if(
      commands, [](const Command& one) { return one.method->name() == "GetSession"; });
  EXPECT_EQ(registry.Admit(command, request, CallerOf(registry, "anna")).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(registry.Admit(command, request, CallerOf(registry, "bert")).status().code(),
            StatusCode::kPermissionDenied);
}

TEST(RegistryTest, WhatHasGoneIsRememberedByTheNextServer) {
  const testing::TempDir dir;
  const Command& command = CommandNamed("GetSession");
  const auto reason = [&](const Registry& registry, const std::string& id, const Caller& caller) {
    v1::GetSessionRequest request;
    request.set_session("sessions/" + id);
    return engine::ReasonOf(registry.Admit(command, request, caller).status()).value_or("");
  };
  v1::DeleteSessionRequest remove;
  remove.set_session("sessions/deleted");
  remove.set_request_id("123e4567-e89b-12d3-a456-426614174000");
  const Command& removal = CommandNamed("DeleteSession");
  const auto with_registry = [&](auto use) {
    auto storage = storage::SqliteStorage::Open({.folder = dir.path()});
    ASSERT_TRUE(storage.ok()) << storage.status();
    Registry registry({}, 1, nullptr, storage->get());
    ASSERT_TRUE(registry.Restore().ok());
    use(registry);
  };
  with_registry([&](Registry& registry) {
    Create(registry, "session_id: 'kept' ttl { seconds: 3600 } durability: DURABILITY_PROCESS");
    Create(registry, "session_id: 'brief' ttl { seconds: 3600 } durability: DURABILITY_NONE");
    Create(registry, "session_id: 'deleted'");
    v1::DeleteSessionResponse removed;
    const absl::Status deleted = registry.CarryOut(removal, remove, CallerOf(registry), &removed);
    ASSERT_TRUE(deleted.ok()) << deleted;
    registry.DeleteExpired(Clock::now() + std::chrono::hours(2));
  });
  with_registry([&](Registry& registry) {
    const Caller anna = CallerOf(registry), bert = CallerOf(registry, "bert");
    for (const char* const id : {"kept", "brief"}) {
      EXPECT_EQ(reason(registry, id, anna), "SESSION_EXPIRED") << id;
      EXPECT_EQ(reason(registry, id, bert), "PERMISSION_DENIED") << id;
    }
    EXPECT_EQ(reason(registry, "deleted", anna), "NOT_FOUND");
    EXPECT_EQ(reason(registry, "deleted", bert), "PERMISSION_DENIED");
    // Whoever has not heard the answer may ask again.
    v1::DeleteSessionResponse removed;
    const absl::Status again = registry.CarryOut(removal, remove, anna, &removed);
    EXPECT_TRUE(again.ok()) << again;
    EXPECT_EQ(registry.CarryOut(removal, remove, bert, &removed).code(),
              StatusCode::kPermissionDenied);
    Create(registry, "session_id: 'kept'");
    EXPECT_EQ(reason(registry, "kept", anna), "");
    // A day later nobody knows of them.
    registry.DeleteExpired(Clock::now() + std::chrono::hours(25));
    EXPECT_EQ(reason(registry, "brief", anna), "PERMISSION_DENIED");
  });
}

// A store, opened anew, of a server that has had these sessions.
std::unique_ptr<storage::SqliteStorage> StoreOf(const std::string& folder,
                                                const std::vector<const char*>& ids) {
  {
    auto storage = storage::SqliteStorage::Open({.folder = folder}).value();
    Registry registry({}, 1, nullptr, storage.get());
    for (const char* const id : ids) Create(registry, absl::StrCat("session_id: '", id, "'"));
  }
  return storage::SqliteStorage::Open({.folder = folder}).value();
}

TEST(RegistryTest, ASessionWhoseHeaderCannotBeReadIsLeftToTheAdmins) {
  const testing::TempDir dir;
  const auto storage = StoreOf(dir.path(), {"damaged", "newer", "whole"});
  const storage::Claim claim{.holder = "", .duration = {}};
  std::string damaged = storage->Header("damaged").value();
  damaged.back() ^= 1;
  std::string newer = storage->Header("newer").value();
  newer[0] = 100;
  for (const auto& [id, header] : {std::pair("damaged", damaged), std::pair("newer", newer)}) {
    ASSERT_TRUE(storage->SetHeader(storage->Take(id, claim).value(), header).ok());
  }
  Registry registry({}, 1, nullptr, storage.get());
  ASSERT_TRUE(registry.Restore().ok());
  const Caller anna = CallerOf(registry), nobody = CallerOf(registry, ""),
               admin = CallerOf(registry, {.name = "ada", .role = Role::kAdmin});
  v1::ListSessionsResponse listed;
  ASSERT_TRUE(registry.List({}, anna, &listed).ok());
  EXPECT_THAT(NamesOf(listed), ElementsAre("sessions/whole"));
  listed.Clear();
  ASSERT_TRUE(registry.List({}, admin, &listed).ok());
  EXPECT_THAT(NamesOf(listed), ElementsAre("sessions/damaged", "sessions/newer", "sessions/whole"));
  EXPECT_EQ(listed.sessions(0).state(), v1::SESSION_STATE_FAILED);
  EXPECT_EQ(listed.sessions(0).owner(), "");
  EXPECT_EQ(listed.sessions(0).display_name(), "unreadable: a record is damaged");
  EXPECT_THAT(listed.sessions(1).display_name(), HasSubstr("of a newer server"));

  const auto session = *registry.Find("sessions/newer");
  v1::StepRequest step;
  step.set_session("sessions/newer");
  step.set_duration_ms(1);
  v1::StepResponse stepped;
  EXPECT_EQ(engine::ReasonOf(Carry(session, step, admin, &stepped)), "SESSION_FAILED");
  // Nothing is written where a newer server may still find something.
  v1::ShareSessionResponse shared;
  EXPECT_EQ(engine::ReasonOf(registry.Share(session, {}, &shared)), "STORAGE_DAMAGED");
  EXPECT_EQ(*storage->Header("newer"), newer);

  const Command& removal = CommandNamed("DeleteSession");
  v1::DeleteSessionRequest remove;
  remove.set_session("sessions/damaged");
  v1::DeleteSessionResponse removed;
  for (const Caller& other : {anna, nobody}) {
    EXPECT_EQ(registry.CarryOut(removal, remove, other, &removed).code(),
              StatusCode::kPermissionDenied);
  }
  const absl::Status deleted = registry.CarryOut(removal, remove, admin, &removed);
  EXPECT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(storage->Header("damaged").status().code(), StatusCode::kNotFound);
  Create(registry, "session_id: 'damaged'");
}

TEST(RegistryTest, StoredSessionsAreThereWhereThereIsNoMemoryForThemAnyMore) {
  const testing::TempDir dir;
  const auto storage = StoreOf(dir.path(), {"a", "b", "c"});
  Registry registry({.max_memory_bytes = 15'000}, 1, nullptr, storage.get());
  ASSERT_TRUE(registry.Restore().ok());
  v1::CreateSessionResponse created;
  EXPECT_EQ(QuotaOf(registry.Create({}, CallerOf(registry), &created)), "memory_bytes");
  for (const char* const id : {"a", "b", "c"}) {
    EXPECT_TRUE(Delete(registry, absl::StrCat("sessions/", id)).ok());
  }
  Create(registry, "");
}

TEST(RegistryTest, WhatWasSavedElsewhereIsWithinTheQuotasOfWhoeverRestoresIt) {
  Registry registry({}, 1);
  const auto created = Create(registry, "session_id: 's'");
  const auto session = *registry.Find(created.name());
  v1::CreateNetworkResponse network;
  ASSERT_TRUE(Carry(session, SmallNetwork(), CallerOf(registry), &network).ok());
  v1::SaveSessionRequest save;
  save.set_session(created.name());
  v1::SaveSessionResponse part;
  Running saving(session, save, CallerOf(registry), &part);
  ASSERT_TRUE(saving.Join().ok());
  std::string bytes;
  for (const auto& reply : saving.replies()) {
    bytes += static_cast<const v1::SaveSessionResponse&>(*reply).data();
  }
  const auto restore = [&](const access::Account& who, const std::string& content) {
    ChargedBytes saved(registry.memory());
    EXPECT_TRUE(saved.Append(content).ok());
    v1::RestoreSessionRequest request;
    request.set_session_id(who.name);
    v1::Session restored;
    return registry.CreateFrom(request, std::move(saved), CallerOf(registry, who), &restored);
  };
  const uint64_t neurons = network.network().size().neurons();
  const uint64_t synapses = network.network().size().synapses();
  access::Account bert{.name = "bert"};
  bert.quotas.neurons = neurons - 1;
  EXPECT_EQ(QuotaOf(restore(bert, bytes)), "neurons");
  bert.quotas.neurons = neurons;
  bert.quotas.synapses = synapses - 1;
  EXPECT_EQ(QuotaOf(restore(bert, bytes)), "synapses");
  bert.quotas.synapses = synapses;
  EXPECT_TRUE(restore(bert, bytes).ok());

  // What is more than it tells does not come to life.
  const auto read = ReadSaved(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  v1::Session less = read->about.session();
  less.mutable_size()->set_neurons(1);
  const auto simulation = engine::Simulation::Restore(read->simulation);
  std::string forged;
  WriteSaved(less, **simulation, {},
             [&](absl::string_view piece) { forged.append(piece.data(), piece.size()); });
  access::Account carl{.name = "carl"};
  carl.quotas.neurons = 1;
  ASSERT_TRUE(restore(carl, forged).ok());
  v1::StepRequest step;
  step.set_duration_ms(1);
  v1::StepResponse stepped;
  EXPECT_EQ(engine::ReasonOf(
                Carry(*registry.Find("sessions/carl"), step, CallerOf(registry, carl), &stepped)),
            "SESSION_FAILED");
}

}  // namespace
}  // namespace spiked::session
