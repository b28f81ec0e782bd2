#include "server/session/random.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_format.h"

namespace spiked::session {

uint64_t RandomUint64() {
  uint64_t number;
  // Cannot fail for so few bytes on a kernel that has it; a predictable id
  // would be worse than none.
  if (getentropy(&number, sizeof number) != 0) std::abort();
  return number;
}

std::string RandomId() { return absl::StrFormat("%016x%016x", RandomUint64(), RandomUint64()); }

}  // namespace spiked::session
