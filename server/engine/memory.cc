#include "server/engine/memory.h"

#include <sys/mman.h>

#include <algorithm>

namespace spiked::engine {
namespace {

// Vectors of which no part lies across two lines are read fastest.
constexpr size_t kLine = 64;
constexpr size_t kLargePage = size_t{2} << 20;
// Pieces from here on are mapped one by one, so that the advice ends with the piece.
constexpr size_t kLargePiece = size_t{32} << 20;

class System final : public std::pmr::memory_resource {
 private:
  static size_t AlignmentOf(size_t bytes, size_t alignment) {
    if (bytes >= kLargePiece) return std::max(alignment, kLargePage);
    return bytes < kLine ? alignment : std::max(alignment, kLine);
  }

  void* do_allocate(size_t bytes, size_t alignment) override {
    void* const p = std::pmr::new_delete_resource()->allocate(bytes, AlignmentOf(bytes, alignment));
    // The part that fills its pages, so that no more is taken than was asked for.
    // Without large pages it works as well.
    if (bytes >= kLargePiece) madvise(p, bytes - bytes % kLargePage, MADV_HUGEPAGE);
    return p;
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, AlignmentOf(bytes, alignment));
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

Memory SystemMemory() {
  static System system;
  return &system;
}

}  // namespace spiked::engine
