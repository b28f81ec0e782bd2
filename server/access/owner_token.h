// Where the server of a user keeps what it knows of callers, and the token by which
// that user is known to it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spiked::access {

// `$XDG_STATE_HOME/spiked`, or `~/.local/state/spiked`, and the files `accounts.json` and
// `token` in it, where clients look for the token, too. Empty without a home.
std::string DefaultAccountsFile();
std::string DefaultTokenFile();

// Whether nobody can guess a text of that length, nor mistake where it ends: from 32 to
// 256 bytes without blanks.
bool IsToken(absl::string_view text);

// The token in a file, which is made with a new one where there is none, and its folder
// with it. FAILED_PRECONDITION if the file could be read or changed by others, holds no
// token, or cannot be made.
absl::StatusOr<std::string> TokenInFile(const std::string& path);

}  // namespace spiked::access
