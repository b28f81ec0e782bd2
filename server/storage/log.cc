#include "server/storage/log.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
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
  uint64_t checksum;         // of the rest, which counts in this place of this generation only
  uint64_t record_checksum;  // of the record
  uint64_t bytes;            // of the record
  int64_t session;
  int64_t position;
};
// In the place of a session: the generation ends here; or it begins, and its number is in the
// place of the position.
constexpr int64_t kEnds = 0, kBegins = -1;

uint64_t Checksum(const Head& head, int64_t generation, size_t offset) {
  const uint64_t place[] = {static_cast<uint64_t>(generation), offset};
  constexpr size_t kSkipped = sizeof head.checksum;
  return XXH3_64bits_withSeed(reinterpret_cast<const char*>(&head) + kSkipped,
                              sizeof head - kSkipped, XXH3_64bits(place, sizeof place));
}

uint64_t Checksum(absl::string_view record) { return XXH3_64bits(record.data(), record.size()); }

Head HeadAt(absl::string_view content, size_t offset) {
  Head head;
  std::memcpy(&head, content.data() + offset, sizeof head);
  return head;
}

// Whether that is the head of an entry which fits in there.
bool IsHead(const Head& head, size_t content, int64_t generation, size_t offset) {
  return head.bytes <= content - offset - sizeof head && head.session >= kBegins &&
         head.checksum != 0 && head.checksum == Checksum(head, generation, offset);
}

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
    file.path = absl::StrCat(log->path_, k);
    int result = files->xOpen(
        files, file.path.c_str(), file.file.get(),
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL, nullptr);
    sqlite3_int64 size = 0;
    if (result == SQLITE_OK) result = file.file->pMethods->xFileSize(file.file.get(), &size);
    if (result != SQLITE_OK) return log->Error(result);
    file.size = size;
  }
  return log;
}

Log::~Log() = default;

absl::StatusOr<std::string> Log::Content(int64_t generation) {
  const File& file = FileOf(generation);
  std::string content(static_cast<size_t>(file.size), '\0');
  for (size_t done = 0; done < content.size(); done += kGrowBytes) {
    const size_t bytes = std::min(content.size() - done, static_cast<size_t>(kGrowBytes));
    const int result =
        file.file->pMethods->xRead(file.file.get(), content.data() + done, static_cast<int>(bytes),
                                   static_cast<sqlite3_int64>(done));
    if (result != SQLITE_OK) return Error(result);
  }
  return content;
}

absl::StatusOr<Log::Found> Log::Read(int64_t generation,
                                     absl::FunctionRef<void(const Entry&)> visit) {
  const auto content = Content(generation);
  if (!content.ok()) return content.status();
  Found found;
  std::optional<Entry> damaged;
  bool hole = false;
  for (size_t place = 0; place + sizeof(Head) <= content->size();) {
    const Head head = HeadAt(*content, place);
    if (!IsHead(head, content->size(), generation, place)) {
      // Something may follow, wherever that begins.
      hole = true;
      ++place;
      continue;
    }
    found.holes |= hole || damaged.has_value();
    if (damaged) visit(*damaged);
    damaged.reset();
    hole = false;
    if (head.session == kEnds) {
      found.ended = true;
      break;
    }
    const Entry entry{
        .session = head.session,
        .position = head.position,
        .record = absl::string_view(*content).substr(place + sizeof head, head.bytes)};
    place += sizeof head + head.bytes;
    if (head.session == kBegins) continue;
    if (Checksum(entry.record) == head.record_checksum) {
      visit(entry);
    } else {
      damaged = {entry.session, entry.position, {}, /*whole=*/false};
    }
  }
  return found;
}

absl::StatusOr<Log::Found> Log::ReadVersion2(int64_t generation,
                                             absl::FunctionRef<void(const Entry&)> visit) {
  // The checksum is of all that follows in the entry, seeded with that of the entry before.
  struct OldHead {
    uint64_t checksum, bytes;
    int64_t session, position;
  };
  const auto content = Content(generation);
  if (!content.ok()) return content.status();
  absl::string_view rest = *content;
  uint64_t chain = XXH3_64bits(&generation, sizeof generation);
  OldHead head;
  while (rest.size() >= sizeof head) {
    std::memcpy(&head, rest.data(), sizeof head);
    if (head.bytes > rest.size() - sizeof head) break;
    const absl::string_view entry = rest.substr(0, sizeof head + head.bytes);
    const absl::string_view checked = entry.substr(sizeof head.checksum);
    if (XXH3_64bits_withSeed(checked.data(), checked.size(), chain) != head.checksum) break;
    if (head.session == 0) return Found{.ended = true};
    visit({head.session, head.position, entry.substr(sizeof head)});
    chain = head.checksum;
    rest.remove_prefix(entry.size());
  }
  return Found{};
}

absl::StatusOr<int64_t> Log::Newest(bool* with_older) {
  int64_t generations[2] = {0, 0};
  for (int k = 0; k < 2; ++k) {
    const auto content = Content(k);
    if (!content.ok()) return content.status();
    if (content->size() < sizeof(Head)) continue;
    const Head head = HeadAt(*content, 0);
    if (head.session == kBegins && head.position % 2 == k &&
        IsHead(head, content->size(), head.position, 0)) {
      generations[k] = head.position;
    }
  }
  const auto [older, newest] = std::minmax(generations[0], generations[1]);
  *with_older = older > 0 && older + 1 == newest;
  return newest;
}

void Log::Begin(int64_t generation) {
  generation_ = generation;
  end_ = 0;
}

absl::Status Log::End() {
  absl::Status status = Write({kEnds, 0, {}});
  if (status.ok()) Begin(generation_ + 1);
  return status;
}

void Log::Put(const Entry& entry) {
  Head head{.checksum = 0,
            .record_checksum = Checksum(entry.record),
            .bytes = entry.record.size(),
            .session = entry.session,
            .position = entry.position};
  head.checksum = Checksum(head, generation_, static_cast<size_t>(end_) + buffer_.size());
  absl::StrAppend(&buffer_, absl::string_view(reinterpret_cast<const char*>(&head), sizeof head),
                  entry.record);
}

absl::Status Log::Write(const Entry& entry) {
  buffer_.clear();
  if (end_ == 0) Put({kBegins, generation_, {}});
  Put(entry);

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
    (void)write(std::string(buffer_.size(), '\0'), end_);
    return Error(result);
  }
  file.unsynced = true;
  end_ = end;
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
