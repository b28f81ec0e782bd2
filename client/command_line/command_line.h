// The command line of a program, that of the server as well as those of the clients.
// Every option is defined once, for flags and environment variables alike, and all
// programs tell of mistakes and of help in the same way.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/number.h"

// CLI11 does the work; programs need not know it.
namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace spiked {

// With what a program ends, unless it says otherwise in its help.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kBadUsage = 2;

class CommandLine {
 public:
  struct Option {
    // Such as `--num-neurons`; of what stands alone, such as `FILE`.
    std::string name;
    // What its value is called in the help, such as `N`; none for flags.
    std::string value = {};
    // With units; the default follows in the help.
    std::string help = {};
    // The default in words, where the number itself would not tell.
    std::string otherwise = {};
    // Another option, without which this one makes no sense.
    std::string needs = {};
    // Whether it may come from the environment, `--num-neurons` from
    // SPIKED_NUM_NEURONS, and from a file, as `num-neurons`. Not what makes the program
    // do something else.
    bool variable = true;
    // The default as one would give it, where `otherwise` has it in words.
    std::string initial = {};
    // Whether a change takes no restart of a program that reads its options again.
    bool reloads = false;
  };
  // What has become of an option that may come from the environment.
  struct Setting {
    std::string key;                  // as in a file, such as `num-neurons`
    std::vector<std::string> values;  // what counts; empty where the default is none
    std::string otherwise;            // the default in words
    // Such as `--num-neurons`, `SPIKED_NUM_NEURONS`, `/etc/spiked.toml` or `default`.
    std::string source;
    bool reloads;

    bool operator==(const Setting&) const = default;
  };
  // Takes a value from its text. INVALID_ARGUMENT, with a message such as `must be a
  // colour, not 'x'`, changes nothing.
  using Take = std::function<absl::Status(const std::string&)>;

  // Of the program that is called so; `description` says in lines of at most 80
  // characters what it does. Options that refer to variables must not outlive them.
  CommandLine(std::string program, std::string description);
  ~CommandLine();
  CommandLine(CommandLine&&) noexcept;
  CommandLine& operator=(CommandLine&&) = delete;

  // An option with a value; of several, the last counts.
  void Add(const Option& option, Take take);
  // One that may be given several times, or once with commas between the values.
  void AddList(const Option& option, Take take);
  void AddText(const Option& option, std::string& text);
  // A whole number or a decimal between the bounds.
  template <typename T>
  requires std::integral<T> || std::floating_point<T>
  void AddNumber(Option option, T& number, T lowest, T highest);
  // One without a value; as a variable it is true or false.
  void AddFlag(const Option& option, bool& flag);
  // One that names a file of options, in TOML, which counts for what is neither among
  // the arguments nor in the environment.
  void AddConfigFile(const Option& option);
  // What stands alone, and must be there.
  void AddArgument(const Option& option, std::string& text);
  // What stands alone, any number of times, but at least once if it is required.
  void AddArguments(const Option& option, bool required, Take take);

  // Checks that need more than one option, once all have been read.
  void AddCheck(std::function<absl::Status()> check) { checks_.push_back(std::move(check)); }
  // What the help ends with, in lines of at most 80 characters.
  void SetEpilogue(std::string text);

  // Reads the arguments that follow the program's name, then the environment for
  // what is not among them, then the file for what is in neither. What --help or --version asks
  // for, to be printed instead of running the program; empty if neither was given. INVALID_ARGUMENT
  // for bad usage, with a message that names the option, the variable or the file and its key. Call
  // it once.
  absl::StatusOr<std::string> Parse(const std::vector<std::string>& arguments);
  // What --help asks for.
  std::string Help() const;
  // Of all that may be given, in order, such as `--help`; for completion.
  std::vector<std::string> OptionNames() const;

  // After Parse: all options that a file may have, in order.
  std::vector<Setting> Settings() const;
  // The same as such a file, with a comment on each where it came from.
  std::string SettingsText() const;
  // A table of these options in Markdown.
  std::string SettingsTable() const;

  // For main: reads its arguments, prints what there is to say; with what the program
  // is to end, or nothing if it is to run.
  std::optional<int> Read(int argc, const char* const* argv);
  // For main: complains of an error; with what the program is to end.
  int Finish(const absl::Status& status) const;

 private:
  // What is known of an option beside what CLI11 knows.
  struct Known {
    Option option;
    CLI::Option* defined;
  };

  CLI::Option* Define(const Option& option, Take take);
  // What the file says that counts, as arguments.
  absl::StatusOr<std::vector<std::string>> ReadFile();
  // Whether the option is among the arguments.
  bool IsGiven(const std::string& name) const;
  std::string SourceOf(const Known& known) const;
  // In our words what CLI11 found wrong.
  std::string Explain(const CLI::ParseError& error) const;

  std::string program_;
  std::unique_ptr<CLI::App> app_;
  std::vector<std::function<absl::Status()>> checks_;
  std::vector<Known> known_;
  std::vector<std::string> arguments_;  // as they were given
  // The option that names the file, the file, and the options that come from there.
  std::string file_option_, file_;
  std::set<std::string> from_file_;
};

template <typename T>
requires std::integral<T> || std::floating_point<T>
void CommandLine::AddNumber(Option option, T& number, T lowest, T highest) {
  if (option.otherwise.empty()) option.otherwise = absl::StrCat(number);
  if (option.initial.empty()) option.initial = absl::StrCat(number);
  Add(option, [&number, lowest, highest](const std::string& text) {
    const auto read = ReadNumber(text, lowest, highest);
    if (read.ok()) number = *read;
    return read.status();
  });
}

}  // namespace spiked
