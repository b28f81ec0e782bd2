// The noisy players under their real noise, weights held fixed, against NEST's
// statistics of the same in `statistics/noise_stats.json`. Noise cannot agree
// spike by spike, so that what agrees is the distribution of spike counts and
// intervals: two-sample tests, each at a level of 0.001.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/learning/lone_player.h"
#include "tests/statistics/hypothesis.h"

namespace spiked::testing {
namespace {

constexpr double kLevel = 0.001;
// More polls than NEST's 600, so that most of the uncertainty is NEST's.
constexpr int kPolls = 2400;

struct NoiseStats {
  std::vector<uint64_t> count_histogram;        // of neurons and polls
  std::vector<double> first_spikes, intervals;  // ms, within a poll
};

NoiseStats Measure(pong::PlayerKind kind, double weight, int cell) {
  LonePlayer player(kind, 1);
  NoiseStats stats;
  for (int poll = 0; poll < kPolls; ++poll) {
    // A dopaminergic player without dopamine would forget.
    if (poll == 0 || pong::IsDopaminergic(kind)) player.SetWeights("input_motor", weight);
    player.Poll(cell);
    const engine::SpikeList spikes = player.MotorSpikes();
    std::vector<engine::Step> last(LonePlayer::kRows, -1);
    for (size_t k = 0; k < spikes.stamps.size(); ++k) {
      engine::Step& before = last[spikes.senders[k]];
      const engine::Step since = before < 0 ? player.poll_begin() : before;
      (before < 0 ? stats.first_spikes : stats.intervals)
          .push_back(player.grid().ToMs(spikes.stamps[k] - since));
      before = spikes.stamps[k];
    }
    for (const uint32_t count : player.MotorCounts()) {
      if (count >= stats.count_histogram.size()) stats.count_histogram.resize(count + 1);
      ++stats.count_histogram[count];
    }
  }
  return stats;
}

class NoiseTest : public ::testing::TestWithParam<const char*> {
 protected:
  NoiseTest() {
    std::ifstream file(SPIKED_TEST_DATA "/statistics/noise_stats.json");
    const auto json = nlohmann::json::parse(file);
    for (const auto& stats : json["stats"]) {
      if (stats["network"] == GetParam()) reference_ = stats;
    }
  }

  // Tests mean and spread of what is recorded under `name`.
  void ExpectSame(const std::vector<double>& ours, const std::string& name, double n) {
    const Sample sample = SampleOf(ours);
    const Sample reference = {
        .mean = reference_[name + "_mean"], .sd = reference_[name + "_sd"], .n = n};
    const double mean_p = WelchP(sample, reference);
    const double spread_p = EqualSpreadP(sample, reference, Kurtosis(ours));
    RecordProperty(name + "_mean_p", std::to_string(mean_p));
    RecordProperty(name + "_sd_p", std::to_string(spread_p));
    EXPECT_GT(mean_p, kLevel) << name << ": " << sample.mean << " and " << reference.mean;
    EXPECT_GT(spread_p, kLevel) << name << ": " << sample.sd << " and " << reference.sd;
  }

  nlohmann::json reference_;
};

TEST_P(NoiseTest, MotorNeuronsFireAsInNest) {
  const NoiseStats stats =
      Measure(*pong::ParsePlayerKind(GetParam()), reference_["weights_pA"], reference_["cell"]);
  const std::vector<uint64_t> histogram = reference_["count_histogram"];
  const double p = SameHistogramP(stats.count_histogram, histogram);
  RecordProperty("counts_p", std::to_string(p));
  EXPECT_GT(p, kLevel) << ::testing::PrintToString(stats.count_histogram) << " and "
                       << ::testing::PrintToString(histogram);
  const double neurons =
      reference_["iterations"].get<double>() * reference_["neurons"].get<double>();
  ExpectSame(stats.first_spikes, "first_spike_ms", neurons - static_cast<double>(histogram[0]));
  ExpectSame(stats.intervals, "isi_ms", reference_["isi_ms_n"]);
}

INSTANTIATE_TEST_SUITE_P(Players, NoiseTest, ::testing::Values("rn", "dn"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace spiked::testing
