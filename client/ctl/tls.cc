// Makes what a lab needs to encrypt.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/command_line/streams.h"
#include "client/ctl/certificates.h"
#include "client/ctl/command.h"

namespace spiked::ctl {
namespace {

struct Options {
  std::string folder = "spiked-tls";
  std::vector<std::string> hosts, clients;
  int days = 825, authority_days = 3650;
};

absl::Status CannotWrite(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " cannot be written: ", std::strerror(errno)));
}

// A file that is not there yet; of keys for nobody else.
absl::Status WriteNew(const std::string& path, const std::string& content, mode_t mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return CannotWrite(path);
  const auto close_it = absl::MakeCleanup([fd] { close(fd); });
  const ssize_t written = write(fd, content.data(), content.size());
  return written == static_cast<ssize_t>(content.size()) ? absl::OkStatus() : CannotWrite(path);
}

absl::Status WriteNew(const std::string& path, const Certificate& pem) {
  absl::Status status = WriteNew(path + ".key", pem.key, 0600);
  return status.ok() ? WriteNew(path + ".pem", pem.certificate, 0644) : status;
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::StatusOr<Authority> LoadOrCreate(const std::string& path, int days) {
  if (Exists(path + ".pem")) {
    auto loaded =
        Authority::Load({.certificate = ReadAll(path + ".pem"), .key = ReadAll(path + ".key")});
    if (loaded.ok()) return loaded;
    return absl::FailedPreconditionError(absl::StrCat(path, ".pem: ", loaded.status().message()));
  }
  auto authority = Authority::Create("spiked lab authority", days);
  if (!authority.ok()) return authority.status();
  const auto pem = authority->ToPem();
  if (!pem.ok()) return pem.status();
  if (absl::Status status = WriteNew(path, *pem); !status.ok()) return status;
  return authority;
}

std::vector<std::string> DefaultHosts() {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) == 0 && *name != '\0') hosts.insert(hosts.begin(), name);
  return hosts;
}

// A file's name, too.
absl::Status CheckClient(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 63 && absl::ascii_isalnum(name[0]) &&
                    std::ranges::all_of(name, [](char c) {
                      return absl::ascii_isalnum(c) || std::strchr("_-.@", c) != nullptr;
                    });
  if (good && name != "ca" && name != "server") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("must be the name of an account, and not ca or server, not '", name, "'"));
}

absl::Status Init(const Options& options) {
  if (mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return CannotWrite(options.folder);
  }
  const std::string top = options.folder + "/";
  const auto authority = LoadOrCreate(top + "ca", options.authority_days);
  if (!authority.ok()) return authority.status();
  std::string told = absl::StrCat(top, "ca.pem      for all clients\n", top,
                                  "ca.key      makes certificates: keep it safe\n");
  if (!Exists(top + "server.pem")) {
    const auto pem = authority->CertifyServer(
        options.hosts.empty() ? DefaultHosts() : options.hosts, options.days);
    if (!pem.ok()) return pem.status();
    if (absl::Status status = WriteNew(top + "server", *pem); !status.ok()) return status;
    absl::StrAppend(&told, top, "server.pem, server.key  for the server\n");
  } else if (!options.hosts.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(top, "server.pem is there already; to make another one, remove it"));
  }
  for (const std::string& client : options.clients) {
    const auto pem = authority->CertifyClient(client, options.days);
    if (!pem.ok()) return pem.status();
    if (absl::Status status = WriteNew(top + client, *pem); !status.ok()) return status;
    absl::StrAppend(&told, top, client, ".pem, ", client, ".key  for ", client, "\n");
  }
  absl::StrAppend(&told, "\nspiked --listen 0.0.0.0:50051 --tls-certificate ", top,
                  "server.pem --tls-key ", top, "server.key",
                  options.clients.empty() ? "" : absl::StrCat(" --tls-client-ca ", top, "ca.pem"),
                  "\nspikectl info --server HOST:50051 --tls-ca ", top, "ca.pem\n");
  return WriteOut(told);
}

}  // namespace

Command TlsCommand() {
  return {
      "tls init", "make an authority and certificates of your own",
      R"(Makes ca.pem, server.pem and, as asked, NAME.pem for clients, each with its key.
Called again it keeps what is there, and certifies further clients. A client's
certificate stands for the account of its name, where the server has
--tls-client-ca.

Example:
  spikectl tls init --folder lab --host lab.example,192.0.2.7 --client anna)",
      [](CommandLine& command_line, const Common& /*common*/) -> Command::Run {
        auto options = std::make_shared<Options>();
        command_line.AddText(
            {.name = "--folder", .value = "DIR", .help = "where they are to be", .variable = false},
            options->folder);
        command_line.AddList({.name = "--host",
                              .value = "NAME",
                              .help = "a name or address by which clients know the server; "
                                      "may be repeated",
                              .otherwise = "this machine's name, and loopback",
                              .variable = false},
                             [options](const std::string& host) {
                               options->hosts.push_back(host);
                               return absl::OkStatus();
                             });
        command_line.AddList({.name = "--client",
                              .value = "ACCOUNT",
                              .help = "whom to certify; may be repeated",
                              .variable = false},
                             [options](const std::string& client) {
                               options->clients.push_back(client);
                               return CheckClient(client);
                             });
        command_line.AddNumber({.name = "--days",
                                .value = "N",
                                .help = "how long certificates of server and clients hold",
                                .variable = false},
                               options->days, 1, 36500);
        return [options] { return Init(*options); };
      }};
}

}  // namespace spiked::ctl
