// How SQLite reaches the files of the database.
#pragma once

#include <cstdint>
#include <string>

namespace spiked::storage {

// What a page of a database has, and how much of that a database must reserve.
inline constexpr int kPageBytes = 4096, kPageCheckBytes = 8;

// Puts its checksum into a page, and says whether one has its own; pages are numbered from 1.
void PutPageCheck(char* page, int64_t number);
bool IsWholePage(const char* page, int64_t number);

// The name of an SQLite VFS on top of the VFS of that name (empty: SQLite's own). The last
// bytes of every page of a database hold a checksum, written and compared where SQLite
// meets the file; README.md has its form. Reading a damaged page fails with
// SQLITE_IOERR_DATA, and any want of room with SQLITE_FULL.
const std::string& CheckedVfs(const std::string& below);

}  // namespace spiked::storage
