// A lab's own certificates, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spiked::ctl {

// A certificate and its private key, as PEM.
struct Certificate {
  std::string certificate;
  std::string key;
};

// Who certifies others. Keys are of the curve P-256, signatures of SHA-256.
class Authority {
 public:
  // A new one, valid for so many days.
  static absl::StatusOr<Authority> Create(const std::string& name, int days);
  // INVALID_ARGUMENT if it is no certificate with its key.
  static absl::StatusOr<Authority> Load(const Certificate& pem);
  ~Authority();
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;

  absl::StatusOr<Certificate> ToPem() const;
  // For a server that clients know by these host names and addresses; INVALID_ARGUMENT if
  // one is neither, or there is none.
  absl::StatusOr<Certificate> CertifyServer(const std::vector<std::string>& hosts, int days) const;
  // For the client whose common name is the account for which it stands.
  absl::StatusOr<Certificate> CertifyClient(const std::string& account, int days) const;

 private:
  class Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spiked::ctl
