// Runs cases on a server.
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "client/cpp/client.h"
#include "client/verify/case.h"
#include "client/verify/report.h"

namespace spiked::verify {

// Runs the case in a session of its own, and compares. An error if it could not
// be run to its end.
absl::StatusOr<Report> RunCase(client::Client& client, const Case& recorded);

// A model of the case that is not among `models`; empty if there is none.
std::string MissingModel(const Case& recorded, const std::set<std::string>& models);

}  // namespace spiked::verify
