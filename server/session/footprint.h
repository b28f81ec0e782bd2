// What a network takes at most, before it is built.
#pragma once

#include <cstdint>

#include "server/engine/spec.h"

namespace spiked::session {

// Bytes of a network of that size, with its recordings at their limits (nothing
// for those without, which are charged as they grow), its
// specification (`request_bytes` on the wire) and its small inputs. A double,
// since a request can ask for more than 64 bits count.
double Footprint(const engine::NetworkSpec& spec, const engine::NetworkSize& size,
                 uint64_t request_bytes);

// That many bytes, or the most that 64 bits count.
uint64_t SaturatedBytes(double bytes);

}  // namespace spiked::session
