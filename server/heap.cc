#include "server/heap.h"

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace spiked {
namespace {

// More than what code and stacks take.
constexpr size_t kMuchBytes = 64 << 20;

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void KeepHeapSmall() {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 4);
}

void TrimHeap() {
  const struct mallinfo2 heap = mallinfo2();
  if (ResidentBytes() > heap.uordblks + heap.hblkhd + kMuchBytes) malloc_trim(0);
}

}  // namespace spiked
