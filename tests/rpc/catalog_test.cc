#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/model.h"
#include "tests/rpc/fixtures.h"

namespace spiked::rpc {
namespace {

class CatalogTest : public RpcTest {
 protected:
  using Catalog = v1::CatalogService::Stub;
};

TEST_F(CatalogTest, ListsEveryModelOfTheEngineInOrder) {
  v1::ListModelsResponse response;
  ASSERT_TRUE(Call(*stubs_.catalog, &Catalog::ListModels, {}, &response).ok());
  ASSERT_EQ(response.models_size(), static_cast<int>(engine::Models().size()));
  for (int k = 0; k < response.models_size(); ++k) {
    const v1::Model& model = response.models(k);
    const engine::ModelInfo& expected = engine::Models()[k];
    EXPECT_EQ(model.name(), std::string(expected.name));
    EXPECT_NE(model.kind(), v1::MODEL_KIND_UNSPECIFIED);
    EXPECT_FALSE(model.description().empty());
    EXPECT_EQ(model.parameters_size(), static_cast<int>(expected.parameters.size()));
    EXPECT_EQ(model.recordables_size(), static_cast<int>(expected.recordables.size()));
    if (k == 0) continue;
    const v1::Model& before = response.models(k - 1);
    EXPECT_LT(std::pair(before.kind(), before.name()), std::pair(model.kind(), model.name()));
  }
  const auto found = std::ranges::find(response.models(), "iaf_psc_exp", &v1::Model::name);
  ASSERT_NE(found, response.models().end());
  const v1::Model& neuron = *found;
  EXPECT_EQ(neuron.kind(), v1::MODEL_KIND_NEURON);
  EXPECT_EQ(neuron.parameters(0).name(), "C_m");
  EXPECT_EQ(neuron.parameters(0).unit(), "pF");
  EXPECT_EQ(neuron.parameters(0).default_value(), 250);
  EXPECT_EQ(neuron.recordables(0).name(), "V_m");
  EXPECT_EQ(neuron.recordables(0).unit(), "mV");
}

TEST_F(CatalogTest, ListsPresetsThatCanBeBuiltWithTheirDefaults) {
  v1::ListPresetsResponse response;
  ASSERT_TRUE(Call(*stubs_.catalog, &Catalog::ListPresets, {}, &response).ok());
  ASSERT_EQ(response.presets_size(), 3);
  const std::string session = CreateSession();
  for (const v1::Preset& preset : response.presets()) {
    EXPECT_FALSE(preset.description().empty());
    v1::CreateNetworkRequest request;
    request.set_session(session);
    request.set_network("n");
    request.set_validate_only(true);
    request.mutable_preset()->set_name(preset.name());
    v1::CreateNetworkResponse bare, explicit_defaults;
    ASSERT_TRUE(Call(stub(), &Simulation::CreateNetwork, request, &bare).ok());
    for (const v1::PresetOption& option : preset.options()) {
      EXPECT_FALSE(option.description().empty());
      (*request.mutable_preset()->mutable_options()->mutable_fields())[option.name()] =
          option.default_value();
    }
    ASSERT_TRUE(Call(stub(), &Simulation::CreateNetwork, request, &explicit_defaults).ok());
    EXPECT_EQ(session::Bytes(bare), session::Bytes(explicit_defaults));
  }
  DeleteSession(session);
}

TEST_F(CatalogTest, TellsAboutTheServer) {
  v1::GetServerInfoResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stubs_.catalog->GetServerInfo(&context, {}, &response).ok());
  EXPECT_EQ(response.version(), SPIKED_VERSION);
  EXPECT_EQ(response.instance_id().size(), 32u);
  EXPECT_GT(response.start_time().seconds(), 1'600'000'000);
  EXPECT_FALSE(response.instruction_set().empty());
  EXPECT_TRUE(std::regex_match(response.commit(), std::regex("[0-9a-f]{12,}(-dirty)?|unknown")))
      << response.commit();
  EXPECT_FALSE(response.build_type().empty());
  EXPECT_EQ(response.limits().max_sessions(), 20'000u);
  EXPECT_EQ(response.limits().max_neurons(), 0u) << "no limit but memory";
  EXPECT_EQ(response.limits().max_synapses(), 0u) << "no limit but memory";
  EXPECT_GT(response.limits().max_memory_bytes(), 1u << 20);
  EXPECT_GE(response.limits().max_step_ms(), 3'600'000);
  EXPECT_EQ(response.limits().max_request_bytes(), 64u << 20);
  EXPECT_EQ(response.limits().max_waiting_commands(), 16u);
  EXPECT_EQ(response.limits().max_response_bytes(), 4'000'000u);
  const auto& metadata = context.GetServerInitialMetadata();
  const auto instance = metadata.find("spiked-instance");
  ASSERT_NE(instance, metadata.end());
  EXPECT_EQ(std::string(instance->second.data(), instance->second.size()), response.instance_id());
}

TEST_F(CatalogTest, ErrorsNameTheInstanceToo) {
  grpc::ClientContext context;
  v1::GetSessionResponse response;
  ASSERT_FALSE(stub().GetSession(&context, {}, &response).ok());
  EXPECT_EQ(context.GetServerInitialMetadata().count("spiked-instance"), 1u);
}

}  // namespace
}  // namespace spiked::rpc
