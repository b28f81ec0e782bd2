#include "server/storage/checked_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "server/storage/vfs_layer.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace spiked::storage {
namespace {

constexpr int kCheckedBytes = kPageBytes - kPageCheckBytes;

bool IsPage(int bytes, sqlite3_int64 offset) {
  return bytes == kPageBytes && offset % kPageBytes == 0;
}
int64_t NumberOf(sqlite3_int64 offset) { return offset / kPageBytes + 1; }

uint64_t SumOf(const char* page, int64_t number) {
  return XXH3_64bits_withSeed(page, kCheckedBytes, static_cast<uint64_t>(number - 1));
}

class StoredFile : public FileLayer {
 public:
  // SQLite knows a full disk, but not a quota, not a bound on the size of files, and not a disk
  // that becomes read-only.
  int Write(sqlite3_file* below, const void* bytes, int count, sqlite3_int64 offset) override {
    const int result = FileLayer::Write(below, bytes, count, offset);
    if (result != SQLITE_IOERR_WRITE) return result;
    if (errno == EFBIG || errno == EDQUOT) return SQLITE_FULL;
    return errno == EROFS ? SQLITE_READONLY : result;
  }
};

class CheckedFile final : public StoredFile {
 public:
  int Read(sqlite3_file* below, void* bytes, int count, sqlite3_int64 offset) override {
    const int result = FileLayer::Read(below, bytes, count, offset);
    if (result == SQLITE_IOERR_SHORT_READ && IsPage(count, offset)) {
      // Behind the end a page is one of zeros, but it is never there in part.
      sqlite3_int64 size = 0;
      const int told = below->pMethods->xFileSize(below, &size);
      if (told != SQLITE_OK) return told;
      return size > offset ? SQLITE_IOERR_DATA : result;
    }
    if (result != SQLITE_OK || !IsPage(count, offset)) return result;
    return IsWholePage(static_cast<char*>(bytes), NumberOf(offset)) ? SQLITE_OK : SQLITE_IOERR_DATA;
  }

  int Write(sqlite3_file* below, const void* bytes, int count, sqlite3_int64 offset) override {
    if (!IsPage(count, offset)) return StoredFile::Write(below, bytes, count, offset);
    std::memcpy(page_, bytes, kCheckedBytes);
    PutPageCheck(page_, NumberOf(offset));
    return StoredFile::Write(below, page_, count, offset);
  }

 private:
  char page_[kPageBytes];  // on its way to the file
};

class Layer final : public VfsLayer {
 public:
  explicit Layer(const std::string& below) : VfsLayer("spiked-" + below, below) {}

 private:
  std::unique_ptr<FileLayer> LayerOf(const char* /*path*/, int flags) override {
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return std::make_unique<StoredFile>();
    return std::make_unique<CheckedFile>();
  }
};

}  // namespace

void PutPageCheck(char* page, int64_t number) {
  uint64_t sum = SumOf(page, number);
  for (int k = 0; k < kPageCheckBytes; ++k, sum >>= 8) {
    page[kCheckedBytes + k] = static_cast<char>(sum);
  }
}

bool IsWholePage(const char* page, int64_t number) {
  uint64_t sum = 0;
  for (int k = kPageBytes; k-- > kCheckedBytes;) sum = sum << 8 | static_cast<uint8_t>(page[k]);
  return sum == SumOf(page, number) ||
         std::all_of(page, page + kPageBytes, [](char byte) { return byte == 0; });
}

const std::string& CheckedVfs(const std::string& below) {
  static std::mutex mutex;
  // For as long as there may be databases.
  static auto* const layers = new std::map<std::string, Layer>;
  std::lock_guard lock(mutex);
  return layers->try_emplace(below, below).first->second.name();
}

}  // namespace spiked::storage
