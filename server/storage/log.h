// What has been written last, until the database has it: two files, written in turns.
#pragma once

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/storage/folder.h"

namespace spiked::storage {

// Generations of entries, numbered from 1: the odd ones in one file, the even ones in the
// other, each in the place of the one before. README.md describes the files. Used by one
// thread at a time, but for Sync. Errors are those of storage.h.
class Log {
 public:
  struct Entry {
    int64_t session;
    int64_t position;
    absl::string_view record;
  };

  static absl::StatusOr<std::unique_ptr<Log>> Open(const Folder& folder, const std::string& vfs);
  ~Log();
  Log(const Log&) = delete;

  // Calls `visit` for the entries of a generation, in order, up to the first that is not
  // whole. Whether its end has been written, after which the next generation begins.
  absl::StatusOr<bool> Read(int64_t generation, absl::FunctionRef<void(const Entry&)> visit);

  // Goes on with that generation, which has nothing yet.
  void Begin(int64_t generation);
  // What it takes so far.
  int64_t bytes() const { return end_; }
  // It survives the death of the process. If it fails, nothing has been written. A session
  // of number 0 is none.
  absl::Status Write(const Entry& entry);
  // Ends the generation, and begins the next one.
  absl::Status End();

  // Returns when all that was written before survives a loss of power, and how often the
  // disk had to be asked for that. One thread at a time, others may write.
  absl::StatusOr<int> Sync();

 private:
  struct Close {
    void operator()(sqlite3_file* file) const;
  };
  struct File {
    std::unique_ptr<sqlite3_file, Close> file;
    int64_t size = 0;  // of the file; what lies behind the entries is of older generations
    std::atomic<bool> unsynced{false};
  };

  Log() = default;
  File& FileOf(int64_t generation) { return files_[static_cast<size_t>(generation % 2)]; }
  absl::Status Error(int result) const;

  std::string path_;
  std::array<File, 2> files_;
  std::atomic<int64_t> generation_{0};
  int64_t end_ = 0;
  uint64_t chain_ = 0;  // the last entry's checksum
  std::string buffer_;
};

}  // namespace spiked::storage
