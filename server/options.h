// The command line of the server.
#pragma once

#include <optional>
#include <string>

#include "client/command_line/command_line.h"
#include "server/log/log.h"
#include "server/net/listen_address.h"
#include "server/rpc/server.h"
#include "spdlog/common.h"

namespace spiked {

struct Options {
  // Without addresses: on net::DefaultListenAddress.
  rpc::ServerOptions server;
  // Whether other machines may reach the server without encryption.
  bool insecure = false;
  bool no_reflection = false;
  // Empty: the best of the machine's.
  std::string instruction_set;
  spdlog::level::level_enum log_level = spdlog::level::info;
  LogFormat log_format = LogFormat::kText;
  // HOST:PORT for those who ask for metrics; empty: nobody does.
  std::string metrics;
  // Where browsers are served, and with which page; see web::FrontOptions.
  std::optional<net::ListenAddress> web;
  std::string web_files;
  bool web_metrics = false;
  // Whether only to say that the options are good, or what they are.
  bool check_config = false, print_config = false;
  // Of the server to ask whether it is well, instead of starting one.
  std::optional<net::ListenAddress> health;
  // Who has certified it, if it encrypts.
  std::string health_ca;
};

// What reads the options, whose defaults it sets as the machine suggests. They must
// outlive it.
CommandLine MakeCommandLine(Options& options);

}  // namespace spiked
