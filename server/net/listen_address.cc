#include "server/net/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace spiked::net {
namespace {

absl::Status Unusable(absl::string_view what, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(what, " ", why));
}

// Makes a directory that nobody else can enter, or finds it so.
absl::Status MakePrivateDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unusable(path, absl::StrCat("cannot be created: ", strerror(errno)));
  }
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Unusable(path, "is not a directory");
  }
  if (info.st_uid != geteuid()) return Unusable(path, "belongs to another user");
  if ((info.st_mode & 077) != 0 && chmod(path.c_str(), 0700) != 0) {
    return Unusable(path, absl::StrCat("cannot be made private: ", strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (!path.empty()) return absl::StrCat("unix:", path);
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

bool ListenAddress::IsLocal() const {
  if (!path.empty() || host == "localhost") return true;
  in_addr ipv4;
  if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6;
  return inet_pton(AF_INET6, host.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  const auto invalid = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' ", why));
  };
  ListenAddress address;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    if (absl::StartsWith(rest, "///")) rest.remove_prefix(2);
    if (rest.empty()) return invalid("names no socket");
    if (rest.size() >= sizeof(sockaddr_un::sun_path)) {
      return invalid(absl::StrCat("is too long for a socket, whose path has at most ",
                                  sizeof(sockaddr_un::sun_path) - 1, " bytes"));
    }
    address.path = std::string(rest);
    return address;
  }
  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(rest.substr(colon + 1), &address.port) || address.port < 0 ||
      address.port > 65535) {
    return invalid("is neither unix:PATH nor HOST:PORT");
  }
  absl::string_view host = rest.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (host.empty() || absl::StrContains(host, ':') != bracketed ||
      host.find_first_of("[]/") != absl::string_view::npos) {
    return invalid("is neither unix:PATH nor HOST:PORT; an IPv6 address stands in brackets");
  }
  address.host = std::string(host);
  return address;
}

absl::StatusOr<ListenAddress> DefaultListenAddress() {
  std::string directory;
  if (const char* runtime = getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime != '\0') {
    directory = runtime;
  } else {
    directory = absl::StrCat("/tmp/spiked-", geteuid());
    if (absl::Status status = MakePrivateDirectory(directory); !status.ok()) return status;
  }
  return ParseListenAddress(absl::StrCat("unix:", directory, "/spiked.sock"));
}

}  // namespace spiked::net
