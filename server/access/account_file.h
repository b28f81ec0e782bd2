// The form of the file of accounts; README.md describes it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/access/account.h"

namespace spiked::access {

// The account that every server has, with the rights of whoever started it. No file
// may name it.
inline constexpr absl::string_view kOwner = "owner";

// INVALID_ARGUMENT, with the place in the file, if it is not of that form.
absl::StatusOr<Accounts> ParseAccounts(absl::string_view text);
std::string ToText(const Accounts& accounts);

}  // namespace spiked::access
