// Asks for memory before it is visited.
#pragma once

namespace spiked::engine {

inline void Prefetch(const void* address) {
  __builtin_prefetch(address);
  // Without this GCC takes functions that only ask for memory for ones that do nothing,
  // and leaves out their calls.
  asm volatile("");
}

}  // namespace spiked::engine
