// Encryption, from the files that spikectl makes to those who use them.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/ctl/certificates.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace spiked::ctl {
namespace {

using spiked::testing::ProgramResult;
using spiked::testing::ReadFile;
using spiked::testing::RunProgram;
using spiked::testing::ServerProcess;
using spiked::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest()
      : server_({"--listen", "127.0.0.1:0", "--tls-certificate", File("server.pem"), "--tls-key",
                 File("server.key"), "--tls-client-ca", File("ca.pem")}) {}
  void SetUp() override {
    const ProgramResult made = Init({"--client", "anna,bert"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const absl::Status status = server_.Start();
    ASSERT_TRUE(status.ok()) << status;
    tcp_ = *server_.TcpAddress();
  }

  std::string File(const std::string& name) const { return dir_.File("lab/" + name); }
  ProgramResult Init(const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {SPIKECTL_BINARY, "tls", "init", "--folder",
                                          dir_.File("lab")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return RunProgram(arguments);
  }
  absl::StatusOr<client::Client> Connect(const client::ClientOptions& options) {
    return client::Client::Connect(tcp_, absl::Milliseconds(800), options);
  }
  // With nothing but a certificate.
  absl::StatusOr<client::Client> ConnectAs(const std::string& name) {
    return Connect({.token = "",
                    .tls_ca = File("ca.pem"),
                    .tls_certificate = File(name + ".pem"),
                    .tls_key = File(name + ".key")});
  }

  TempDir dir_;
  ServerProcess server_;
  std::string tcp_;
};

TEST_F(TlsTest, KeysAreNobodyElses) {
  for (const char* key : {"ca.key", "server.key", "anna.key"}) {
    struct stat info;
    ASSERT_EQ(stat(File(key).c_str(), &info), 0) << key;
    EXPECT_EQ(info.st_mode & 0777, 0600u);
  }
}

TEST_F(TlsTest, WhoKnowsTheAuthorityConnectsWithAToken) {
  const client::ClientOptions options = {.token = server_.OwnerToken(), .tls_ca = File("ca.pem")};
  auto client = Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ(client->GetCaller()->name(), "owner");
  EXPECT_TRUE(client->CheckHealth().ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Connect({.token = "", .tls_ca = File("ca.pem")}).status()));
}

TEST_F(TlsTest, NothingGoesThroughInTheClear) {
  const absl::Status status = Connect({.token = server_.OwnerToken(), .tls_ca = ""}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("in SPIKED_TLS_CA"));
  const ProgramResult info = RunProgram({SPIKECTL_BINARY, "info", "--server", tcp_});
  EXPECT_EQ(info.exit_code, 5);
  EXPECT_THAT(info.err, StartsWith("spikectl: no connection to 127.0.0.1:"));
  EXPECT_THAT(info.err, HasSubstr("--tls-ca"));
}

TEST_F(TlsTest, AServerThatDoesNotEncryptIsToldApart) {
  ServerProcess plain({"--listen", "127.0.0.1:0"});
  ASSERT_TRUE(plain.Start().ok());
  const ProgramResult info = RunProgram(
      {SPIKECTL_BINARY, "info", "--server", *plain.TcpAddress(), "--tls-ca", File("ca.pem")});
  EXPECT_EQ(info.exit_code, 5);
  EXPECT_THAT(info.err, StartsWith("spikectl: no connection to 127.0.0.1:"));
  EXPECT_THAT(info.err, HasSubstr("does not encrypt (TLS): leave SPIKED_TLS_CA"));
}

TEST_F(TlsTest, AServerUnderANameThatItsCertificateHasNotIsToldApart) {
  const TempDir other;
  ASSERT_EQ(RunProgram({SPIKECTL_BINARY, "tls", "init", "--folder", other.File("x"), "--host",
                        "lab.example"})
                .exit_code,
            0);
  ServerProcess named({"--listen", "127.0.0.1:0", "--tls-certificate", other.File("x/server.pem"),
                       "--tls-key", other.File("x/server.key")});
  ASSERT_TRUE(named.Start().ok());
  const std::string port = named.TcpAddress()->substr(named.TcpAddress()->rfind(':'));
  const absl::Status status =
      client::Client::Connect("localhost" + port, absl::Milliseconds(800),
                              {.token = "", .tls_ca = other.File("x/ca.pem")})
          .status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("its certificate is not for the name localhost"));
}

TEST_F(TlsTest, AFileThatHasNoCertificateIsNamed) {
  const absl::Status status =
      Connect({.token = "", .tls_ca = server_.dir().File("token")}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("token is no PEM file"));
}

TEST_F(TlsTest, AServerOfAnotherAuthorityIsNotBelieved) {
  const TempDir other;
  ASSERT_EQ(RunProgram({SPIKECTL_BINARY, "tls", "init", "--folder", other.File("x")}).exit_code, 0);
  const absl::Status status =
      Connect({.token = server_.OwnerToken(), .tls_ca = other.File("x/ca.pem")}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not by the authority that SPIKED_TLS_CA"));
}

TEST_F(TlsTest, ACertificateStandsForTheAccountOfItsName) {
  v1::PutAccountRequest anna;
  anna.set_account("anna");
  anna.set_role(v1::ROLE_VIEWER);
  ASSERT_TRUE(server_.Connect()->PutAccount(anna).ok());
  auto client = ConnectAs("anna");
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ(client->GetCaller()->name(), "anna");
  EXPECT_TRUE(absl::IsPermissionDenied(client->CreateSession().status()));
  const absl::Status unknown = ConnectAs("bert").status();
  EXPECT_TRUE(absl::IsUnauthenticated(unknown)) << unknown;
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("no account"));
}

TEST_F(TlsTest, ACertificateOfSomebodyElsesAuthorityStandsForNobody) {
  v1::PutAccountRequest anna;
  anna.set_account("anna");
  anna.set_role(v1::ROLE_ADMIN);
  ASSERT_TRUE(server_.Connect()->PutAccount(anna).ok());
  const TempDir other;
  ASSERT_EQ(
      RunProgram({SPIKECTL_BINARY, "tls", "init", "--folder", other.File("x"), "--client", "anna"})
          .exit_code,
      0);
  EXPECT_FALSE(Connect({.token = "",
                        .tls_ca = File("ca.pem"),
                        .tls_certificate = other.File("x/anna.pem"),
                        .tls_key = other.File("x/anna.key")})
                   .ok());
}

TEST_F(TlsTest, NewCertificatesAreTakenWithoutARestart) {
  const client::ClientOptions options = {.token = server_.OwnerToken(), .tls_ca = File("ca.pem")};
  auto before = Connect(options);
  ASSERT_TRUE(before.ok());
  const std::string old = ReadFile(File("ca.pem"));
  for (const char* file : {"ca.pem", "ca.key", "server.pem", "server.key", "anna.pem", "anna.key",
                           "bert.pem", "bert.key"}) {
    std::filesystem::remove(File(file));
  }
  ASSERT_EQ(Init({}).exit_code, 0);
  ASSERT_NE(ReadFile(File("ca.pem")), old);
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!Connect(options).ok() && absl::Now() < deadline) {
  }
  EXPECT_TRUE(Connect(options).ok()) << "by the new authority";
  EXPECT_TRUE(before->GetCaller().ok()) << "connections stay";
}

