// A player of pong over many polls, each with the reward for the last one
// (pong_*.json).
#pragma once

#include <memory>
#include <string>

#include "client/verify/case.h"
#include "client/verify/fields.h"

namespace spiked::verify {

// The file does not name its case.
std::unique_ptr<Case> ReadPongCase(const Fields& fields, std::string name);

}  // namespace spiked::verify
