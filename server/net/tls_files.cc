#include "server/net/tls_files.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

namespace spiked::net {
namespace {

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

}  // namespace spiked::net
