#include "client/verify/pong_case.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/input.h"
#include "client/pong/exchange.h"
#include "client/pong/player.h"
#include "client/verify/in_session.h"
#include "client/verify/pong_noise.h"
#include "client/verify/specification.h"
#include "client/verify/spikes.h"

namespace spiked::verify {
namespace {

using pong::PlayerKind;

constexpr char kMotor[] = "motor";
constexpr char kInput[] = "input";
constexpr char kBackground[] = "background";
constexpr char kMotorWeights[] = "input_motor";
constexpr char kStriatumWeights[] = "input_striatum";
constexpr char kTieBreak[] = "lowest index wins";

using Matrix = std::vector<std::vector<double>>;

// A poll as it was recorded; what was not is left empty.
struct Iteration {
  uint32_t cell = 0;
  // By population.
  std::map<std::string, std::vector<Spike>> spikes = {};
  // What the client makes of them, by name.
  std::map<std::string, double> outcome = {};
  // The weights from the ball's cell, or all weights, after the reward.
  std::vector<double> weights_row = {};
  std::optional<Matrix> weights = {}, striatum_weights = {};
};

struct Recording {
  double resolution_ms = 0.0;
  PlayerKind kind = PlayerKind::kRstdp;
  uint32_t neurons = 0;
  double poll_ms = 0.0;
  pong::InputPattern pattern = {};
  std::optional<PongNoise> noise = {};
  Matrix initial_weights = {};
  std::optional<Matrix> initial_striatum_weights = {};
  std::vector<Iteration> iterations = {};
};

std::vector<double> Flatten(const Matrix& matrix) {
  std::vector<double> values;
  for (const auto& row : matrix) values.insert(values.end(), row.begin(), row.end());
  return values;
}

// One row of a matrix of weights; empty if there is no such row.
absl::Span<const double> Row(const v1::Weights& weights, size_t row) {
  if (row >= weights.shape().rows()) return {};
  return absl::MakeConstSpan(weights.weights().data(), weights.weights().size())
      .subspan(row * weights.shape().columns(), weights.shape().columns());
}

// An error if the answer is not what was asked for.
absl::Status CheckAnswer(const v1::StepRequest& request, const v1::StepResponse& response) {
  if (response.halted()) return absl::AbortedError("the session was halted by somebody else");
  if (response.spikes_size() != request.readout().spikes_size() ||
      response.weights_size() != request.readout().weights_size()) {
    return absl::InternalError("the server did not return the readout that was asked for");
  }
  return absl::OkStatus();
}

// The network of a preset, as the server resolves it.
absl::StatusOr<v1::NetworkSpecification> PresetSpecification(client::Client& client,
                                                             const v1::PresetChoice& preset,
                                                             double resolution_ms) {
  v1::NetworkSpecification specification;
  const absl::Status status =
      InSession(client, resolution_ms, [&](client::Session& session) -> absl::Status {
        if (auto built = session.CreateNetwork(kNetwork, preset); !built.ok()) {
          return built.status();
        }
        auto network = session.GetNetwork(kNetwork);
        if (!network.ok()) return network.status();
        specification = std::move(*network->mutable_specification());
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return specification;
}

class PongCase : public Case {
 public:
  PongCase(std::string name, Recording recording)
      : Case(std::move(name), recording.resolution_ms), recording_(std::move(recording)) {}

 private:
  // The preset that people play with, but with the recorded weights, and with
  // the replay in place of the noise.
  absl::StatusOr<v1::NetworkSpecification> Specification(client::Client& client) const override {
    auto specification = PresetSpecification(
        client, pong::PlayerPreset(recording_.kind, static_cast<int>(recording_.neurons)),
        resolution_ms());
    if (!specification.ok()) return specification.status();
    for (v1::Projection& projection : *specification->mutable_projections()) {
      if (projection.name() == kMotorWeights) {
        *projection.mutable_weight() = client::Numbers(Flatten(recording_.initial_weights));
      } else if (projection.name() == kStriatumWeights && recording_.initial_striatum_weights) {
        *projection.mutable_weight() =
            client::Numbers(Flatten(*recording_.initial_striatum_weights));
      } else if (projection.source() == kBackground) {
        if (recording_.noise->weight) {
          *projection.mutable_weight() = client::Number(*recording_.noise->weight);
        }
        *projection.mutable_delay_ms() = client::Number(recording_.noise->delay_ms);
      }
    }
    for (v1::Population& population : *specification->mutable_populations()) {
      if (population.record_spikes()) RecordSpikes(&population, MostSpikes(population.name()));
      if (population.name() != kBackground) continue;
      population.set_model(recording_.noise->model);
      population.clear_parameters();
    }
    return specification;
  }

  absl::Status Simulate(client::Session& session, Report* report) const override {
    if (recording_.noise) {
      const auto time = session.SetInput({recording_.noise->input});
      if (!time.ok()) return time.status();
    }
    client::StepStream stream = session.OpenStepStream();
    pong::RewardHistory history(static_cast<int>(recording_.neurons));
    pong::PlayerPoll last;
    const size_t polls = recording_.iterations.size();
    // Beyond the last poll there is a step of no time, with its reward.
    for (size_t k = 0; k <= polls; ++k) {
      const v1::StepRequest request = Request(k, last);
      const auto response = stream.Step(request);
      if (!response.ok()) return response.status();
      if (auto status = CheckAnswer(request, **response); !status.ok()) return status;
      // A reward is given with the step after its poll, so that the weights
      // that it leaves are read there. A current changes them only with time.
      if (pong::IsDopaminergic(recording_.kind)) {
        if (k < polls) CompareWeights(k, **response, report);
      } else if (k > 0) {
        CompareWeights(k - 1, **response, report);
      }
      if (k < polls) last = ComparePoll(k, **response, &history, report);
    }
    return stream.Finish();
  }

  // The most spikes that a population fires in one poll.
  size_t MostSpikes(const std::string& population) const {
    size_t most = 0;
    for (const Iteration& iteration : recording_.iterations) {
      const auto spikes = iteration.spikes.find(population);
      if (spikes != iteration.spikes.end()) most = std::max(most, spikes->second.size());
    }
    return most;
  }

  double BeginMs(size_t poll) const { return static_cast<double>(poll) * recording_.poll_ms; }

  v1::StepRequest Request(size_t poll, const pong::PlayerPoll& last) const {
    v1::StepRequest request;
    const double now_ms = BeginMs(poll);
    request.set_expected_time_ms(now_ms);
    request.set_duration_ms(poll < recording_.iterations.size() ? recording_.poll_ms : 0.0);
    if (poll > 0) pong::AddReward(kNetwork, recording_.kind, last, now_ms, &request);
    v1::Readout& readout = *request.mutable_readout();
    readout.add_weights(InNetwork(kMotorWeights));
    if (pong::IsDopaminergic(recording_.kind)) readout.add_weights(InNetwork(kStriatumWeights));
    if (poll == recording_.iterations.size()) return request;

    const Iteration& iteration = recording_.iterations[poll];
    *request.add_inputs() =
        client::SpikeTrain(InNetwork(kInput), iteration.cell,
                           pong::InputStamps(recording_.kind, now_ms, recording_.pattern));
    for (const auto& [population, spikes] : iteration.spikes) {
      readout.add_spikes(InNetwork(population));
    }
    return request;
  }

  // Compares the spikes of a poll, and what they earn the player.
  pong::PlayerPoll ComparePoll(size_t poll, const v1::StepResponse& response,
                               pong::RewardHistory* history, Report* report) const {
    const Iteration& iteration = recording_.iterations[poll];
    pong::PlayerPoll player;
    player.counts.resize(recording_.neurons);
    int position = 0;
    for (const auto& [population, expected] : iteration.spikes) {
      client::Spikes spikes;
      Append(response.spikes(position++), &spikes);
      report->CompareSpikes(population, expected, ToSpikes(spikes));
      if (population != kMotor) continue;
      for (const uint32_t sender : spikes.senders) ++player.counts[sender];
    }

    // Of several with most spikes, the first.
    player.winner = static_cast<int>(std::max_element(player.counts.begin(), player.counts.end()) -
                                     player.counts.begin());
    const int cell = static_cast<int>(iteration.cell);
    player.bare_reward = pong::BareReward(std::abs(player.winner - cell));
    player.reward = history->Add(cell, player.bare_reward, player.winner == cell);
    player.reward_current_pa = pong::RewardCurrentPa(player.counts, cell);

    const std::map<std::string, double> outcome = {{"winner", player.winner},
                                                   {"reward", player.reward},
                                                   {"mean_reward_cell", history->mean(cell)},
                                                   {"dopa_current_pA", player.reward_current_pa}};
    for (const auto& [name, expected] : iteration.outcome) {
      report->CompareValue(kReward, BeginMs(poll + 1), name, expected, outcome.at(name));
    }
    return player;
  }

  void CompareWeights(size_t poll, const v1::StepResponse& response, Report* report) const {
    const Iteration& iteration = recording_.iterations[poll];
    const auto compare_row = [&](const v1::Weights& weights, size_t row,
                                 const std::vector<double>& expected) {
      report->CompareValues(kWeights, BeginMs(poll + 1),
                            absl::StrCat(weights.projection(), "[", row, "]"), expected,
                            Row(weights, row));
    };
    const auto compare_all = [&](const v1::Weights& weights, const Matrix& expected) {
      for (size_t row = 0; row < expected.size(); ++row) compare_row(weights, row, expected[row]);
    };
    if (!iteration.weights_row.empty()) {
      compare_row(response.weights(0), iteration.cell, iteration.weights_row);
    }
    if (iteration.weights) compare_all(response.weights(0), *iteration.weights);
    if (iteration.striatum_weights) {
      compare_all(response.weights(1), *iteration.striatum_weights);
    }
  }

  Recording recording_;
};

// Weights from each neuron of the input.
Matrix ReadMatrix(const Fields& fields, absl::string_view field, size_t rows) {
  Matrix matrix = fields.Table(field);
  const bool fits = matrix.size() == rows &&
                    std::all_of(matrix.begin(), matrix.end(),
                                [&](const auto& row) { return row.size() == matrix[0].size(); });
  if (!fits) fields.Fail(field, absl::StrCat("must have ", rows, " rows of equal length"));
  return matrix;
}

PlayerKind ReadKind(const Fields& fields) {
  const std::map<std::string, PlayerKind> kinds = {
      {"R-STDP without noise", PlayerKind::kRstdp},
      {"R-STDP with noise", PlayerKind::kRstdpNoisy},
      {"dopaminergic without noise", PlayerKind::kDopamine},
      {"dopaminergic with noise", PlayerKind::kDopamineNoisy}};
  const auto kind = kinds.find(fields.Text("network"));
  if (kind != kinds.end()) return kind->second;
  fields.Fail("network", "must be 'R-STDP' or 'dopaminergic', 'with noise' or 'without noise'");
  return {};
}

Iteration ReadIteration(const Fields& fields, const Recording& recording) {
  const uint32_t neurons = recording.neurons;
  Iteration iteration{.cell = fields.Count("cell")};
  if (iteration.cell >= neurons) fields.Fail("cell", absl::StrCat("must be below ", neurons));
  const double begin_ms = static_cast<double>(recording.iterations.size()) * recording.poll_ms;
  if (std::abs(fields.Number("t_begin_ms") - begin_ms) > 1e-6) {
    fields.Fail("t_begin_ms", absl::StrCat("must be ", begin_ms, ", the end of the poll before"));
  }

  iteration.spikes[kMotor] = ReadTrains(fields, "motor_spikes_ms", neurons);
  for (const char* population : {"striatum", "vp", "dopa"}) {
    const std::string field = absl::StrCat(population, "_spikes");
    if (fields.Has(field)) iteration.spikes[population] = ReadPairs(fields, field);
  }
  for (const char* name : {"winner", "reward", "mean_reward_cell", "dopa_current_pA"}) {
    if (fields.Has(name)) iteration.outcome[name] = fields.Number(name);
  }
  if (fields.Has("weights_row")) {
    iteration.weights_row = fields.Numbers("weights_row");
    if (iteration.weights_row.size() != neurons) {
      fields.Fail("weights_row", absl::StrCat("must have ", neurons, " weights"));
    }
  }
  if (fields.Has("weights")) iteration.weights = ReadMatrix(fields, "weights", neurons);
  if (pong::IsDopaminergic(recording.kind) && fields.Has("weights_striatum")) {
    iteration.striatum_weights = ReadMatrix(fields, "weights_striatum", neurons);
  }
  return iteration;
}

}  // namespace

std::unique_ptr<Case> ReadPongCase(const Fields& fields, std::string name) {
  const uint32_t neurons = fields.Count("num_neurons", 1);
  Recording recording{.resolution_ms = fields.Positive("resolution_ms"),
                      .kind = ReadKind(fields),
                      .neurons = neurons,
                      .poll_ms = fields.Positive("iteration_ms"),
                      .pattern = {.spikes = static_cast<int>(fields.Count("n_input_spikes")),
                                  .interval_ms = fields.Positive("isi_ms")},
                      .initial_weights = ReadMatrix(fields, "initial_weights", neurons)};
  if (fields.Text("tie_break") != kTieBreak) {
    fields.Fail("tie_break", absl::StrCat("must be '", kTieBreak, "'"));
  }
  if (pong::IsDopaminergic(recording.kind)) {
    recording.initial_striatum_weights = ReadMatrix(fields, "initial_weights_striatum", neurons);
  }
  for (const Fields& iteration : fields.Objects("iterations")) {
    recording.iterations.push_back(ReadIteration(iteration, recording));
  }
  if (pong::IsNoisy(recording.kind)) {
    recording.noise = ReadPongNoise(
        fields, neurons, static_cast<double>(recording.iterations.size()) * recording.poll_ms);
  }
  return std::make_unique<PongCase>(std::move(name), std::move(recording));
}

}  // namespace spiked::verify
