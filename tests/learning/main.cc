// spiked-learning [SEEDS]: all four players learn as long as NEST's did, with
// eight seeds each unless told otherwise, and what they have come to is printed
// beside NEST's. Fails if a curve differs by more than chance.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/learning/learning_curve.h"

namespace spiked::testing {
namespace {

// So rarely is a curve found to differ where nothing does.
constexpr double kLevel = 0.001;

// Polls between the numbers of a curve that are compared.
constexpr int kEvery = 500;

struct Quantity {
  const char* name;
  double LearningPoint::*what;
};
constexpr Quantity kQuantities[] = {{"mean reward", &LearningPoint::mean_reward},
                                    {"motor spikes", &LearningPoint::motor_spikes}};

// Whether nothing differs.
bool ComparePlayer(pong::PlayerKind kind, int seeds) {
  const auto reference = ReferenceCurves(kind);
  const int polls = reference.front().back().polls;
  std::vector<LearningCurve> ours;
  for (int seed = 1; seed <= seeds; ++seed) {
    ours.push_back(Learn(kind, static_cast<uint64_t>(seed), polls));
  }
  // A curve has so many chances to differ (Bonferroni's correction).
  const int numbers = polls / kEvery;
  const double level = kLevel / numbers;
  bool same = true;
  for (const Quantity& quantity : kQuantities) {
    for (int at = kEvery; at <= polls; at += kEvery) {
      const Comparison c = Compare(ours, reference, at, quantity.what);
      const bool differs = c.p < level;
      std::printf("%-6s  %-12s  %5d  %8.4f +- %-7.4f  %8.4f +- %-7.4f  %8.4f%s\n",
                  std::string(pong::ShortName(kind)).c_str(), quantity.name, at, c.ours.mean,
                  c.ours.standard_error(), c.reference.mean, c.reference.standard_error(), c.p,
                  differs ? "  differs" : "");
      same = same && !differs;
    }
  }
  std::fflush(stdout);
  return same;
}

int Main(int seeds) {
  std::printf("player  quantity      polls  %-19s  %-19s  p (Welch)\n", "ours", "NEST 3.10");
  bool same = true;
  for (const auto kind : {pong::PlayerKind::kRstdp, pong::PlayerKind::kRstdpNoisy,
                          pong::PlayerKind::kDopamine, pong::PlayerKind::kDopamineNoisy}) {
    same &= ComparePlayer(kind, seeds);
  }
  std::printf("%s differs by more than chance (level %g for each curve).\n",
              same ? "Nothing" : "What is marked", kLevel);
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace spiked::testing

int main(int argc, char** argv) {
  constexpr char kUsage[] = "Usage: spiked-learning [SEEDS], a whole number from 2 (default: 8)\n";
  const std::string argument = argc > 1 ? argv[1] : "8";
  if (argument == "--help" || argument == "-h") {
    std::fputs(kUsage, stdout);
    return EXIT_SUCCESS;
  }
  int seeds = 0;
  if (argc > 2 || !absl::SimpleAtoi(argument, &seeds) || seeds < 2) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  return spiked::testing::Main(seeds);
}
