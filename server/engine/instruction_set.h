// The vector instruction set that the engine computes with. Results do not
// depend on it, to the last bit; the choice is there to prove just that.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spiked::engine {

// Name of the instruction set in use: the best of the machine's unless chosen
// otherwise. Highway's names in lower case: `avx3` (AVX-512), `avx2`, `sse4`,
// `ssse3`, `scalar`.
std::string InstructionSet();

// What this machine can use, best first.
std::vector<std::string> InstructionSets();

// Chooses for the whole process; call it while no simulation is running.
// INVALID_ARGUMENT if the machine does not have it.
absl::Status UseInstructionSet(absl::string_view name);

}  // namespace spiked::engine
