#include "server/rpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace spiked::rpc {
namespace {

// How often the files are looked at.
constexpr unsigned kRefreshSeconds = 1;

absl::Status Unusable(const std::string& file, const char* what) {
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = error == 0                ? nullptr
                             : ERR_SYSTEM_ERROR(error) ? std::strerror(ERR_GET_REASON(error))
                                                       : ERR_reason_error_string(error);
  ERR_clear_error();
  return absl::FailedPreconditionError(
      absl::StrCat(file, " ", what, reason == nullptr ? "" : absl::StrCat(": ", reason)));
}

}  // namespace

absl::Status CheckTls(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  SSL_CTX_free);
  if (context == nullptr) return absl::InternalError("OpenSSL cannot be used");
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return Unusable(files.certificate, "is no certificate that can be read");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return Unusable(files.key, "is not the key of the certificate, or cannot be read");
  }
  if (!files.client_ca.empty() &&
      SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return Unusable(files.client_ca, "holds no certificates that can be read");
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const TlsFiles& files) {
  namespace tls = grpc::experimental;
  const auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_ca, kRefreshSeconds);
  tls::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

}  // namespace spiked::rpc
