// What commands say: JSON for programs, words for people.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "spiked/v1/access_service.pb.h"

namespace spiked::ctl {

// Messages as JSON, with the contract's own names for fields, and a line's end.
std::string JsonText(const google::protobuf::Message& message);
template <typename Message>
std::string JsonText(const std::vector<Message>& messages) {
  std::string text = "[";
  for (size_t k = 0; k < messages.size(); ++k) {
    std::string one = JsonText(messages[k]);
    one.pop_back();
    text += (k == 0 ? "" : ",\n ") + one;
  }
  return text + "]\n";
}

// In local time, to the second.
std::string TimeText(const google::protobuf::Timestamp& time);
// Such as `3 min ago`.
std::string AgoText(const google::protobuf::Timestamp& time);
// Such as `1.5 MiB`.
std::string BytesText(uint64_t bytes);
// A span of time: `12.5 s`, `3 h 20 min`.
std::string SpanText(double ms);
// Such as `viewer`.
std::string RoleText(v1::Role role);
// Such as `sessions=20 streams=5`.
std::string QuotasText(const v1::Account& account);

}  // namespace spiked::ctl
