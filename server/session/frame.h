// What somebody who watches is sent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {

// A frame for all who are shown the same. Whoever sends it has it written in the form that it
// travels in, which is done once, and keeps what comes of it until it has been sent. Used by
// one thread; what has been written, by any.
class Frame {
 public:
  using Bytes = std::shared_ptr<const std::string>;
  using Write = absl::StatusOr<std::string> (*)(const google::protobuf::Message& message);

  explicit Frame(v1::WatchSessionResponse message)
      : message_(std::move(message)), size_(message_.ByteSizeLong()) {}

  // In bytes of Protocol Buffers.
  uint64_t size() const { return size_; }
  const v1::WatchSessionResponse& message() const { return message_; }
  absl::StatusOr<Bytes> Written(Write write) {
    const auto known =
        std::ranges::find(written_, write, [](const auto& one) { return one.first; });
    if (known != written_.end()) return known->second;
    auto bytes = write(message_);
    if (!bytes.ok()) return bytes.status();
    written_.emplace_back(write, std::make_shared<const std::string>(*std::move(bytes)));
    return written_.back().second;
  }

 private:
  v1::WatchSessionResponse message_;
  uint64_t size_;
  std::vector<std::pair<Write, Bytes>> written_;  // one or two
};

}  // namespace spiked::session
