// Random numbers that nobody can guess, from the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace spiked::session {

uint64_t RandomUint64();

// 128 bits in 32 hexadecimal digits.
std::string RandomId();

}  // namespace spiked::session
