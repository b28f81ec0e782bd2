#include "server/net/listen_check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spiked::net {
namespace {

template <typename... Parts>
absl::Status Unusable(const Parts&... parts) {
  return absl::FailedPreconditionError(absl::StrCat(parts...));
}

// Binds or connects a new socket, which lives no longer than that; 0 or an error
// number.
int Try(int (*call)(int, const sockaddr*, socklen_t), const sockaddr* address, socklen_t size) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  // As gRPC does; connections of an earlier server that are about to end keep
  // nobody from the port.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error = call(fd, address, size) == 0 ? 0 : errno;
  close(fd);
  return error;
}

int TryPath(int (*call)(int, const sockaddr*, socklen_t), const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return Try(call, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

absl::Status PathError(const std::string& path, int error) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  switch (error) {
    case ENOENT:
      return Unusable("there is no folder ", folder);
    case ENOTDIR:
      return Unusable(folder, " is not a folder");
    case EACCES:
    case EPERM:
      return Unusable("no permission to make a socket in the folder ", folder);
    case EROFS:
      return Unusable("the file system of the folder ", folder, " is read-only");
    default:
      return Unusable(std::strerror(error));
  }
}

// Removes the socket of a dead server.
absl::Status ClearPath(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : PathError(path, errno);
  }
  if (!S_ISSOCK(info.st_mode)) return Unusable("there is something that is not a socket");
  const int error = TryPath(connect, path);
  // EAGAIN: so many clients wait for that server that it takes no more.
  if (error == 0 || error == EAGAIN) return Unusable("another server listens there");
  if (error == EACCES) return Unusable("there is a socket of another user");
  if (error != ECONNREFUSED && error != ENOENT) {
    return Unusable("there is a socket that cannot be tried: ", std::strerror(error));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Unusable("the socket of a dead server cannot be removed: ", std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::Status PreparePath(const std::string& path) {
  if (absl::Status status = ClearPath(path); !status.ok()) return status;
  const int error = TryPath(bind, path);
  if (error != 0) return PathError(path, error);
  unlink(path.c_str());
  return absl::OkStatus();
}

absl::Status PreparePort(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = absl::StrCat(address.port);
  // To listen everywhere takes no IPv6: gRPC does without where there is none.
  const char* host = address.host == "::" ? nullptr : address.host.c_str();
  const int failure = getaddrinfo(host, port.c_str(), &hints, &found);
  if (failure != 0) {
    return Unusable("the name ", address.host, " cannot be resolved: ", gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  // A name may stand for several addresses, of which one will do. Of several
  // errors, that of an address that the machine has says most.
  int error = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int latest = Try(bind, one->ai_addr, one->ai_addrlen);
    if (latest == 0) return absl::OkStatus();
    if (error != EADDRINUSE) error = latest;
  }
  switch (error) {
    case EADDRINUSE:
      return Unusable("port ", port, " is in use");
    case EADDRNOTAVAIL:
      return Unusable(address.host, " is not an address of this machine");
    case EACCES:
      return Unusable("no permission to use port ", port);
    default:
      return Unusable(std::strerror(error));
  }
}

}  // namespace

absl::Status PrepareToListen(const ListenAddress& address) {
  return address.path.empty() ? PreparePort(address) : PreparePath(address.path);
}

}  // namespace spiked::net
