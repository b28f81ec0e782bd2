// Storage and the processes that use it: killed, many at once, without room.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite_storage.h"
#include "tests/storage/fixtures.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using testing::Append;
using testing::Durability;
using testing::GetSnapshot;
using testing::Journal;
using testing::kClaim;
using testing::MustOpen;
using testing::PutSnapshot;
using testing::ReadJournal;
using testing::TempDir;

std::string RecordAt(Position position) {
  return absl::StrCat(position, ":", std::string(position % 100 * 50, 'r'));
}

// Runs that in a process of its own; its number.
template <typename Function>
pid_t Fork(Function function) {
  const pid_t pid = fork();
  if (pid == 0) {
    function();
    _exit(0);
  }
  return pid;
}

// Appends, takes snapshots and trims until it is killed, and tells every position that
// has been acknowledged.
void WriteForEver(const std::string& folder, int told) {
  const auto storage = MustOpen({.folder = folder, .checkpoint_pages = 100, .log_bytes = 50'000});
  Lease lease;
  Position position = 0;
  if (auto taken = storage->Take("a", kClaim); taken.ok()) {
    lease = *taken;
    const auto snapshots = storage->ListSnapshots(lease);
    if (!snapshots->empty()) position = snapshots->front().position;
    position += ReadJournal(*storage, lease, position).records.size();
  } else {
    lease = *storage->Create("a", "", kClaim);
  }
  for (;;) {
    const auto durability = ++position % 50 == 0 ? Durability::kPower : Durability::kProcess;
    if (!Append(*storage, lease, position, RecordAt(position), durability).ok()) _exit(1);
    if (write(told, &position, sizeof position) != sizeof position) _exit(2);
    if (position % 200 == 0) {
      if (!PutSnapshot(*storage, lease, "s", position, std::string(500'000, 's')).ok()) _exit(3);
      if (!storage->Trim(lease, position).ok()) _exit(4);
    }
  }
}

TEST(ProcessTest, NothingThatWasAcknowledgedIsLostWhenTheProcessIsKilled) {
  TempDir dir;
  Position acknowledged = 0;
  for (int kill_after : {1, 30, 199, 350, 777, 20, 410}) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t writer = Fork([&] { WriteForEver(dir.path(), pipe_ends[1]); });
    close(pipe_ends[1]);
    const Position enough = acknowledged + kill_after;
    Position position = 0;
    while (read(pipe_ends[0], &position, sizeof position) == sizeof position) {
      acknowledged = position;
      if (position == enough) kill(writer, SIGKILL);
    }
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);

    const auto storage = MustOpen({.folder = dir.path()});
    const Lease lease = *storage->Take("a", kClaim);
    Position last = 0;
    if (const auto snapshots = *storage->ListSnapshots(lease); !snapshots.empty()) {
      last = snapshots.front().position;
      EXPECT_EQ(*GetSnapshot(*storage, lease, "s"), std::string(500'000, 's'));
    }
    const Journal journal = ReadJournal(*storage, lease, last);
    EXPECT_TRUE(journal.status.ok()) << journal.status;
    for (const std::string& record : journal.records) EXPECT_EQ(record, RecordAt(++last));
    EXPECT_GE(last, acknowledged);
    EXPECT_LE(last, acknowledged + 1);
    acknowledged = last;
  }
}

TEST(ProcessTest, ASecondProcessIsRefusedUntilTheFirstIsDead) {
  TempDir dir;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t first = Fork([&] {
    const auto storage = MustOpen({.folder = dir.path()});
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  });
  char x;
  ASSERT_EQ(read(ready[0], &x, 1), 1);
  const auto second = SqliteStorage::Open({.folder = dir.path()});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(second.status().message(), absl::StrCat(dir.path(), " is in use by process ", first));
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);
  EXPECT_TRUE(SqliteStorage::Open({.folder = dir.path()}).ok());
  close(ready[0]);
  close(ready[1]);
}

// As on a disk that is full: no file may grow beyond that.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;

 private:
  rlimit before_;
};

TEST(ProcessTest, WithoutRoomAWriteFailsAndWhatIsThereStays) {
  TempDir dir;
  const auto storage = MustOpen({.folder = dir.path()});
  const Lease a = *storage->Create("a", "", kClaim);
  const Lease b = *storage->Create("b", "", kClaim);
  ASSERT_TRUE(Append(*storage, a, 1, "a1").ok());
  Position last = 0;
  {
    const FileSizeLimit limit(1'000'000);
    absl::Status status;
    while (status.ok() && last < 1000) {
      status = Append(*storage, b, last + 1, std::string(10'000, 'x'), Durability::kPower);
      if (status.ok()) ++last;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    const absl::Status snapshot = PutSnapshot(*storage, a, "s", 1, std::string(2'000'000, 'x'));
    EXPECT_EQ(snapshot.code(), absl::StatusCode::kResourceExhausted) << snapshot;
    EXPECT_EQ(ReadJournal(*storage, a).records.size(), 1u);
    EXPECT_EQ(ReadJournal(*storage, b).records.size(), last);
    EXPECT_TRUE(storage->ListSnapshots(a)->empty());
  }
  // There is room again.
  EXPECT_TRUE(Append(*storage, a, 2, "a2").ok());
  EXPECT_TRUE(Append(*storage, b, last + 1, "b", Durability::kPower).ok());
  EXPECT_TRUE(PutSnapshot(*storage, a, "s", 1, std::string(2'000'000, 'x')).ok());
}

TEST(ProcessTest, AFolderThatCannotBeWrittenIsRefused) {
  TempDir dir;
  {
    const auto storage = MustOpen({.folder = dir.File("data")});
    ASSERT_TRUE(storage->Create("a", "", kClaim).ok());
  }
  ASSERT_EQ(chmod(dir.File("data").c_str(), 0500), 0);
  ASSERT_EQ(chmod(dir.File("data/lock").c_str(), 0400), 0);
  int status = 0;
  const pid_t reader = Fork([&] {
    // Root may write everywhere.
    if (getuid() == 0 && setuid(65534) != 0) _exit(1);
    const auto storage = SqliteStorage::Open({.folder = dir.File("data")});
    _exit(absl::IsUnavailable(storage.status()) ? 0 : 2);
  });
  ASSERT_EQ(waitpid(reader, &status, 0), reader);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_EQ(chmod(dir.File("data").c_str(), 0700), 0);
}

}  // namespace
}  // namespace spiked::storage
