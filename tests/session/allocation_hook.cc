#include "tests/session/allocation_hook.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace spiked::session {
namespace {

thread_local uint64_t allocations = 0;
thread_local uint64_t fails_in = 0;

void* Allocate(size_t bytes, size_t alignment) {
  ++allocations;
  if (fails_in > 0 && --fails_in == 0) throw std::bad_alloc();
  void* const memory =
      alignment == 0
          ? std::malloc(bytes == 0 ? 1 : bytes)
          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

uint64_t Allocations() { return allocations; }

uint64_t FailAllocation(uint64_t n) { return std::exchange(fails_in, n); }

}  // namespace spiked::session

// The others of the standard library's come down to these; the one that does not throw does not
// where sanitizers have their own.
void* operator new(size_t bytes) { return spiked::session::Allocate(bytes, 0); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return spiked::session::Allocate(bytes, static_cast<size_t>(alignment));
}
void* operator new(size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  try {
    return spiked::session::Allocate(bytes, 0);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
