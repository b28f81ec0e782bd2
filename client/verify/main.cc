// spiked-verify: runs recorded simulations on a server and compares.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "client/verify/options.h"
#include "client/verify/reference_file.h"
#include "client/verify/table.h"

namespace spiked::verify {
namespace {

constexpr int kAgree = 0;
constexpr int kDiffer = 1;
constexpr int kTrouble = 2;

constexpr absl::Duration kConnectTimeout = absl::Seconds(3);

void Complain(absl::string_view message) {
  std::fputs(absl::StrCat("spiked-verify: ", message, "\n").c_str(), stderr);
}

// Each line at once, so that people see how far it is.
void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Runs all cases and prints what came of them; the exit status.
int VerifyCases(client::Client& client, const std::vector<std::unique_ptr<Case>>& cases) {
  Report total;
  size_t agreeing = 0;
  bool trouble = false;
  Print(TableHead());
  for (const auto& recorded : cases) {
    const auto report = recorded->Run(client);
    if (!report.ok()) {
      Complain(absl::StrCat("case '", recorded->name(), "': ", report.status().message()));
      trouble = true;
      continue;
    }
    Print(TableRow(recorded->name(), *report));
    total.Add(*report);
    if (report->agrees()) ++agreeing;
  }
  Print(TableTotal(total, cases.size(), agreeing));
  if (trouble) return kTrouble;
  return agreeing == cases.size() ? kAgree : kDiffer;
}

int Verify(const Options& options) {
  // All files are read first: a long run must not end at a bad one.
  std::vector<std::unique_ptr<Case>> cases;
  for (const std::string& path : options.files) {
    auto read = ReadReferenceFile(path);
    if (!read.ok()) {
      Complain(read.status().message());
      return kTrouble;
    }
    for (auto& recorded : *read) cases.push_back(std::move(recorded));
  }
  auto client = client::Client::Connect(
      options.server.empty() ? client::DefaultAddress() : options.server, kConnectTimeout);
  if (!client.ok()) {
    Complain(client.status().message());
    return kTrouble;
  }
  return VerifyCases(*client, cases);
}

int Main(const std::vector<std::string>& arguments) {
  const auto options = ParseOptions(arguments);
  if (!options.ok()) {
    Complain(absl::StrCat(options.status().message(), "\nTry 'spiked-verify --help'."));
    return kTrouble;
  }
  int exit_status = kAgree;
  if (options->help) {
    Print(HelpText());
  } else if (options->version) {
    Print("spiked-verify " SPIKED_VERSION "\n");
  } else {
    exit_status = Verify(*options);
  }
  if (std::ferror(stdout) == 0) return exit_status;
  Complain("cannot write to standard output");
  return kTrouble;
}

}  // namespace
}  // namespace spiked::verify

int main(int argc, char** argv) { return spiked::verify::Main({argv + 1, argv + argc}); }
