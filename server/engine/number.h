// Numbers as they stand in messages.
#pragma once

#include <string>

namespace spiked::engine {

// The shortest text that reads back as the same number; without an exponent
// from 1e-5 up to 1e15, so that times read as times.
std::string ToText(double number);

}  // namespace spiked::engine
