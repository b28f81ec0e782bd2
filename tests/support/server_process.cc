#include "tests/support/server_process.h"

#include <csignal>
#include <regex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace spiked::testing {

ServerProcess::ServerProcess(std::vector<std::string> extra_arguments, std::string binary)
    : extra_arguments_(std::move(extra_arguments)),
      binary_(binary.empty() ? SPIKED_SERVER_BINARY : std::move(binary)) {}

absl::Status ServerProcess::Start(absl::Duration timeout) {
  std::vector<std::string> arguments = {binary_, "--listen", address()};
  arguments.insert(arguments.end(), extra_arguments_.begin(), extra_arguments_.end());
  process_.reset();
  // What it keeps of callers is no business of the tests' user.
  process_.emplace(arguments,
                   std::vector<std::string>{"SPIKED_TOKEN_FILE=" + dir_.File("token"),
                                            "SPIKED_ACCOUNTS=" + dir_.File("accounts.json")});
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const auto client = client::Client::Connect(address(), absl::Milliseconds(200));
    if (client.ok()) return absl::OkStatus();
    if (const auto exit_code = process_->Wait(absl::ZeroDuration())) {
      return absl::FailedPreconditionError(
          absl::StrCat("the server ended with ", *exit_code, ":\n", Log()));
    }
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat(client.status().message(), "\n", Log()));
    }
  }
}

absl::StatusOr<std::string> ServerProcess::TcpAddress() const {
  const std::regex pattern("listening on .*?([^ ]+:[0-9]+)[ \n]");
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  std::smatch match;
  std::string log;
  do {
    log = Log();
    if (std::regex_search(log, match, pattern)) return match.str(1);
    absl::SleepFor(absl::Milliseconds(5));
  } while (absl::Now() < deadline);
  return absl::InternalError(absl::StrCat("the server does not tell its port:\n", log));
}

std::string ServerProcess::OwnerToken() const {
  return std::string(absl::StripAsciiWhitespace(ReadFile(dir_.File("token"))));
}

absl::StatusOr<client::Client> ServerProcess::Connect() const {
  return client::Client::Connect(address());
}

std::optional<int> ServerProcess::Stop(absl::Duration timeout) {
  process_->Signal(SIGTERM);
  return process_->Wait(timeout);
}

void ServerProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait(absl::InfiniteDuration());
}

std::string ServerProcess::Log() const {
  return process_ ? process_->Output() + process_->Errors() : "";
}

}  // namespace spiked::testing
