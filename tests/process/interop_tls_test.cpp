// RTMPS destinations behind a TLS terminator that others wrote, with certificates good and bad.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/certificates.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("interop_tls");

namespace {

const std::string key = "canary7f3a";

/// socat, which takes TLS and goes on in plain TCP.
class Terminator {
  public:
    Terminator(const Identity& identity, const fs::path& folder, int target_port)
        : port_(free_port()) {
        const fs::path file = folder / fmt::format("server-{}.pem", port_);
        write_file(file, identity.pem() + identity.key_pem());
        const auto program = find_in_path("socat");
        if (!program) throw std::runtime_error("socat is missing: see scripts/packages.sh");
        socat_.emplace(CommandLine{
            *program,
            {fmt::format("OPENSSL-LISTEN:{},bind=127.0.0.1,reuseaddr,fork,verify=0,cert={}", port_,
                         file.string()),
             fmt::format("TCP:127.0.0.1:{}", target_port)}});
        const bool listens = wait_until(Patience(seconds(10)),
                                        [&] { return is_listening(port_) || socat_->has_ended(); });
        if (!listens || socat_->has_ended()) throw std::runtime_error("socat: " + socat_->error());
    }
    std::string url() const { return fmt::format("rtmps://localhost:{}/live", port_); }

  private:
    int port_;
    std::optional<CommandRun> socat_;
};

struct TlsScene {
    Scene scene{IngestServer::embedded};
    fs::path ca_file = scene.world.home() / "authority.pem";

    TlsScene() {
        write_file(ca_file, test_authority().pem());
        scene.publish();
    }
    Outcome enable(const Terminator& terminator) const {
        scene.world.add("youtube", terminator.url(), key,
                        fmt::format("ca_file = \"{}\"\n", ca_file.string()));
        return scene.world.run({"enable", "youtube"});
    }
    /// Says this reason, with a remedy, and sends no key.
    void check_refused(const Identity& identity, const std::string& code,
                       const std::string& remedy) const {
        CAPTURE(code);
        const Terminator terminator(identity, scene.world.home(), scene.platform.port());
        const Outcome outcome = enable(terminator);
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(outcome.error.find(remedy) != std::string::npos, outcome.describe());
        CHECK_MESSAGE(outcome.error.find(key) == std::string::npos, outcome.describe());
        const json reason = scene.world.status("youtube")["reason"];
        CHECK_MESSAGE(reason["code"] == code, reason.dump());
        CHECK_MESSAGE(reason["remedy"].get<std::string>().find(remedy) != std::string::npos,
                      reason.dump());
        CHECK(scene.platform.asked() == 0);
        scene.world.must({"disable", "youtube"});
    }
};

}  // namespace

TEST_CASE("interop: RTMPS behind a TLS terminator with a good certificate is carried") {
    const TlsScene tls;
    const Terminator terminator(good_identity(), tls.scene.world.home(), tls.scene.platform.port());
    const Outcome enable = tls.enable(terminator);
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(tls.scene.wait_flow("youtube", 200));
    tls.scene.world.must({"disable", "youtube"});
    check_whole(tls.scene.last_recording(key));
    CHECK_MESSAGE(tls.scene.platform.goodbyes() == 1, tls.scene.platform.log());
    CHECK(tls.scene.world.logs().find(key) == std::string::npos);
}

TEST_CASE("interop: RTMPS with a bad certificate is refused, with the reason and the remedy") {
    const TlsScene tls;
    const Identity::Wish expired{.common_name = "localhost",
                                 .alternative_names = "DNS:localhost",
                                 .begins_in_s = -7200,
                                 .ends_in_s = -3600};
    const Identity::Wish wrong_host{.common_name = "example.org",
                                    .alternative_names = "DNS:example.org"};
    const Identity::Wish own{.common_name = "localhost", .alternative_names = "DNS:localhost"};
    tls.check_refused(Identity(expired, &test_authority()), "tls_expired", "clock");
    tls.check_refused(Identity(wrong_host, &test_authority()), "tls_wrong_host", "the URL's host");
    tls.check_refused(Identity(own, nullptr), "tls_untrusted", "ca_file");
}

TEST_CASE("interop: RTMPS where RTMP is spoken, and RTMP where TLS is, say what to look at") {
    const TlsScene tls;
    const World& world = tls.scene.world;
    world.add("youtube", fmt::format("rtmps://localhost:{}/live", tls.scene.platform.port()), key);
    const Outcome no_tls = world.run({"enable", "youtube"});
    CHECK_MESSAGE(no_tls.status == 5, no_tls.describe());
    CHECK_MESSAGE(no_tls.error.find("rtmps://") != std::string::npos, no_tls.describe());
    // nginx waits for the rest of what it takes for a handshake.
    CHECK(world.wait_status("youtube", [](const json& part) {
        return part["reason"].is_object() && part["reason"]["code"] == "handshake_timed_out";
    }));
    world.must({"disable", "youtube"});
    const Terminator terminator(good_identity(), world.home(), tls.scene.platform.port());
    world.add("youtube", "rtmp" + terminator.url().substr(5), key);
    const Outcome no_rtmp = world.run({"enable", "youtube"});
    CHECK_MESSAGE(no_rtmp.status == 5, no_rtmp.describe());
    CHECK_MESSAGE(no_rtmp.error.find("rtmps://") != std::string::npos, no_rtmp.describe());
    CHECK(world.wait_status("youtube", [](const json& part) {
        return part["reason"].is_object() && part["reason"]["code"] == "not_rtmp";
    }));
    CHECK(tls.scene.platform.asked() == 0);
}

TEST_SUITE_END();

}  // namespace restream::test
