#include "server/heap.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace spiked {
namespace {

long ResidentMiB() {
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE) >> 20;
}

TEST(HeapTest, WhatIsFreeBetweenWhatStaysIsGivenBack) {
#ifdef SPIKED_SANITIZED
  GTEST_SKIP() << "sanitizers have a heap of their own";
#endif
  // 256 MiB, of which every hundredth block stays.
  std::vector<std::unique_ptr<char[]>> blocks(256 << 10), stay;
  for (size_t k = 0; k < blocks.size(); ++k) {
    blocks[k] = std::make_unique<char[]>(1000);
    if (k % 100 == 99) stay.push_back(std::move(blocks[k]));
  }
  const long full = ResidentMiB();
  blocks.clear();
  TrimHeap();
  EXPECT_LT(ResidentMiB(), full - 150);
}

}  // namespace
}  // namespace spiked
