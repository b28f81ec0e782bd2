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
    bool whole = true;  // else the record is damaged, and only the rest is known
  };
  // What a generation has beside its entries.
  struct Found {
    bool ended = false;  // its end is there, after which the next generation begins
    bool holes = false;  // something is missing, or damaged, that others come after
  };

  static absl::StatusOr<std::unique_ptr<Log>> Open(const Folder& folder, const std::string& vfs);
  ~Log();
  Log(const Log&) = delete;

  // Calls `visit` for the entries of a generation, in order, as far as they are there. One
  // that is not whole counts if others come after it: the last one has never been acknowledged.
  absl::StatusOr<Found> Read(int64_t generation, absl::FunctionRef<void(const Entry&)> visit);
  // The same of one that was written by a server whose database had version 2.
  absl::StatusOr<Found> ReadVersion2(int64_t generation,
                                     absl::FunctionRef<void(const Entry&)> visit);
  // The last generation that can be read, for those who do not know which it is; 0: none. And
  // whether the one before it can be.
  absl::StatusOr<int64_t> Newest(bool* with_older);

  // Goes on with that generation, which has nothing yet.
  void Begin(int64_t generation);
  // What it takes so far.
  int64_t bytes() const { return end_; }
  // It survives the death of the process. If it fails, nothing has been written. Sessions
  // have numbers from 1.
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
    std::string path;  // which the open file refers to, to sync its folder
    std::unique_ptr<sqlite3_file, Close> file;
    int64_t size = 0;  // of the file; what lies behind the entries is of older generations
    std::atomic<bool> unsynced{false};
  };

  Log() = default;
  File& FileOf(int64_t generation) { return files_[static_cast<size_t>(generation % 2)]; }
  absl::Status Error(int result) const;
  absl::StatusOr<std::string> Content(int64_t generation);
  // Adds an entry to what is about to be written.
  void Put(const Entry& entry);

  std::string path_;
  std::array<File, 2> files_;
  std::atomic<int64_t> generation_{0};
  int64_t end_ = 0;
  std::string buffer_;  // what is about to be written there
};

}  // namespace spiked::storage
