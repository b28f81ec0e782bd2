// A match of pong that tests play by themselves.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "client/pong/exchange.h"
#include "client/pong/match.h"

namespace spiked::testing {

// Two players of pong whose client knows everything that it was answered.
class Game {
 public:
  Game() : match_({pong::PlayerKind::kRstdpNoisy, pong::PlayerKind::kDopamineNoisy}, kRows, 3) {}

  const pong::Match& match() const { return match_; }
  // All that came of it.
  const std::string& record() const { return record_; }

  absl::Status Create(client::Client& client, v1::Durability durability) {
    const auto session = client.CreateSession({.id = "game", .seed = 3, .durability = durability});
    if (!session.ok()) return session.status();
    session_ = *session;
    for (const auto side : {pong::kLeft, pong::kRight}) {
      const auto network = session_->CreateNetwork(pong::kNetworks[side],
                                                   pong::PlayerPreset(match_.kinds()[side], kRows));
      if (!network.ok()) return network.status();
    }
    return absl::OkStatus();
  }

  absl::Status Poll() {
    v1::StepRequest request = pong::PollRequest(match_, /*read_weights=*/true);
    request.set_expected_time_ms(match_.time_ms());
    const auto response = session_->Step(request);
    if (!response.ok()) return response.status();
    return Take(*response);
  }

  // The same, over a stream.
  absl::Status PollOver(client::StepStream& stream) {
    v1::StepRequest request = pong::PollRequest(match_, /*read_weights=*/true);
    request.set_expected_time_ms(match_.time_ms());
    const auto response = stream.Step(request);
    if (!response.ok()) return response.status();
    return Take(**response);
  }

  client::Session& session() { return *session_; }

 private:
  static constexpr int kRows = 10;

  absl::Status Take(const v1::StepResponse& response) {
    auto counts = pong::MotorCounts(match_, response);
    if (!counts.ok()) return counts.status();
    for (const auto& side : *counts) {
      for (const uint32_t count : side) absl::StrAppend(&record_, count, " ");
    }
    for (const v1::Weights& weights : response.weights()) {
      absl::StrAppend(&record_, weights.SerializeAsString());
    }
    match_.Play(*std::move(counts));
    absl::StrAppend(&record_, match_.last().score[0], ":", match_.last().score[1], "\n");
    return absl::OkStatus();
  }

  pong::Match match_;
  std::optional<client::Session> session_;
  std::string record_;
};

}  // namespace spiked::testing
