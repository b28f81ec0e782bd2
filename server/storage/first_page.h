// The first page of the database, which tells where its tables are.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/storage/database.h"
#include "server/storage/folder.h"

namespace spiked::storage {

// Notes beside the database where its tables are, so that its first page can be made anew.
absl::Status NoteTables(const Folder& folder, Database& database);
// Forgets that, before they are elsewhere.
void ForgetTables(const Folder& folder);

// Makes the first page anew, by what was noted; nobody may have the database open. What pages
// were free is forgotten: they are not used again. DATA_LOSS if nothing was noted, or something
// else than it says is there; then nothing has changed.
absl::Status MendFirstPage(const Folder& folder, const std::string& vfs);

}  // namespace spiked::storage
