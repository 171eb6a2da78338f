// What a server shows over TLS: which files are taken, and what is said of the others.
#include "net/tls_identity.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "engine/certificates.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace restream::test;
using restream::tests::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

struct Files {
    TemporaryFolder folder;

    TlsFiles write(const std::string& certificate, const std::string& key) const {
        const fs::path key_file = folder.write("key.pem", key);
        fs::permissions(key_file, fs::perms::owner_read | fs::perms::owner_write);
        return {folder.write("cert.pem", certificate), key_file};
    }
    /// Empty where they are taken.
    std::string refusal(const std::string& certificate, const std::string& key) const {
        return refusal(write(certificate, key));
    }
    static std::string refusal(const TlsFiles& files) {
        try {
            const TlsIdentity identity(files);
            return "";
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::config);
            return error.what();
        }
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tls identity: a certificate and its key are taken, alone and with a chain") {
    const Files files;
    const std::string own = good_identity().pem();
    const std::string key = good_identity().key_pem();
    CHECK(files.refusal(own, key) == "");
    CHECK(files.refusal(own + test_authority().pem(), key) == "");
    CHECK(files.refusal("# words before it\n" + own, key) == "");
    // Both in one file, for both.
    CHECK(files.refusal(own + key, key + own) == "");
}

TEST_CASE("tls identity: what cannot be shown is told with its field, its file and what helps") {
    const Files files;
    const std::string own = good_identity().pem();
    const std::string key = good_identity().key_pem();
    const Identity late({.begins_in_s = -7200, .ends_in_s = -3600}, nullptr);
    const Identity early({.begins_in_s = 3600, .ends_in_s = 7200}, nullptr);
    struct Row {
        std::string certificate;
        std::string key;
        const char* field;
        const char* says;
    };
    const Row rows[] = {
        {"", key, "cert", "holds no certificate"},
        {"x", key, "cert", "holds no certificate"},
        {key, key, "cert", "holds no certificate"},
        {own.substr(0, 200), key, "cert", "holds no certificate"},
        {own + own.substr(0, 200), key, "cert", "a broken one"},
        {own, "", "key", "holds no private key"},
        {own, own, "key", "holds no private key"},
        {own, key.substr(0, 100), "key", "holds no private key"},
        {own, test_authority().key_pem(), "key", "is not the key of the certificate"},
        // The authority first is a common mistake.
        {test_authority().pem() + own, key, "key", "is not the key of the certificate"},
        {late.pem(), late.key_pem(), "cert", "expired on "},
        {early.pem(), early.key_pem(), "cert", "is not valid before "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.says);
        const std::string told = files.refusal(row.certificate, row.key);
        CAPTURE(told);
        CHECK(told.starts_with(std::string("[dashboard] ") + row.field + ": "));
        CHECK(has(told, row.says));
        CHECK(has(told, "; "));
        CHECK_FALSE(has(told, "PRIVATE"));
    }
}

TEST_CASE("tls identity: a key that other users can read is none, one of a group is") {
    const Files files;
    const TlsFiles written = files.write(good_identity().pem(), good_identity().key_pem());
    fs::permissions(written.key, fs::perms::group_read, fs::perm_options::add);
    CHECK(Files::refusal(written) == "");
    for (const auto open :
         {fs::perms::others_read, fs::perms::others_write, fs::perms::others_exec}) {
        fs::permissions(written.key, open, fs::perm_options::add);
        CHECK(has(Files::refusal(written), "chmod o-rwx"));
        fs::permissions(written.key, open, fs::perm_options::remove);
    }
    CHECK(Files::refusal(written) == "");
    CHECK(has(Files::refusal({written.certificate, files.folder.path() / "none"}),
              "No such file or directory"));
    CHECK(has(Files::refusal({files.folder.path(), written.key}), "cannot be read"));
    CHECK(has(Files::refusal({"/dev/zero", written.key}), "cannot be read"));
}

TEST_CASE("tls identity: it says for whom it is, and how long") {
    const Files files;
    const Identity made({.common_name = "other.example",
                         .alternative_names = "DNS:*.example.org,DNS:studio.local,IP:192.168.1.5",
                         .ends_in_s = 86400},
                        nullptr);
    const TlsIdentity identity(files.write(made.pem(), made.key_pem()));
    for (const char* good : {"a.example.org", "studio.local", "STUDIO.local", "192.168.1.5"}) {
        CHECK_MESSAGE(identity.is_for(good), good);
    }
    for (const char* bad : {"other.example", "example.org", "a.b.example.org", "192.168.1.6",
                            "127.0.0.1", "::1", "localhost", ""}) {
        CHECK_MESSAGE(!identity.is_for(bad), bad);
    }
    CHECK(identity.left() <= std::chrono::hours(24));
    CHECK(identity.left() > std::chrono::hours(23));
}
