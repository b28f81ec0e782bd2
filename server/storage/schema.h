// The tables of the database, and how those of older versions become them.
#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/storage/database.h"

namespace spiked::storage {

// Entry k makes version k + 1 of what was version k; the first starts with nothing.
absl::Span<const char* const> Migrations();

// Brings the tables to the version that all the migrations lead to, each by a transaction.
// FAILED_PRECONDITION, and nothing is touched, if they are newer than that or another
// program's.
absl::Status Migrate(Database& database, absl::Span<const char* const> migrations);

}  // namespace spiked::storage
