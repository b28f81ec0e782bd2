// What can be made of a database that is damaged where all sessions depend on it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/storage/database.h"
#include "server/storage/folder.h"
#include "server/storage/log.h"

namespace spiked::storage {

// Whether everything can be read that concerns more than one session, and a session that is
// new can be written. DATA_LOSS if not.
absl::Status CheckShared(Database& database);

// Makes the folder's database anew, of all that can be read; nobody may have it open. Of a
// session that lacks something, readers are told so. The damaged one stays beside it, as
// `spiked.db.damaged`, in the place of an older one; but for its first page, which is mended
// before. DATA_LOSS if it cannot be told at all what is in it; then, and after other errors,
// nothing else has changed.
absl::Status Rescue(const Folder& folder, const std::string& vfs, Log& log);

}  // namespace spiked::storage
