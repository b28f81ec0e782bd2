#include "server/storage/log.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/database.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace spiked::storage {
namespace {

// Files grow by so much at least: to sync what has not changed its size is quicker. SQLite's
// own files take no more than 128 KiB at a time.
constexpr int64_t kGrowBytes = 64 << 10;

// Before each record. The machine's byte order, as a folder stays with its machine's kind.
struct Head {
  uint64_t checksum;  // of all that follows, seeded with the one before
  uint64_t bytes;     // of the record
  int64_t session;    // 0: the generation ends here
  int64_t position;
};

uint64_t Checksum(absl::string_view entry, uint64_t chain) {
  entry.remove_prefix(sizeof(Head::checksum));
  return XXH3_64bits_withSeed(entry.data(), entry.size(), chain);
}

uint64_t ChainOf(int64_t generation) { return XXH3_64bits(&generation, sizeof generation); }

}  // namespace

void Log::Close::operator()(sqlite3_file* file) const {
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  ::operator delete(file);
}

absl::Status Log::Error(int result) const {
  return SqliteError(result, absl::StrCat(path_, ": ", sqlite3_errstr(result)));
}

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const Folder& folder, const std::string& vfs) {
  auto log = std::unique_ptr<Log>(new Log);
  log->path_ = folder.File("spiked.log");
  sqlite3_vfs* const files = sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
  if (files == nullptr) return log->Error(SQLITE_CANTOPEN);
  for (int k = 0; k < 2; ++k) {
    File& file = log->FileOf(k);
    file.file.reset(
        static_cast<sqlite3_file*>(::operator new(static_cast<size_t>(files->szOsFile))));
    std::memset(file.file.get(), 0, static_cast<size_t>(files->szOsFile));
    // Of the kinds of files that SQLite knows, one that has no locks, and whose entry in
    // its folder is synced with it.
    const std::string path = absl::StrCat(log->path_, k);
    int result = files->xOpen(
        files, path.c_str(), file.file.get(),
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL, nullptr);
    sqlite3_int64 size = 0;
    if (result == SQLITE_OK) result = file.file->pMethods->xFileSize(file.file.get(), &size);
    if (result != SQLITE_OK) return log->Error(result);
    file.size = size;
  }
  return log;
}

Log::~Log() = default;

absl::StatusOr<bool> Log::Read(int64_t generation, absl::FunctionRef<void(const Entry&)> visit) {
  const File& file = FileOf(generation);
  std::string content(static_cast<size_t>(file.size), '\0');
  for (size_t done = 0; done < content.size(); done += kGrowBytes) {
    const size_t bytes = std::min(content.size() - done, static_cast<size_t>(kGrowBytes));
    const int result =
        file.file->pMethods->xRead(file.file.get(), content.data() + done, static_cast<int>(bytes),
                                   static_cast<sqlite3_int64>(done));
    if (result != SQLITE_OK) return Error(result);
  }
  absl::string_view rest = content;
  uint64_t chain = ChainOf(generation);
  Head head;
  while (rest.size() >= sizeof head) {
    std::memcpy(&head, rest.data(), sizeof head);
    if (head.bytes > rest.size() - sizeof head) break;
    const absl::string_view entry = rest.substr(0, sizeof head + head.bytes);
    if (Checksum(entry, chain) != head.checksum) break;
    if (head.session == 0) return true;
    visit({head.session, head.position, entry.substr(sizeof head)});
    chain = head.checksum;
    rest.remove_prefix(entry.size());
  }
  return false;
}

void Log::Begin(int64_t generation) {
  generation_ = generation;
  end_ = 0;
  chain_ = ChainOf(generation);
}

absl::Status Log::End() {
  absl::Status status = Write({0, 0, {}});
  if (status.ok()) Begin(generation_ + 1);
  return status;
}

absl::Status Log::Write(const Entry& entry) {
  Head head{.checksum = 0,
            .bytes = entry.record.size(),
            .session = entry.session,
            .position = entry.position};
  const auto put = [&] { std::memcpy(buffer_.data(), &head, sizeof head); };
  buffer_.resize(sizeof head);
  put();
  absl::StrAppend(&buffer_, entry.record);
  head.checksum = Checksum(buffer_, chain_);
  put();

  File& file = FileOf(generation_);
  const auto write = [&](const std::string& bytes, int64_t offset) {
    return file.file->pMethods->xWrite(file.file.get(), bytes.data(),
                                       static_cast<int>(bytes.size()), offset);
  };
  const int64_t end = end_ + static_cast<int64_t>(buffer_.size());
  if (end > file.size) {
    const int64_t more = std::max(kGrowBytes, end - file.size);
    const int result = write(std::string(static_cast<size_t>(more), '\0'), file.size);
    if (result != SQLITE_OK) return Error(result);
    file.size += more;
  }
  if (const int result = write(buffer_, end_); result != SQLITE_OK) {
    // It may be there all the same, and must not be taken for one that was acknowledged.
    (void)write(std::string(sizeof head, '\0'), end_);
    return Error(result);
  }
  file.unsynced = true;
  end_ = end;
  chain_ = head.checksum;
  return absl::OkStatus();
}

absl::StatusOr<int> Log::Sync() {
  int asked = 0;
  // The older generation first.
  const int64_t newest = generation_;
  for (const int64_t generation : {newest - 1, newest}) {
    File& file = FileOf(generation);
    if (!file.unsynced.exchange(false)) continue;
    ++asked;
    const int result = file.file->pMethods->xSync(file.file.get(), SQLITE_SYNC_NORMAL);
    if (result != SQLITE_OK) return Error(result);
  }
  return asked;
}

}  // namespace spiked::storage
