// Networks that use all that the engine has, put through a few seconds of input.
// What comes out must be the same to the last bit, whatever the machine, the
// compiler, and the way in which time was cut.
#pragma once

#include <string>
#include <vector>

namespace spiked::engine {

// The four players, by their short names, and `recurrent`: neurons of many
// kinds with delays and weights of many sizes and two kinds of plasticity.
std::vector<std::string> Exercises();

// A digest of all spikes and all weights of an exercise, each second of which
// was cut into so many pieces; with detours, each of them goes on with what was saved
// of the one before.
std::string Digest(const std::string& exercise, int pieces = 1, bool detours = false);

}  // namespace spiked::engine
