#include "server/storage/first_page.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/storage/checked_vfs.h"
#include "server/storage/schema.h"
#include "server/storage/sqlite_reader.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace spiked::storage {
namespace {

// Places in the first page, as SQLite's documentation of its files has them; numbers are
// big-endian, of 4 bytes.
constexpr size_t kChangesAt = 24, kPagesAt = 28, kFirstFreeAt = 32, kFreeAt = 36, kValidForAt = 92,
                 kTreeAt = 100;
// What a page of a tree begins with, if it holds rows, or leads to others that do.
constexpr char kLeaf = 0x0d, kInner = 0x05;

std::string NoteOf(const Folder& folder) { return folder.File("spiked.tables"); }

absl::Status NotNoted(const Folder& folder) {
  return absl::DataLossError(
      absl::StrCat(NoteOf(folder), " does not tell where the tables of spiked.db are"));
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string SumOf(absl::string_view text) {
  return absl::StrCat(absl::Hex(XXH3_64bits(text.data(), text.size()), absl::kZeroPad16));
}

// The first page of each table and index, by its name.
using Roots = std::map<std::string, int64_t>;

absl::StatusOr<Roots> RootsOf(Database& database) {
  Roots roots;
  Query query(database, "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0");
  while (query.Next()) roots[std::string(query.Bytes(0))] = query.Integer(1);
  if (!query.status().ok()) return query.status();
  return roots;
}

// A line for the version of the tables, one for each of them, and one with the checksum of all.
std::string TextOf(const Roots& roots) {
  std::string text = absl::StrCat("version ", Migrations().size(), "\n");
  for (const auto& [name, page] : roots) absl::StrAppend(&text, name, " ", page, "\n");
  return absl::StrCat(text, SumOf(text), "\n");
}

absl::StatusOr<Roots> Noted(const Folder& folder) {
  const std::string text = ReadAll(NoteOf(folder));
  Roots roots;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    int64_t page = 0;
    if (words.first != "version" && absl::SimpleAtoi(words.second, &page)) {
      roots[words.first] = page;
    }
  }
  if (text != TextOf(roots)) return NotNoted(folder);
  return roots;
}

void Put(uint32_t number, char* place) {
  for (int k = 3; k >= 0; --k, number >>= 8) place[k] = static_cast<char>(number);
}

// The first page of a database whose tables are there, without its checksum.
absl::StatusOr<std::string> FirstPage(const Folder& folder, const std::string& vfs,
                                      const Roots& roots) {
  const std::string path = folder.File("spiked.db.new");
  Database::Remove(path);
  const absl::Cleanup removes = [&] { Database::Remove(path); };
  {
    auto like_it = Database::Open(path, vfs);
    if (!like_it.ok()) return like_it.status();
    absl::Status status = MakeTables(*like_it);
    if (!status.ok()) return status;
    const auto own = RootsOf(*like_it);
    if (!own.ok()) return own.status();
    status = like_it->Script("PRAGMA writable_schema = ON");
    for (const auto& [name, page] : *own) {
      const auto there = roots.find(name);
      if (there == roots.end() || own->size() != roots.size()) return NotNoted(folder);
      status.Update(like_it
                        ->Run("UPDATE sqlite_schema SET rootpage = ? WHERE name = ?", there->second,
                              absl::string_view(name))
                        .status());
    }
    status.Update(like_it->Run("PRAGMA wal_checkpoint(TRUNCATE)").status());
    if (!status.ok()) return status;
  }
  std::string page = ReadAll(path).substr(0, kPageBytes);
  if (page.size() != kPageBytes || page[kTreeAt] != kLeaf) return NotNoted(folder);
  return page;
}

}  // namespace

absl::Status NoteTables(const Folder& folder, Database& database) {
  const auto roots = RootsOf(database);
  if (!roots.ok()) return roots.status();
  const std::string note = NoteOf(folder), fresh = note + ".new", text = TextOf(*roots);
  if (ReadAll(note) == text) return absl::OkStatus();
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(file) == 0;
  absl::Status status = written ? absl::OkStatus() : FileError(fresh);
  if (file >= 0) close(file);
  if (status.ok() && rename(fresh.c_str(), note.c_str()) != 0) status = FileError(note);
  return status;
}

void ForgetTables(const Folder& folder) { unlink(NoteOf(folder).c_str()); }

absl::Status MendFirstPage(const Folder& folder, const std::string& vfs) {
  const auto roots = Noted(folder);
  if (!roots.ok()) return roots.status();
  auto first = FirstPage(folder, vfs, *roots);
  if (!first.ok()) return first.status();

  const std::string path = folder.File("spiked.db");
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return FileError(path);
  const absl::Cleanup closes = [file] { close(file); };
  struct stat about;
  if (fstat(file, &about) != 0) return FileError(path);
  char page[kPageBytes];
  const auto is_whole = [&](int64_t number) {
    return pread(file, page, kPageBytes, (number - 1) * kPageBytes) == kPageBytes &&
           IsWholePage(page, number);
  };
  // One that is whole is not what is the matter; and what may have been put in the place of
  // the database is left as it is.
  if (is_whole(1) && page[0] != 0) return NotNoted(folder);
  if (!is_whole(roots->at("sessions")) || (page[0] != kLeaf && page[0] != kInner)) {
    return NotNoted(folder);
  }
  Put(1, &(*first)[kChangesAt]);
  Put(1, &(*first)[kValidForAt]);
  Put(static_cast<uint32_t>(about.st_size / kPageBytes), &(*first)[kPagesAt]);
  Put(0, &(*first)[kFirstFreeAt]);
  Put(0, &(*first)[kFreeAt]);
  PutPageCheck(first->data(), 1);
  if (pwrite(file, first->data(), kPageBytes, 0) != kPageBytes || fsync(file) != 0) {
    return FileError(path);
  }
  return absl::OkStatus();
}

}  // namespace spiked::storage
