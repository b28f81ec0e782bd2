// Times as they stand in messages.
#pragma once

#include <string>

namespace spiked::client {

// The shortest text that reads back as the same time in ms, without an exponent:
// `210.1`, `1763800.3`.
std::string TimeText(double ms);

}  // namespace spiked::client
