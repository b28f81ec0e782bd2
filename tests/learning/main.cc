// spiked-learning: all four players learn as long as NEST's did, and what they have
// come to is printed beside NEST's. Fails if a curve differs by more than chance.
#include <cstdio>
#include <string>
#include <vector>

#include "client/command_line/command_line.h"
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
  return same ? kSuccess : kFailure;
}

}  // namespace
}  // namespace spiked::testing

int main(int argc, char** argv) {
  int seeds = 8;
  spiked::CommandLine command_line(
      "spiked-learning",
      R"(Lets all four players of pong learn, as long as NEST's did, and compares how
they learn with how NEST's do: means over the seeds and their standard errors.)");
  command_line.AddNumber(
      {.name = "--seeds", .value = "N", .help = "let each player learn with so many seeds"}, seeds,
      2, 1'000'000);
  command_line.SetEpilogue(
      "Exit status: 0 no curve differs by more than chance, 1 one does, 2 bad usage.");
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  return spiked::testing::Main(seeds);
}
