// A request of the Connect protocol by GET, which is all in its address.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::web {

// `/spiked.v1.CatalogService/GetServerInfo?connect=v1&encoding=json&message=%7B%7D`; what else
// stands there is ignored.
struct Query {
  std::string encoding;     // of the message: json or proto
  std::string compression;  // of it; empty: none
  std::string message;
};

// INVALID_ARGUMENT (reason MALFORMED_MESSAGE) where it is not as the protocol has it.
absl::StatusOr<Query> ReadQuery(absl::string_view target);

}  // namespace spiked::web