TEST_F(TlsTest, WhatIsThereIsKept) {
  const std::string ca = ReadFile(File("ca.pem")), server = ReadFile(File("server.pem"));
  ASSERT_EQ(Init({"--client", "carl"}).exit_code, 0);
  EXPECT_EQ(ReadFile(File("ca.pem")), ca);
  EXPECT_EQ(ReadFile(File("server.pem")), server);
  EXPECT_NE(ReadFile(File("carl.pem")), "");
  EXPECT_NE(Init({"--client", "carl"}).exit_code, 0) << "nor is that";
  EXPECT_NE(Init({"--host", "other.example"}).exit_code, 0);
  for (const char* bad : {"../x", "server", ""}) EXPECT_NE(Init({"--client", bad}).exit_code, 0);
}

TEST_F(TlsTest, TheProbeAndSpikectlEncrypt) {
  EXPECT_EQ(
      RunProgram({SPIKED_SERVER_BINARY, "--health", tcp_, "--tls-ca", File("ca.pem")}).exit_code,
      0);
  const ProgramResult info =
      RunProgram({SPIKECTL_BINARY, "info", "--server", tcp_, "--tls-ca", File("ca.pem"),
                  "--token-file", server_.dir().File("token")});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("owner"));
}

TEST(TlsFilesTest, AServerDoesNotStartOnFilesThatDoNotFit) {
  const TempDir dir;
  ASSERT_EQ(RunProgram({SPIKECTL_BINARY, "tls", "init", "--folder", dir.File("x")}).exit_code, 0);
  const auto start = [&](const std::string& certificate, const std::string& key) {
    return RunProgram(
        {SPIKED_SERVER_BINARY, "--listen", "127.0.0.1:0", "--token-file", dir.File("token"),
         "--tls-certificate", dir.File("x/" + certificate), "--tls-key", dir.File("x/" + key)},
        {}, absl::Seconds(20));
  };
  EXPECT_THAT(start("none.pem", "server.key").err, HasSubstr("none.pem is no certificate"));
  EXPECT_THAT(start("server.pem", "ca.key").err, HasSubstr("ca.key is not the key"));
}

TEST(CertificatesTest, AServerNeedsANameThatIsOne) {
  const auto authority = Authority::Create("lab", 1);
  ASSERT_TRUE(authority.ok()) << authority.status();
  EXPECT_TRUE(authority->CertifyServer({"lab.example", "192.0.2.1", "::1"}, 1).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(authority->CertifyServer({}, 1).status()));
  for (const char* bad : {"", "a b", "a,DNS:evil.example", "*"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(authority->CertifyServer({bad}, 1).status())) << bad;
  }
}

TEST(CertificatesTest, AnAuthorityCanBeLoadedAgainAndALeafIsNone) {
  const auto authority = Authority::Create("lab", 1);
  EXPECT_TRUE(Authority::Load(*authority->ToPem()).ok());
  const auto leaf = authority->CertifyClient("anna", 1);
  EXPECT_FALSE(Authority::Load(*leaf).ok());
  EXPECT_FALSE(Authority::Load({.certificate = leaf->certificate, .key = "x"}).ok());
}

}  // namespace
}  // namespace spiked::ctl
