// When devices stimulate and recorders record.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "server/engine/activity_window.h"
#include "server/engine/model.h"
#include "server/engine/state.h"
#include "tests/engine/networks.h"

namespace spiked::engine {
namespace {

std::vector<std::string> StimulationDevices(bool of_parameters = false) {
  std::vector<std::string> names;
  for (const ModelInfo& model : Models()) {
    if (model.kind != ModelKind::kStimulationDevice) continue;
    if (!of_parameters || model.input == Input::kParameters) names.emplace_back(model.name);
  }
  return names;
}

// A device of its kind onto a parrot or a neuron, `delay` 1 ms.
NetworkSpec DeviceSpec(const std::string& model, Parameters parameters, uint32_t size = 1) {
  NetworkSpec spec;
  const bool current = FindModel(model)->emission == Emission::kCurrents;
  spec.populations = {Population("device", model, size, std::move(parameters)),
                      Population("parrots", "parrot_neuron", size),
                      Population("neurons", "iaf_psc_exp", size, {{"V_th", 1e9}})};
  spec.populations[1].record_spikes = true;
  spec.projections = {Projection("device", current ? "neurons" : "parrots", 1.0, 1.0, OneToOne{})};
  spec.multimeters = {Multimeter("neurons", 0.1)};
  return spec;
}

// Steps at whose end a spike arrived at the first parrot, or in which a current
// drove the first neuron.
std::vector<Step> Felt(const Lab& lab) {
  const auto& network = const_cast<Lab&>(lab).network();
  std::vector<Step> felt = lab.Stamps("parrots");
  const auto view = network.Signals(0, -1, kNever);
  double before = -70;
  const auto V_m = view.Values(0);
  const size_t neurons = network.multimeters()[0].neurons;
  for (size_t k = 0; k < V_m.size() / neurons; ++k) {
    // Relaxation from the step before, and the current.
    const double relaxed = -70 + (before + 70) * 0.9900498337491681;
    if (std::abs(V_m[k * neurons] - relaxed) > 1e-9) felt.push_back(static_cast<Step>(k) + 1);
    before = V_m[k * neurons];
  }
  felt.erase(std::unique(felt.begin(), felt.end()), felt.end());
  return felt;
}

// What makes the device stimulate in every step.
Parameters Lively(const std::string& model) {
  if (model == "dc_generator") return {{"amplitude", 50.0}};
  if (model == "noise_generator") return {{"mean", 500.0}, {"std", 10.0}, {"dt", 0.1}};
  if (model == "poisson_generator") return {{"rate", 1e6}};
  return {};
}
void Enliven(Lab* lab, const std::string& model) {
  if (model == "spike_generator") {
    std::vector<Step> all;
    for (Step stamp = 1; stamp <= 600; ++stamp) all.push_back(stamp);
    lab->Feed("device", {all});
  }
  if (model == "step_current_generator") {
    const std::vector<uint32_t> senders = {0};
    const std::vector<Step> times = {0};
    const std::vector<double> amplitudes = {50};
    EXPECT_THAT(lab->network().SetCurrentSteps(0, senders, times, amplitudes), IsOk());
  }
}

std::vector<Step> Range(Step first, Step last) {
  std::vector<Step> steps;
  for (Step k = first; k <= last; ++k) steps.push_back(k);
  return steps;
}

class Devices : public ::testing::TestWithParam<std::string> {};

// Spikes with stamps in (start, stop] arrive a delay later; currents of grid
// points in [start, stop) drive the steps that begin a delay later. Both are
// felt from start + d + h to stop + d.
TEST_P(Devices, AreActiveFromStartToStopAfterTheirOrigin) {
  for (const double origin_ms : {0.0, 7.3}) {
    Parameters parameters = Lively(GetParam());
    parameters.merge(Parameters{{"start", 5.0}, {"stop", 20.0}, {"origin", origin_ms}});
    Lab lab(DeviceSpec(GetParam(), parameters));
    Enliven(&lab, GetParam());
    for (const Step until : {33, 61, 140, 400}) lab.RunTo(until);
    const Step origin = std::llround(origin_ms / 0.1);
    EXPECT_EQ(Felt(lab), Range(origin + 50 + 10 + 1, origin + 200 + 10));
  }
}

TEST_P(Devices, AreAlwaysActiveUnlessToldOtherwise) {
  Lab lab(DeviceSpec(GetParam(), Lively(GetParam())));
  Enliven(&lab, GetParam());
  lab.RunTo(400);
  // A direct current of the beginning is a step late.
  EXPECT_EQ(Felt(lab), Range(GetParam() == "dc_generator" ? 12 : 11, 400));
}

TEST_P(Devices, HaveAWindowEach) {
  Parameters parameters = Lively(GetParam());
  parameters.merge(Parameters{{"start", std::vector<double>{5, 0, 0}},
                              {"stop", std::vector<double>{10, 0, 30}}});
  Lab lab(DeviceSpec(GetParam(), parameters, 3));
  Enliven(&lab, GetParam());
  lab.RunTo(400);
  EXPECT_EQ(Felt(lab), Range(61, 110));
}

TEST_P(Devices, CeaseNoEarlierThanTheyBegin) {
  const auto window = [](Value start, Value stop) {
    return DeviceSpec(GetParam(), {{"start", start}, {"stop", stop}}, 2);
  };
  Simulation simulation(0.1, 1);
  EXPECT_THAT(simulation.AddNetwork("a", window(10.0, 5.0)),
              IsInvalid("populations[0].parameters[stop]"));
  EXPECT_THAT(simulation.AddNetwork("b", window(std::vector<double>{1, 9}, 5.0)),
              IsInvalid("populations[0].parameters[stop]"));
  EXPECT_THAT(simulation.AddNetwork("c", window(-1.0, 5.0)),
              IsInvalid("populations[0].parameters[start]"));
  EXPECT_THAT(simulation.AddNetwork("d", window(1.05, 5.0)),
              IsInvalid("populations[0].parameters[start]"));
  EXPECT_THAT(simulation.AddNetwork("e", window(5.0, 5.0)), IsOk());
}

INSTANTIATE_TEST_SUITE_P(All, Devices, ::testing::ValuesIn(StimulationDevices()));

class DevicesOfParameters : public ::testing::TestWithParam<std::string> {};

TEST_P(DevicesOfParameters, CannotBeMadeToCeaseBeforeTheyBegin) {
  Lab lab(DeviceSpec(GetParam(), {{"start", 10.0}, {"stop", 15.0}}));
  Network& network = lab.network();
  EXPECT_THAT(network.SetParameters(0, {{"stop", 5.0}}), IsInvalid("parameters[stop]"));
  EXPECT_THAT(network.SetParameters(0, {{"start", 16.0}}), IsInvalid("parameters[start]"));
  Parameters more = Lively(GetParam());
  more.erase("dt");
  more["start"] = 16.0;
  more["origin"] = 2.0;
  EXPECT_THAT(network.SetParameters(0, more), IsInvalid("parameters[start]"));
  EXPECT_THAT(network.SetParameters(0, {{"start", 2.0}, {"stop", 5.0}}), IsOk());
}

// What has left the device arrives; nothing follows.
TEST_P(DevicesOfParameters, CanBeGivenAnotherWindowWhileTheyRun) {
  Lab lab(DeviceSpec(GetParam(), Lively(GetParam())));
  lab.RunTo(95);
  EXPECT_THAT(lab.network().SetParameters(0, {{"stop", 0.0}}), IsOk());
  lab.RunTo(203);
  EXPECT_THAT(lab.network().SetParameters(0, {{"stop", INFINITY}, {"origin", 21.0}}), IsOk());
  lab.RunTo(400);
  // A direct current takes hold, and ends, a step late.
  const bool direct = GetParam() == "dc_generator";
  std::vector<Step> expected = direct ? Range(12, 106) : Range(11, 105);
  const auto second = Range(221, 400);
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_EQ(Felt(lab), expected);
}

INSTANTIATE_TEST_SUITE_P(All, DevicesOfParameters, ::testing::ValuesIn(StimulationDevices(true)));

TEST(Recorders, KeepWhatIsStampedAfterStartAndUpToStop) {
  NetworkSpec spec = DeviceSpec("spike_generator", {});
  spec.populations[1].record_window = {.start_ms = 2, .stop_ms = 4, .origin_ms = 1.5};
  spec.multimeters[0].record_window = {.start_ms = 3};
  spec.multimeters[0].interval_ms = 0.5;
  Lab lab(spec);
  Enliven(&lab, "spike_generator");
  lab.RunTo(50);
  EXPECT_EQ(lab.Stamps("parrots"), Range(36, 50));
  lab.RunTo(100);
  EXPECT_EQ(lab.Stamps("parrots"), Range(36, 55));
  EXPECT_EQ(lab.network().SpikeTotals(1)[0], 20u);
  const auto times = lab.network().Signals(0, -1, kNever).times();
  EXPECT_EQ(times.front(), 35);
  EXPECT_EQ(times.back(), 100);
  EXPECT_EQ(lab.network().spec().populations[1].record_window, spec.populations[1].record_window);
}

TEST(Recorders, NameTheTimeAtFault) {
  const auto check = [](const RecordWindow& window, bool of_multimeter) {
    NetworkSpec spec = DeviceSpec("spike_generator", {});
    (of_multimeter ? spec.multimeters[0].record_window : spec.populations[1].record_window) =
        window;
    return CheckSpec(spec, Grid(0.1)).status();
  };
  EXPECT_THAT(check({.start_ms = 5, .stop_ms = 4}, false),
              IsInvalid("populations[1].record_window.stop_ms"));
  EXPECT_THAT(check({.start_ms = -1}, true), IsInvalid("multimeters[0].record_window.start_ms"));
  EXPECT_THAT(check({.start_ms = INFINITY}, true),
              IsInvalid("multimeters[0].record_window.start_ms"));
  EXPECT_THAT(check({.origin_ms = 0.05}, false),
              IsInvalid("populations[1].record_window.origin_ms"));
  EXPECT_THAT(check({.stop_ms = std::nan("")}, false),
              IsInvalid("populations[1].record_window.stop_ms"));
  EXPECT_THAT(check({.start_ms = 4, .stop_ms = 4}, true), IsOk());
}

TEST(WindowHistory, KnowsWhatWasSetWhen) {
  WindowHistory history(std::pmr::get_default_resource());
  history.Set({{.start = 0, .stop = kNever}}, 10);
  history.Set({{.start = 30, .stop = 40}}, 20);
  history.Set({{.start = 5, .stop = 70}}, 50);
  std::vector<Step> active;
  for (Step k = 0; k < 80; ++k) {
    if (history.HasPoint(0, k)) active.push_back(k);
    EXPECT_EQ(history.AllHavePoint(k), k >= 10 && k < 20);
  }
  std::vector<Step> expected = Range(10, 19);
  for (const auto& more : {Range(30, 39), Range(50, 69)}) {
    expected.insert(expected.end(), more.begin(), more.end());
  }
  EXPECT_EQ(active, expected);
  std::vector<Step> changes;
  for (Step k = -1; (k = history.NextChange(k)) != kNever;) changes.push_back(k);
  EXPECT_EQ(changes, (std::vector<Step>{10, 20, 30, 40, 50, 70}));
  history.Forget(49);
  EXPECT_TRUE(history.HasPoint(0, 55));
}

TEST(WindowHistory, OfTimesToWhichNoDelayCanBeAddedIsNotRestored) {
  for (const Step stop : {kNever, 2 * kLastStep, kNever - 1, -kNever}) {
    WindowHistory history(std::pmr::get_default_resource());
    history.Set({{.start = 0, .stop = stop}}, 10);
    std::string bytes;
    const auto append = [&](absl::string_view part) { bytes.append(part.data(), part.size()); };
    StateWriter write(append);
    history.Save(write);
    write.Finish();
    StateReader read(bytes);
    history.Restore(read);
    EXPECT_EQ(read.ok(), stop == kNever || stop == 2 * kLastStep) << stop;
  }
}

}  // namespace
}  // namespace spiked::engine
