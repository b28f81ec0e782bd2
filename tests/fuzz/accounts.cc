// The file of accounts. What is taken from it is written as it was read.
#include "server/access/account_file.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  const auto accounts = access::ParseAccounts({reinterpret_cast<const char*>(data), size});
  if (!accounts.ok()) {
    fuzz::Require(absl::IsInvalidArgument(accounts.status()), "an error of its kind");
    return 0;
  }
  const std::string text = access::ToText(*accounts);
  const auto again = access::ParseAccounts(text);
  fuzz::Require(again.ok(), "what is written can be read");
  fuzz::Require(access::ToText(*again) == text, "and is the same");
  return 0;
}
