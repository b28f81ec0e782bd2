#include "client/cpp/address.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"

namespace spiked::client {
namespace {

// The variable's value; empty if it is unset.
std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string DefaultAddress() {
  if (std::string address = Environment("SPIKED_SERVER"); !address.empty()) return address;
  std::string directory = Environment("XDG_RUNTIME_DIR");
  if (directory.empty()) directory = absl::StrCat("/tmp/spiked-", getuid());
  return absl::StrCat("unix:", directory, "/spiked.sock");
}

}  // namespace spiked::client
