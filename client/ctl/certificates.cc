#include "client/ctl/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace spiked::ctl {
namespace {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, FreeWith<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;

constexpr int kSerialBits = 127;
// Clocks of two machines need not agree to the second.
constexpr long kEarlier = -3600;

absl::Status Failed(const char* what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return absl::InternalError(absl::StrCat(what, ": ", text));
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

absl::StatusOr<Certificate> PemOf(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  if (!certificate_text || !key_text || !PEM_write_bio_X509(certificate_text.get(), certificate) ||
      !PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr)) {
    return Failed("a certificate cannot be written");
  }
  return Certificate{.certificate = TextOf(certificate_text.get()), .key = TextOf(key_text.get())};
}

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsHostName(const std::string& host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.';
  });
}

struct ExtensionText {
  int nid;
  std::string value;
};

// A certificate for `key`, signed by `issuer_key`; with no issuer it certifies itself.
absl::StatusOr<Cert> Sign(const std::string& common_name, EVP_PKEY* key, X509* issuer,
                          EVP_PKEY* issuer_key, int days,
                          const std::vector<ExtensionText>& extensions) {
  Cert certificate(X509_new());
  const Number serial(BN_new());
  if (!certificate || !serial ||
      !BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) ||
      !BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) ||
      !X509_set_version(certificate.get(), X509_VERSION_3) ||
      !X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kEarlier) ||
      !X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr) ||
      !X509_set_pubkey(certificate.get(), key)) {
    return Failed("a certificate cannot be made");
  }
  X509_NAME* name = X509_get_subject_name(certificate.get());
  if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) ||
      !X509_set_issuer_name(certificate.get(),
                            issuer == nullptr ? name : X509_get_subject_name(issuer))) {
    return Failed("a certificate cannot be named");
  }
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer == nullptr ? certificate.get() : issuer, certificate.get(),
                 nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    if (!extension || !X509_add_ext(certificate.get(), extension.get(), -1)) {
      return Failed("a certificate cannot be extended");
    }
  }
  if (!X509_sign(certificate.get(), issuer_key, EVP_sha256())) {
    return Failed("a certificate cannot be signed");
  }
  return certificate;
}

}  // namespace

class Authority::Impl {
 public:
  Impl(Cert certificate, Key key) : certificate_(std::move(certificate)), key_(std::move(key)) {}

  absl::StatusOr<Certificate> ToPem() const { return PemOf(certificate_.get(), key_.get()); }

  absl::StatusOr<Certificate> Certify(const std::string& common_name, int days,
                                      std::vector<ExtensionText> extensions) const {
    const Key key(EVP_EC_gen("P-256"));
    if (!key) return Failed("a key cannot be made");
    extensions.push_back({NID_basic_constraints, "critical,CA:FALSE"});
    extensions.push_back({NID_key_usage, "critical,digitalSignature"});
    extensions.push_back({NID_subject_key_identifier, "hash"});
    extensions.push_back({NID_authority_key_identifier, "keyid"});
    const auto certificate =
        Sign(common_name, key.get(), certificate_.get(), key_.get(), days, extensions);
    if (!certificate.ok()) return certificate.status();
    return PemOf(certificate->get(), key.get());
  }

 private:
  Cert certificate_;
  Key key_;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::~Authority() = default;
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;

absl::StatusOr<Authority> Authority::Create(const std::string& name, int days) {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return Failed("a key cannot be made");
  auto certificate = Sign(name, key.get(), nullptr, key.get(), days,
                          {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                           {NID_key_usage, "critical,keyCertSign,cRLSign"},
                           {NID_subject_key_identifier, "hash"}});
  if (!certificate.ok()) return certificate.status();
  return Authority(std::make_unique<Impl>(*std::move(certificate), std::move(key)));
}

absl::StatusOr<Authority> Authority::Load(const Certificate& pem) {
  const Bio certificate_text(
      BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size())));
  const Bio key_text(BIO_new_mem_buf(pem.key.data(), static_cast<int>(pem.key.size())));
  Cert certificate(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  // Without a pass phrase, for which nobody would be asked.
  char none[] = "";
  Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, none));
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1 ||
      X509_check_ca(certificate.get()) == 0) {
    ERR_clear_error();
    return absl::InvalidArgumentError("this is no certificate of an authority with its key");
  }
  return Authority(std::make_unique<Impl>(std::move(certificate), std::move(key)));
}

absl::StatusOr<Certificate> Authority::ToPem() const { return impl_->ToPem(); }

absl::StatusOr<Certificate> Authority::CertifyServer(const std::vector<std::string>& hosts,
                                                     int days) const {
  if (hosts.empty()) return absl::InvalidArgumentError("a server needs a name");
  std::string names;
  for (const std::string& host : hosts) {
    const bool address = IsAddress(host);
    if (!address && !IsHostName(host)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", host, "' is neither a host's name nor an address"));
    }
    absl::StrAppend(&names, names.empty() ? "" : ",", address ? "IP:" : "DNS:", host);
  }
  // A common name has at most 64 characters; nobody reads that of a server any more.
  return impl_->Certify(hosts[0].substr(0, 64), days,
                        {{NID_subject_alt_name, names}, {NID_ext_key_usage, "serverAuth"}});
}

absl::StatusOr<Certificate> Authority::CertifyClient(const std::string& account, int days) const {
  return impl_->Certify(account, days, {{NID_ext_key_usage, "clientAuth"}});
}

}  // namespace spiked::ctl
