// Linked into a server, makes the disk of its data read-only for as long as there is a file of
// the name in SPIKED_READ_ONLY, as the kernel does after an error of a file system: what is open
// can be read, and every call that would write fails.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace spiked::testing {
namespace {

// Fails a call of the system, if the disk is read-only.
bool Refused() {
  static const char* const file = std::getenv("SPIKED_READ_ONLY");
  if (file == nullptr || access(file, F_OK) != 0) return false;
  errno = EROFS;
  return true;
}

int Open(const char* path, int flags, int mode) {
  if ((flags & O_ACCMODE) != O_RDONLY && Refused()) return -1;
  return open(path, flags, mode);
}
ssize_t Write(int file, const void* bytes, size_t count) {
  return Refused() ? -1 : write(file, bytes, count);
}
ssize_t PositionedWrite(int file, const void* bytes, size_t count, off_t offset) {
  return Refused() ? -1 : pwrite(file, bytes, count, offset);
}
int Truncate(int file, off_t size) { return Refused() ? -1 : ftruncate(file, size); }
int Unlink(const char* path) { return Refused() ? -1 : unlink(path); }

// All that is stored is written by SQLite's own way to files.
[[maybe_unused]] const bool set = [] {
  sqlite3_initialize();
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  const auto replace = [&](const char* name, auto* call) {
    files->xSetSystemCall(files, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
  };
  replace("open", Open);
  replace("write", Write);
  replace("pwrite", PositionedWrite);
  replace("pwrite64", PositionedWrite);
  replace("ftruncate", Truncate);
  replace("unlink", Unlink);
  return true;
}();

}  // namespace
}  // namespace spiked::testing
