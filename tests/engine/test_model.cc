#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "server/engine/model.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

TEST(Models, AreOrderedByKindAndNameAndFoundByName) {
  const auto& models = Models();
  for (size_t k = 0; k < models.size(); ++k) {
    EXPECT_EQ(FindModel(models[k].name), &models[k]);
    if (k == 0) continue;
    EXPECT_LT(std::pair(models[k - 1].kind, models[k - 1].name),
              std::pair(models[k].kind, models[k].name));
  }
  EXPECT_EQ(FindModel(""), nullptr);
  EXPECT_EQ(FindModel("iaf_cond_alpha"), nullptr);
}

TEST(Models, DescribeParametersWhoseDefaultsTheyAccept) {
  for (const ModelInfo& model : Models()) {
    EXPECT_FALSE(model.description.empty());
    std::set<absl::string_view> names;
    for (const ParameterInfo& info : model.parameters) {
      SCOPED_TRACE(std::string(model.name) + "." + std::string(info.name));
      EXPECT_TRUE(names.insert(info.name).second);
      EXPECT_EQ(model.FindParameter(info.name), &info);
      EXPECT_FALSE(info.description.empty());
      if (std::isnan(info.default_value)) continue;
      EXPECT_THAT(CheckParameterNumber(info.default_value, info, Grid(0.1), "x"), IsOk());
    }
    EXPECT_EQ(model.FindParameter("none"), nullptr);
    EXPECT_FALSE(model.HasRecordable("none"));
  }
}

TEST(Models, HaveOneSynapseForProjectionsThatNameNone) {
  EXPECT_EQ(PlainSynapse().name, "static_synapse");
}

TEST(CheckParameterNumber, KeepsToBounds) {
  ParameterInfo info = {
      .name = "x", .unit = "ms", .default_value = 1, .description = "", .minimum = 0, .maximum = 5};
  for (const double x : {0.0, 2.5, 5.0}) {
    EXPECT_THAT(CheckParameterNumber(x, info, Grid(0.1), "f"), IsOk());
  }
  for (const double x : {-1e-9, 5.1, std::nan("")}) {
    EXPECT_THAT(CheckParameterNumber(x, info, Grid(0.1), "f"), IsInvalid("f"));
  }
  info.exclusive_minimum = true;
  EXPECT_THAT(CheckParameterNumber(0.0, info, Grid(0.1), "f"), IsInvalid("f"));
}

TEST(CheckParameterNumber, KeepsTimesToTheGrid) {
  const ParameterInfo& start = *FindModel("dc_generator")->FindParameter("start");
  EXPECT_THAT(CheckParameterNumber(0.3, start, Grid(0.1), "f"), IsOk());
  EXPECT_THAT(CheckParameterNumber(0.3, start, Grid(0.2), "f"), IsInvalid("f"));
}

}  // namespace
}  // namespace spiked::engine
