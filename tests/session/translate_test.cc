#include "server/session/translate.h"

#include <string>
#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/engine/error.h"
#include "tests/session/fixtures.h"

namespace spiked::session {
namespace {

using google::protobuf::util::MessageDifferencer;

// Every field that a specification has.
constexpr char kEverything[] = R"pb(
  populations {
    name: "a"
    model: "iaf_psc_exp"
    size: 3
    parameters {
      key: "I_e"
      value { number: 1.5 }
    }
    parameters {
      key: "E_L"
      value { list { values: [ 1, 2, 3 ] } }
    }
    parameters {
      key: "V_m"
      value {
        distribution {
          normal { mean: -60 std: 2 }
          minimum: -65
          maximum: -55
        }
      }
    }
    record_spikes: true
    record_limit: 77
    record_window { start_ms: 5 stop_ms: 9.5 origin_ms: 2 }
  }
  populations { name: "t" model: "volume_transmitter" size: 1 }
  projections {
    name: "p0"
    source: "a"
    target: "a"
    rule { one_to_one {} }
    synapse_model: "s"
    weight { number: -1 }
    delay_ms { number: 2 }
    volume_transmitter: "t"
    parameters {
      key: "b"
      value { number: 0.1 }
    }
  }
  projections {
    name: "p1"
    source: "a"
    target: "a"
    rule { all_to_all { exclude_autapses: true } }
    weight { distribution { uniform { low: 1 high: 2 } } }
    delay_ms { list { values: [ 1, 2 ] } }
  }
  projections {
    name: "p2"
    source: "a"
    target: "a"
    rule { fixed_indegree { indegree: 4 exclude_autapses: true exclude_multapses: true } }
    weight {
      distribution {
        lognormal { mean: 1 std: 2 }
        maximum: 9
      }
    }
    delay_ms { number: 1 }
  }
  projections {
    name: "p3"
    source: "a"
    target: "a"
    rule { fixed_outdegree { outdegree: 5 exclude_autapses: true exclude_multapses: true } }
    weight { number: 1 }
    delay_ms { number: 1 }
  }
  projections {
    name: "p4"
    source: "a"
    target: "a"
    rule { pairwise_bernoulli { probability: 0.25 exclude_autapses: true } }
    weight { number: 1 }
    delay_ms { number: 1 }
  }
  projections {
    name: "p5"
    source: "a"
    target: "a"
    rule { fixed_total_number { connections: 1099511627776 exclude_autapses: true } }
    weight { number: 1 }
    delay_ms { number: 1 }
  }
  projections {
    name: "p6"
    source: "a"
    target: "a"
    rule {
      explicit_pairs {
        sources: [ 0, 1 ]
        targets: [ 2, 0 ]
      }
    }
    weight { number: 1 }
    delay_ms { number: 1 }
  }
  multimeters {
    name: "m"
    population: "a"
    variables: "V_m"
    variables: "I_syn_in"
    interval_ms: 0.5
    record_limit: 12
    record_window { origin_ms: 3 }
  })pb";

TEST(TranslateTest, ASpecificationSurvivesTheWayThereAndBack) {
  const auto specification = Parse<v1::NetworkSpecification>(kEverything);
  const auto spec = ToEngine(specification);
  ASSERT_TRUE(spec.ok()) << spec.status();
  v1::NetworkSpecification back;
  ToContract(*spec, &back);
  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(specification, back)) << difference;
}

TEST(TranslateTest, WeightAndDelayHaveDefaults) {
  const auto spec = ToEngine(Parse<v1::NetworkSpecification>("projections { name: 'p' }"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->projections[0].weight, engine::Value(1.0));
  EXPECT_EQ(spec->projections[0].delay_ms, engine::Value(1.0));
}

TEST(TranslateTest, WhatIsRecordedHasNoEndUnlessOneIsSet) {
  const auto spec =
      ToEngine(Parse<v1::NetworkSpecification>("populations {} populations { record_window {} } "
                                               "multimeters { record_window { start_ms: 2 } }"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->populations[0].record_window, engine::RecordWindow());
  EXPECT_EQ(spec->populations[1].record_window, engine::RecordWindow());
  EXPECT_EQ(spec->multimeters[0].record_window, engine::RecordWindow{.start_ms = 2});
}

TEST(TranslateTest, WhatIsNotSetIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"populations {} populations { parameters { key: 'C_m' value {} } }",
       "populations[1].parameters[C_m]"},
      {"populations { parameters { key: 'C_m' value { distribution {} } } }",
       "populations[0].parameters[C_m].distribution"},
      {"projections { weight {} }", "projections[0].weight"},
      {"projections { delay_ms { distribution {} } }", "projections[0].delay_ms.distribution"},
      {"projections { parameters { key: 'b' value {} } }", "projections[0].parameters[b]"},
  };
  for (const auto& [text, field] : cases) {
    const auto spec = ToEngine(Parse<v1::NetworkSpecification>(text));
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(engine::FieldOf(spec.status()), field);
  }
}

TEST(TranslateTest, OfSeveralMistakesTheSameIsReportedEveryTime) {
  std::string text = "populations {";
  for (const char* key : {"z", "m", "a", "q", "b"}) {
    text += std::string(" parameters { key: '") + key + "' value {} }";
  }
  for (int k = 0; k < 20; ++k) {
    const auto spec = ToEngine(Parse<v1::NetworkSpecification>(text + "}"));
    EXPECT_EQ(engine::FieldOf(spec.status()), "populations[0].parameters[a]");
  }
}

TEST(TranslateTest, OptionsAreNumbersStringsAndTruthValues) {
  const auto options = ToOptions(Parse<google::protobuf::Struct>(R"pb(
    fields {
      key: "b"
      value { bool_value: true }
    }
    fields {
      key: "n"
      value { number_value: 2 }
    }
    fields {
      key: "s"
      value { string_value: "x" }
    })pb"));
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(*options, (presets::Options{{"b", true}, {"n", 2.0}, {"s", "x"}}));
  for (const char* value : {"null_value: NULL_VALUE", "list_value {}", "struct_value {}", ""}) {
    const auto refused = ToOptions(
        Parse<google::protobuf::Struct>(std::string("fields { key: 'o' value {") + value + "} }"));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << value;
    EXPECT_EQ(engine::FieldOf(refused.status()), "preset.options[o]");
  }
}

}  // namespace
}  // namespace spiked::session
