// Test vectors of the game for clients in other languages, computed by this
// one: client/pong/vectors.json. What they hold is told in client/pong/README.md.
#pragma once

#include <string>

namespace spiked::pong {

// The text of the file.
std::string VectorsText();

}  // namespace spiked::pong
