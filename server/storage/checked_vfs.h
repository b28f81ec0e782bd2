// How SQLite reaches the files of the database.
#pragma once

#include <string>

namespace spiked::storage {

// How many bytes of each page a database must reserve.
inline constexpr int kPageCheckBytes = 8;

// The name of an SQLite VFS on top of the VFS of that name (empty: SQLite's own). The last
// bytes of every page of a database hold a checksum, written and compared where SQLite
// meets the file; README.md has its form. Reading a damaged page fails with
// SQLITE_IOERR_DATA, and any want of room with SQLITE_FULL.
const std::string& CheckedVfs(const std::string& below);

}  // namespace spiked::storage
