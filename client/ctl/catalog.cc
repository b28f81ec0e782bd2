// Commands on the server as a whole, and what it has to offer.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/command_line/streams.h"
#include "client/ctl/command.h"
#include "client/ctl/output.h"
#include "client/ctl/table.h"

namespace spiked::ctl {
namespace {

// A limit of 0 is none.
std::string LimitText(uint64_t limit) { return limit == 0 ? "no limit" : absl::StrCat(limit); }

absl::Status Info(const Common& common, client::Client& client) {
  const auto info = client.GetServerInfo();
  if (!info.ok()) return info.status();
  const auto caller = client.GetCaller();
  if (!caller.ok()) return caller.status();
  if (common.json) {
    // As one object, with the account among what the server tells of itself.
    return WriteOut(absl::StrCat("{\"account\":", absl::StripSuffix(JsonText(*caller), "\n"), ",",
                                 absl::StripPrefix(JsonText(*info), "{")));
  }
  const v1::ServerLimits& limits = info->limits();
  std::vector<std::vector<std::string>> rows = {
      {"server", client.address()},
      {"version", info->version()},
      {"instance", info->instance_id()},
      {"started", absl::StrCat(TimeText(info->start_time()), ", ", AgoText(info->start_time()))},
      {"instruction set", info->instruction_set()},
      {"sessions", LimitText(limits.max_sessions())},
      {"neurons", LimitText(limits.max_neurons())},
      {"synapses", LimitText(limits.max_synapses())},
      {"memory", BytesText(limits.max_memory_bytes())},
      {"a step", SpanText(limits.max_step_ms())},
      {"a request", BytesText(limits.max_request_bytes())}};
  if (limits.has_default_ttl()) {
    rows.push_back(
        {"unused sessions",
         absl::StrCat("end after ",
                      SpanText(1e3 * static_cast<double>(limits.default_ttl().seconds())))});
  }
  rows.push_back({"you are", absl::StrCat(caller->name(), ", ", RoleText(caller->role()))});
  if (!caller->quotas().empty()) rows.push_back({"your quotas", QuotasText(*caller)});
  const std::string text = TableText({"", ""}, rows);
  return WriteOut(text.substr(text.find('\n') + 1));
}

absl::Status Health(const Common& common, client::Client& client) {
  const absl::Status health = client.CheckHealth();
  if (!health.ok()) return health;
  return WriteOut(common.json ? "{\"status\": \"SERVING\"}\n" : "SERVING\n");
}

absl::Status Models(const Common& common, client::Client& client) {
  const auto models = client.ListModels();
  if (!models.ok()) return models.status();
  if (common.json) return WriteOut(JsonText(*models));
  std::vector<std::vector<std::string>> rows;
  for (const v1::Model& model : *models) {
    const std::string& text = model.description();
    rows.push_back(
        {model.name(),
         absl::AsciiStrToLower(absl::StripPrefix(v1::ModelKind_Name(model.kind()), "MODEL_KIND_")),
         absl::StrCat(model.parameters_size()), text.substr(0, text.find_first_of(".:;\n"))});
  }
  return WriteOut(TableText({"MODEL", "KIND", ">PARAMETERS", "WHAT IT IS"}, rows));
}

absl::Status Presets(const Common& common, client::Client& client) {
  const auto presets = client.ListPresets();
  if (!presets.ok()) return presets.status();
  if (common.json) return WriteOut(JsonText(*presets));
  std::vector<std::vector<std::string>> rows;
  for (const v1::Preset& preset : *presets) {
    rows.push_back({preset.name(), "", preset.description()});
    for (const v1::PresetOption& option : preset.options()) {
      rows.push_back({"", option.name(), option.description()});
    }
  }
  return WriteOut(TableText({"PRESET", "OPTION", "WHAT IT IS"}, rows));
}

Command OnServer(std::string name, std::string summary,
                 absl::Status (*act)(const Common&, client::Client&)) {
  return {std::move(name), std::move(summary), "",
          [act](CommandLine& /*command_line*/, const Common& common) -> Command::Run {
            return [act, &common] {
              auto client = common.Connect();
              if (!client.ok()) return client.status();
              return act(common, *client);
            };
          }};
}

}  // namespace

std::vector<Command> CatalogCommands() {
  return {OnServer("info", "tell version, limits and who you are", Info),
          OnServer("health", "ask whether the server is well", Health),
          OnServer("models", "list the models of neurons, devices and synapses", Models),
          OnServer("presets", "list the networks that the server knows by name", Presets)};
}

}  // namespace spiked::ctl
