#include "client/cpp/recordings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cpp/error.h"

namespace spiked::client {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::StartsWith;

TEST(RecordingsTest, PagesOfSpikesFollowEachOther) {
  v1::Spikes page;
  page.add_times_ms(1.0);
  page.add_senders(4);
  Spikes spikes;
  Append(page, &spikes);
  page.set_times_ms(0, 2.0);
  page.set_complete_after_ms(0.5);
  Append(page, &spikes);
  EXPECT_THAT(spikes.times_ms, ElementsAre(1.0, 2.0));
  EXPECT_THAT(spikes.senders, ElementsAre(4, 4));
  EXPECT_EQ(spikes.complete_after_ms, 0.5);
}

TEST(CheckCompleteTest, TellsWhatWasDroppedAndUpToWhen) {
  EXPECT_TRUE(CheckComplete("spikes of net/neurons", 100.0, 100.0).ok());
  const absl::Status status = CheckComplete("spikes of net/neurons", 100.0, 1'763'800.1);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(
      std::string(status.message()),
      StartsWith("IncompleteRecord: spikes of net/neurons up to 1763800.1 ms were dropped"));
  const ErrorDetails details = GetErrorDetails(status);
  EXPECT_EQ(details.reason, "INCOMPLETE_RECORD");
  EXPECT_THAT(details.metadata, ElementsAre(Pair("complete_after_ms", "1763800.1")));
}

// A step of 10 ms that began at 0.3 ms and has read out spikes and samples that
// are complete after these times.
v1::StepResponse StepOf10(double spikes_after_ms, double samples_after_ms) {
  v1::StepResponse response;
  response.set_begin_time_ms(0.3);
  response.set_time_ms(10.3);
  response.add_spikes()->set_complete_after_ms(0.3);
  response.add_spikes()->set_complete_after_ms(spikes_after_ms);
  response.add_signals()->set_complete_after_ms(samples_after_ms);
  return response;
}

TEST(CheckCompleteTest, LooksAtAllThatAStepHasReadOut) {
  EXPECT_TRUE(CheckComplete(StepOf10(0.3, 0.3)).ok());
  EXPECT_TRUE(absl::IsDataLoss(CheckComplete(StepOf10(0.301, 0.3))));
  EXPECT_TRUE(absl::IsDataLoss(CheckComplete(StepOf10(0.3, 5.0))));
}

TEST(RecordingsTest, PagesOfSignalsFollowEachOtherForEachVariable) {
  v1::Signals page;
  page.set_neurons(2);
  page.add_times_ms(1.0);
  auto* signal = page.add_signals();
  signal->set_variable("V_m");
  signal->add_values(-70.0);
  signal->add_values(-69.0);
  Signals signals;
  Append(page, &signals);
  Append(page, &signals);
  EXPECT_EQ(signals.neurons, 2u);
  EXPECT_THAT(signals.times_ms, ElementsAre(1.0, 1.0));
  EXPECT_THAT(signals.values, ElementsAre(Pair("V_m", ElementsAre(-70.0, -69.0, -70.0, -69.0))));
}

TEST(RecordingsTest, PagesOfAMatrixFillItRowByRow) {
  v1::Weights page;
  page.mutable_shape()->set_rows(2);
  page.mutable_shape()->set_columns(2);
  page.add_weights(1.0);
  page.add_weights(2.0);
  page.add_weights(3.0);
  Weights weights;
  Append(page, &weights);
  page.clear_weights();
  page.add_weights(4.0);
  Append(page, &weights);
  ASSERT_TRUE(weights.dense());
  EXPECT_EQ(weights.at(0, 1), 2.0);
  EXPECT_EQ(weights.at(1, 0), 3.0);
  EXPECT_EQ(weights.at(1, 1), 4.0);
}

TEST(RecordingsTest, AListOfConnectionsIsNotDense) {
  v1::Weights page;
  page.add_sources(7);
  page.add_targets(9);
  page.add_weights(-250.0);
  auto* variable = page.add_variables();
  variable->set_name("c");
  variable->add_values(0.25);
  Weights weights;
  Append(page, &weights);
  EXPECT_FALSE(weights.dense());
  EXPECT_THAT(weights.sources, ElementsAre(7));
  EXPECT_THAT(weights.targets, ElementsAre(9));
  EXPECT_THAT(weights.values, ElementsAre(-250.0));
  EXPECT_THAT(weights.variables, ElementsAre(Pair("c", ElementsAre(0.25))));
}

}  // namespace
}  // namespace spiked::client
