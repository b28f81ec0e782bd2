// Where the memory of engine objects comes from: a resource that the caller
// gives, so that memory is counted and bounded where it is allocated. Whatever
// grows with a network or its activity takes from it; names, descriptions and
// small objects of fixed size do not.
//
// A resource says that there is no more by throwing std::bad_alloc, which passes
// through the engine. It is used by several threads at once where a call may use
// more than one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace spiked::engine {

using Memory = std::pmr::memory_resource*;

// The system's. Large pieces lie on large pages where it has them: they are filled
// and given back with a fraction of the faults, and visited at random with a
// fraction of the misses.
Memory SystemMemory();

// Knows how much of another resource is in use through it.
class CountedMemory final : public std::pmr::memory_resource {
 public:
  explicit CountedMemory(Memory upstream) : upstream_(upstream) {}
  CountedMemory(const CountedMemory&) = delete;

  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    void* const p = upstream_->allocate(bytes, alignment);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return p;
  }
  void do_deallocate(void* p, size_t bytes, size_t alignment) override {
    upstream_->deallocate(p, bytes, alignment);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  Memory upstream_;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace spiked::engine
