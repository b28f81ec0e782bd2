#include "client/command_line/command_line.h"

#include <algorithm>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
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

// Whether the option is among the arguments.
bool IsGiven(const std::string& name, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument.substr(0, argument.find('=')) == name;
  });
}

std::string ExplainUnknownOption(const CLI::App& app, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  const std::string nearest = NearestName(name, names);
  return absl::StrCat("there is no option ", name,
                      nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"));
}

// In our words what CLI11 found wrong.
std::string Explain(const CLI::App& app, const CLI::ParseError& error,
                    const std::vector<std::string>& arguments) {
  // A slip in a name explains whatever else may be wrong.
  bool options_are_over = false;
  for (const std::string& unknown : app.remaining()) {
    if (unknown == "--") {
      options_are_over = true;
    } else if (options_are_over || !absl::StartsWith(unknown, "-")) {
      return absl::StrCat("unexpected argument '", unknown, "'");
    } else {
      return ExplainUnknownOption(app, unknown);
    }
  }
  std::string message = error.what();
  const std::string name = message.substr(0, message.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return absl::StrCat(name, ": ", kNoValue);
  }
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr || option->get_envname().empty() || IsGiven(name, arguments)) {
    return message;
  }
  return absl::StrCat(option->get_envname(), message.substr(name.size()));
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
  try {
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return Help();
  } catch (const CLI::CallForVersion& version) {
    return absl::StrCat(version.what(), "\n");
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(Explain(*app_, error, arguments));
  }
  for (const auto& check : checks_) {
    if (absl::Status status = check(); !status.ok()) return status;
  }
  return "";
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
