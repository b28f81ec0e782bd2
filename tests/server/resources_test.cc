#include "server/resources.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked {
namespace {

class ResourcesTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  Resources Available() const { return AvailableResources(root_.path()); }

  const Resources machine_ = AvailableResources("/none");

 private:
  const testing::TempDir root_;
};

TEST_F(ResourcesTest, WithoutAGroupTheyAreTheMachines) {
  EXPECT_EQ(machine_.cores, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GT(machine_.memory_bytes, 1u << 28);
  EXPECT_EQ(Available().cores, machine_.cores);
  EXPECT_EQ(Available().memory_bytes, machine_.memory_bytes);
}

TEST_F(ResourcesTest, GroupsOfVersion2AndThoseAroundThemLimit) {
  Write("/proc/self/cgroup", "0::/system.slice/spiked.service\n");
  Write("/sys/fs/cgroup/system.slice/spiked.service/memory.max", "max\n");
  Write("/sys/fs/cgroup/system.slice/spiked.service/cpu.max", "50000 100000\n");
  Write("/sys/fs/cgroup/system.slice/memory.max", "134217728\n");
  Write("/sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(Available().cores, 1);
  EXPECT_EQ(Available().memory_bytes, 128u << 20);
}

TEST_F(ResourcesTest, GroupsOfVersion1Limit) {
  Write("/proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n2:cpuset:/box\n0::/\n");
  Write("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "134217728\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000\n");
  Write("/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Available().cores, 1);
  EXPECT_EQ(Available().memory_bytes, 128u << 20);
}

TEST_F(ResourcesTest, TheGroupOfAContainerIsFoundUnderItsOutsideName) {
  Write("/proc/self/cgroup", "4:memory:/docker/0123abcd\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
  EXPECT_EQ(Available().memory_bytes, 128u << 20);
}

TEST_F(ResourcesTest, LimitsAboveTheMachineAreNone) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "9223372036854771712\n");
  Write("/sys/fs/cgroup/cpu.max", "99999900000 100000\n");
  EXPECT_EQ(Available().cores, machine_.cores);
  EXPECT_EQ(Available().memory_bytes, machine_.memory_bytes);
}

TEST_F(ResourcesTest, WhatCannotBeReadIsNoLimit) {
  Write("/proc/self/cgroup", "nonsense\n0::\n7:memory:x\n0::/a\n");
  Write("/sys/fs/cgroup/a/memory.max", "");
  Write("/sys/fs/cgroup/a/cpu.max", "x y\n");
  EXPECT_EQ(Available().cores, machine_.cores);
  EXPECT_EQ(Available().memory_bytes, machine_.memory_bytes);
}

TEST(CheckThreadsTest, ADozenThreadsCanBeHad) { EXPECT_TRUE(CheckThreads(12).ok()); }

}  // namespace
}  // namespace spiked
