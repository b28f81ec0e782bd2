#include "server/access/owner_token.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/access/private_file.h"
#include "server/access/token.h"

namespace spiked::access {
namespace {

std::string InStateFolder(absl::string_view name) {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/') {
    return absl::StrCat(state, "/spiked/", name);
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return absl::StrCat(home, "/.local/state/spiked/", name);
  }
  return "";
}

}  // namespace

std::string DefaultAccountsFile() { return InStateFolder("accounts.json"); }
std::string DefaultTokenFile() { return InStateFolder("token"); }

bool IsToken(absl::string_view text) {
  return text.size() >= 32 && text.size() <= 256 &&
         std::ranges::all_of(text, [](char c) { return absl::ascii_isgraph(c); });
}

absl::StatusOr<std::string> TokenInFile(const std::string& path) {
  const std::string folder = FolderOf(path);
  auto read = ReadPrivateFile(path, Readers::kOwner);
  if (absl::IsNotFound(read.status())) {
    if (absl::Status status = MakePrivateFolder(folder); !status.ok()) return status;
    // Another server may be about to make it, too.
    const FolderLock lock(folder);
    read = ReadPrivateFile(path, Readers::kOwner);
    if (absl::IsNotFound(read.status())) {
      const std::string token = DrawToken().text;
      if (absl::Status status = WritePrivateFile(path, token + "\n"); !status.ok()) return status;
      return token;
    }
  }
  if (!read.ok()) return read.status();
  std::string token(absl::StripAsciiWhitespace(*read));
  if (IsToken(token)) return token;
  return absl::FailedPreconditionError(
      absl::StrCat(path, " holds no token: 32 to 256 bytes without blanks"));
}

}  // namespace spiked::access
