#include "client/cpp/encryption.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spiked::client {
namespace {

// The content of a file that is told, or that the variable names; empty if neither is.
absl::StatusOr<std::string> Pem(const std::optional<std::string>& told, const char* variable) {
  const char* named = std::getenv(variable);
  const std::string path = told ? *told : named == nullptr ? "" : named;
  if (path.empty()) return path;
  std::ifstream file(path);
  std::string pem{std::istreambuf_iterator<char>(file), {}};
  if (pem.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there is nothing to be read in ", path));
  }
  if (!absl::StrContains(pem, "-----BEGIN ")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no PEM file, as spikectl tls init makes them"));
  }
  return pem;
}

absl::string_view HostOf(absl::string_view address) {
  return address.substr(0, address.rfind(':'));
}

}  // namespace

absl::StatusOr<Credentials> CredentialsOf(const std::string& address,
                                          const ClientOptions& options) {
  if (options.credentials != nullptr) {
    return Credentials{.channel = options.credentials, .encrypt = true};
  }
  if (absl::StartsWith(address, "unix:")) {
    return Credentials{.channel = grpc::InsecureChannelCredentials()};
  }
  auto ca = Pem(options.tls_ca, "SPIKED_TLS_CA");
  auto certificate = Pem(options.tls_certificate, "SPIKED_TLS_CERTIFICATE");
  auto key = Pem(options.tls_key, "SPIKED_TLS_KEY");
  for (const auto* file : {&ca, &certificate, &key}) {
    if (!file->ok()) return file->status();
  }
  if (ca->empty()) return Credentials{.channel = grpc::InsecureChannelCredentials()};
  return Credentials{.channel = grpc::SslCredentials({.pem_root_certs = *std::move(ca),
                                                      .pem_private_key = *std::move(key),
                                                      .pem_cert_chain = *std::move(certificate)}),
                     .encrypt = true};
}

std::string EncryptionAdvice(absl::string_view why, absl::string_view address, bool encrypt) {
  if (absl::StartsWith(address, "unix:")) return "";
  // Versions of gRPC and of its TLS write it differently.
  const std::string said = absl::StrReplaceAll(absl::AsciiStrToLower(why), {{"_", " "}});
  const auto says = [&said](absl::string_view text) { return absl::StrContains(said, text); };
  if (!encrypt) {
    if (!says("socket closed") && !says("connection reset")) return "";
    return "it hangs up, as servers that encrypt (TLS) do on clients that do not: name the "
           "certificate of who has certified it, such as ca.pem, in SPIKED_TLS_CA (or by "
           "spikectl's --tls-ca)";
  }
  if (says("wrong version number")) {
    return "what answers there does not encrypt (TLS): leave SPIKED_TLS_CA (spikectl's --tls-ca) "
           "out, if nobody else sees what goes there, or start the server with --tls-certificate";
  }
  if (says("not in peer certificate") || says("hostname verification")) {
    return absl::StrCat("its certificate is not for the name ", HostOf(address),
                        ": call it by a name that is in it, or make one that has this name "
                        "(spikectl tls init --host)");
  }
  if (says("certificate verify failed")) {
    return "its certificate has expired, or is not by the authority that SPIKED_TLS_CA (spikectl's "
           "--tls-ca) names: take the ca.pem that was made with the server's";
  }
  return "";
}

}  // namespace spiked::client
