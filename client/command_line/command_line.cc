#include "client/command_line/command_line.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/command_line/config_file.h"
#include "client/command_line/help.h"
#include "client/command_line/nearest.h"
#include "client/command_line/streams.h"

namespace spiked {
namespace {

constexpr char kNoValue[] = "needs a value";

// `--num-neurons` is SPIKED_NUM_NEURONS.
std::string VariableOf(absl::string_view option) {
  return absl::StrCat("SPIKED_",
                      absl::AsciiStrToUpper(absl::StrReplaceAll(option.substr(2), {{"-", "_"}})));
}

std::string CheckFlag(const std::string& text) {
  for (const char* word : {"true", "false", "yes", "no", "on", "off", "1", "0"}) {
    if (text == word) return "";
  }
  return absl::StrCat("must be true or false, not '", text, "'");
}

// The value of an option among the arguments; of several, the last.
std::string ValueOf(const std::string& name, const std::vector<std::string>& arguments) {
  std::string value;
  for (size_t k = 0; k < arguments.size() && arguments[k] != "--"; ++k) {
    if (arguments[k] == name && k + 1 < arguments.size()) value = arguments[k + 1];
    if (absl::StartsWith(arguments[k], name + "=")) value = arguments[k].substr(name.size() + 1);
  }
  return value;
}

// Whether the environment has it; an empty variable is none.
bool IsInEnvironment(const CLI::Option& option) {
  const char* const value =
      option.get_envname().empty() ? nullptr : std::getenv(option.get_envname().c_str());
  return value != nullptr && *value != '\0';
}

std::string ExplainUnknownOption(const CLI::App& app, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  const std::string nearest = NearestName(name, names);
  return absl::StrCat("there is no option ", name,
                      nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"));
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string description)
    : program_(std::move(program)),
      app_(std::make_unique<CLI::App>(std::move(description), program_)) {
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->label("OPTIONS", "options");
  app_->formatter(std::move(formatter));
  app_->set_help_flag("-h,--help", "show this help");
  app_->set_version_flag("--version", absl::StrCat(program_, " ", SPIKED_VERSION),
                         "show the version");
}

CommandLine::~CommandLine() = default;
CommandLine::CommandLine(CommandLine&&) noexcept = default;

CLI::Option* CommandLine::Define(const Option& option, Take take) {
  // CLI11 learns by its own exceptions what is wrong with a value; Parse catches them.
  CLI::Option* defined = app_->add_option(
      option.name,
      [take = std::move(take), name = option.name, app = app_.get()](const CLI::results_t& texts) {
        for (const std::string& text : texts) {
          // Where the value has been forgotten, the next option stands in its place.
          if (absl::StartsWith(name, "-") && app->get_option_no_throw(text) != nullptr) {
            throw CLI::ValidationError(name, kNoValue);
          }
          const absl::Status taken = take(text);
          if (!taken.ok()) throw CLI::ValidationError(name, std::string(taken.message()));
        }
        return true;
      },
      option.help);
  defined->type_name(option.value)->default_str(option.otherwise);
  if (defined->nonpositional() && option.variable) defined->envname(VariableOf(option.name));
  if (!option.needs.empty()) defined->needs(app_->get_option(option.needs));
  known_.push_back({option, defined});
  return defined;
}

void CommandLine::Add(const Option& option, Take take) {
  Define(option, std::move(take))->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandLine::AddList(const Option& option, Take take) {
  Define(option, std::move(take))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->delimiter(',');
}

void CommandLine::AddText(const Option& option, std::string& text) {
  Option described = option;
  if (described.otherwise.empty()) described.otherwise = text;
  if (described.initial.empty()) described.initial = text;
  Add(described, [&text](const std::string& given) {
    if (given.empty()) return absl::InvalidArgumentError("must not be empty");
    text = given;
    return absl::OkStatus();
  });
}

void CommandLine::AddFlag(const Option& option, bool& flag) {
  CLI::Option* defined = app_->add_flag(option.name, flag, option.help);
  defined->check(CLI::Validator(CheckFlag, ""));
  if (option.variable) defined->envname(VariableOf(option.name));
  known_.push_back({option, defined});
  known_.back().option.initial = flag ? "true" : "false";
}

void CommandLine::AddConfigFile(const Option& option) {
  file_option_ = option.name;
  // It is read before all others are; see ReadFile.
  Add(option, [](const std::string&) { return absl::OkStatus(); });
}

void CommandLine::AddArgument(const Option& option, std::string& text) {
  Define(option, [&text](const std::string& given) {
    if (given.empty()) return absl::InvalidArgumentError("must not be empty");
    text = given;
    return absl::OkStatus();
  })->required();
}

void CommandLine::AddArguments(const Option& option, bool required, Take take) {
  Define(option, std::move(take))->expected(1, -1)->allow_extra_args()->required(required);
}

void CommandLine::SetEpilogue(std::string text) { app_->footer(std::move(text)); }

absl::StatusOr<std::string> CommandLine::Parse(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    // CLI11 would take the next argument for the value of `--option=`.
    if (absl::StartsWith(argument, "--") && argument.find('=') == argument.size() - 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(argument.substr(0, argument.size() - 1), ": ", kNoValue));
    }
  }
  arguments_ = arguments;
  auto all = ReadFile();
  // Who asks for help gets it, whatever is wrong with the file.
  const absl::Status file = all.status();
  if (!file.ok()) all.emplace();
  all->insert(all->end(), arguments.begin(), arguments.end());
  try {
    app_->parse(std::vector<std::string>(all->rbegin(), all->rend()));
  } catch (const CLI::CallForHelp&) {
    return Help();
  } catch (const CLI::CallForVersion& version) {
    return absl::StrCat(version.what(), "\n");
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(Explain(error));
  }
  if (!file.ok()) return file;
  for (const auto& check : checks_) {
    if (absl::Status status = check(); !status.ok()) return status;
  }
  return "";
}

bool CommandLine::IsGiven(const std::string& name) const {
  return std::any_of(arguments_.begin(), arguments_.end(), [&](const std::string& argument) {
    return argument.substr(0, argument.find('=')) == name;
  });
}

absl::StatusOr<std::vector<std::string>> CommandLine::ReadFile() {
  std::vector<std::string> added;
  if (file_option_.empty()) return added;
  file_ = ValueOf(file_option_, arguments_);
  const CLI::Option& file_option = *app_->get_option(file_option_);
  if (file_.empty() && IsInEnvironment(file_option)) {
    file_ = std::getenv(file_option.get_envname().c_str());
  }
  if (file_.empty()) return added;
  const auto entries = ReadConfigFile(file_);
  if (!entries.ok()) return absl::InvalidArgumentError(entries.status().message());
  for (const auto& [key, values] : *entries) {
    const std::string name = "--" + key;
    const CLI::Option* const option = app_->get_option_no_throw(name);
    if (option == nullptr || option->get_envname().empty() || name == file_option_) {
      std::vector<std::string> names;
      for (const Setting& setting : Settings()) names.push_back(setting.key);
      const std::string nearest = NearestName(key, names);
      return absl::InvalidArgumentError(
          absl::StrCat(file_, ": there is no setting '", key, "'",
                       nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?")));
    }
    if (values.size() > 1 && option->get_multi_option_policy() != CLI::MultiOptionPolicy::TakeAll) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_, ": ", key, ": takes one value, not ", values.size()));
    }
    if (IsGiven(name) || IsInEnvironment(*option)) continue;
    from_file_.insert(name);
    for (const std::string& value : values) added.push_back(absl::StrCat(name, "=", value));
  }
  return added;
}

std::string CommandLine::Explain(const CLI::ParseError& error) const {
  // A slip in a name explains whatever else may be wrong.
  bool options_are_over = false;
  for (const std::string& unknown : app_->remaining()) {
    if (unknown == "--") {
      options_are_over = true;
    } else if (options_are_over || !absl::StartsWith(unknown, "-")) {
      return absl::StrCat("unexpected argument '", unknown, "'");
    } else {
      return ExplainUnknownOption(*app_, unknown);
    }
  }
  std::string message = error.what();
  const std::string name = message.substr(0, message.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return absl::StrCat(name, ": ", kNoValue);
  }
  if (from_file_.contains(name)) return absl::StrCat(file_, ": ", message.substr(2));
  const CLI::Option* option = app_->get_option_no_throw(name);
  if (option == nullptr || option->get_envname().empty() || IsGiven(name)) {
    return message;
  }
  return absl::StrCat(option->get_envname(), message.substr(name.size()));
}

std::vector<std::string> CommandLine::OptionNames() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options()) {
    if (option->nonpositional()) names.push_back("--" + option->get_lnames().front());
  }
  return names;
}

std::string CommandLine::Help() const { return app_->help(); }

std::optional<int> CommandLine::Read(int argc, const char* const* argv) {
  const auto answer = Parse({argv + std::min(argc, 1), argv + argc});
  if (!answer.ok()) {
    Complain(program_, absl::StrCat(answer.status().message(), "\nTry '", program_, " --help'."));
    return kBadUsage;
  }
  if (answer->empty()) return std::nullopt;
  return Finish(WriteOut(*answer));
}

int CommandLine::Finish(const absl::Status& status) const {
  if (status.ok()) return kSuccess;
  Complain(program_, status.message());
  return kFailure;
}

}  // namespace spiked
