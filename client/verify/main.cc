// spiked-verify: runs recorded simulations on a server and compares.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/streams.h"
#include "client/cpp/client.h"
#include "client/verify/case_file.h"
#include "client/verify/options.h"
#include "client/verify/run.h"
#include "client/verify/table.h"

namespace spiked::verify {
namespace {

constexpr int kAgree = 0;
constexpr int kDiffer = 1;
constexpr int kTrouble = 2;

constexpr absl::Duration kConnectTimeout = absl::Seconds(3);

void Complain(absl::string_view message) { spiked::Complain("spiked-verify", message); }

// Runs all cases and prints what came of them; the exit status.
int VerifyCases(client::Client& client, const std::vector<Case>& cases,
                const std::set<std::string>& models) {
  Report total;
  Verdicts verdicts;
  // Each line at once, so that people see how far it is.
  absl::Status printed = WriteOut(TableHead());
  for (const Case& recorded : cases) {
    if (const std::string model = MissingModel(recorded, models); !model.empty()) {
      printed.Update(WriteOut(SkippedRow(recorded.name, model)));
      ++verdicts.skipped;
      continue;
    }
    const auto report = RunCase(client, recorded);
    if (!report.ok()) {
      Complain(absl::StrCat("case '", recorded.name, "': ", report.status().message()));
      ++verdicts.failed;
      continue;
    }
    printed.Update(WriteOut(TableRow(recorded.name, *report)));
    total.Add(*report);
    ++(report->agrees() ? verdicts.agree : verdicts.differ);
  }
  printed.Update(WriteOut(TableTotal(total, verdicts)));
  if (!printed.ok()) {
    Complain(printed.message());
    return kTrouble;
  }
  if (verdicts.skipped == cases.size()) {
    Complain("the server has not the models for any case");
    return kTrouble;
  }
  if (verdicts.failed > 0) return kTrouble;
  return verdicts.differ == 0 ? kAgree : kDiffer;
}

int Verify(const Options& options) {
  // All files are read first: a long run must not end at a bad one.
  std::vector<Case> cases;
  for (const std::string& path : options.files) {
    auto read = ReadCaseFile(path);
    if (!read.ok()) {
      Complain(read.status().message());
      return kTrouble;
    }
    std::move(read->begin(), read->end(), std::back_inserter(cases));
  }
  auto client = client::Client::Connect(options.server, kConnectTimeout);
  if (!client.ok()) {
    Complain(client.status().message());
    return kTrouble;
  }
  const auto listed = client->ListModels();
  if (!listed.ok()) {
    Complain(listed.status().message());
    return kTrouble;
  }
  std::set<std::string> models;
  for (const v1::Model& model : *listed) models.insert(model.name());
  return VerifyCases(*client, cases, models);
}

}  // namespace
}  // namespace spiked::verify

int main(int argc, char** argv) {
  spiked::verify::Options options;
  auto command_line = spiked::verify::MakeCommandLine(options);
  if (const auto ended = command_line.Read(argc, argv)) return *ended;
  return spiked::verify::Verify(options);
}
