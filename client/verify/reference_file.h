// Files of recorded cases.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/verify/case.h"

namespace spiked::verify {

// Reads a file: single neurons and synapses (micro.json), recurrent networks
// (net.json) or a player of pong (pong_*.json), told apart by what is in them.
// An error that names file, case and field if it is none of these.
absl::StatusOr<std::vector<std::unique_ptr<Case>>> ReadReferenceFile(const std::string& path);

// The same for a text; `name` stands for the file, and names a case that has no
// name of its own.
absl::StatusOr<std::vector<std::unique_ptr<Case>>> ReadReference(absl::string_view text,
                                                                 const std::string& name);

}  // namespace spiked::verify
