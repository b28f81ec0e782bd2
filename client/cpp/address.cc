#include "client/cpp/address.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spiked::client {
namespace {

// The variable's value; empty if it is unset.
std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Whether nobody on another machine can be there.
bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:");
}

std::string TokenFile() {
  if (std::string file = Environment("SPIKED_TOKEN_FILE"); !file.empty()) return file;
  std::string state = Environment("XDG_STATE_HOME");
  if (state.empty()) state = absl::StrCat(Environment("HOME"), "/.local/state");
  return absl::StrCat(state, "/spiked/token");
}

}  // namespace

std::string DefaultAddress() {
  if (std::string address = Environment("SPIKED_SERVER"); !address.empty()) return address;
  std::string directory = Environment("XDG_RUNTIME_DIR");
  if (directory.empty()) directory = absl::StrCat("/tmp/spiked-", getuid());
  return absl::StrCat("unix:", directory, "/spiked.sock");
}

std::string DefaultToken(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return "";
  if (std::string token = Environment("SPIKED_TOKEN"); !token.empty()) return token;
  // No other machine is to learn this user's own.
  if (!IsLoopback(address) || !Environment("SPIKED_TLS_CERTIFICATE").empty()) return "";
  std::ifstream file(TokenFile());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace spiked::client
