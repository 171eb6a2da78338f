// Whose certificate is accepted, and what is said about the others.
#include <doctest/doctest.h>

#include "engine/peer_server.hpp"
#include "engine/scene.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
using Act = PeerServer::Act;
using Cause = RtmpEnding::Cause;
using Step = PeerServer::Step;
using restream::tests::TemporaryFolder;

namespace {

LookUp loopback() {
    return [](const std::string&) { return LookedUp{{"127.0.0.1"}}; };
}

/// How a publisher's connection to `host` ends, whose server shows this certificate: with
/// `stopped` where it was accepted.
RtmpEnding outcome(const Identity& identity, const char* host, const Identity& trusted) {
    const TemporaryFolder folder;
    const PeerServer server({.identity = &identity});
    Loop loop;
    auto asked = tls_request(RtmpRole::publish, server.port(), host);
    asked.how_to_look_up = loopback();
    asked.ca_file = folder.write("ca.pem", trusted.pem());
    ClientConnection client(loop, asked);
    const bool is_accepted = accepted(loop, client);
    CHECK(server.seen().is_accepted == is_accepted);
    if (is_accepted) client.finish(long_enough());
    return ending_of(loop, client);
}

Identity signed_for(const std::string& names, const Identity* issuer = &test_authority()) {
    return Identity({.common_name = "a server", .alternative_names = names}, issuer);
}

}  // namespace

TEST_CASE("tls: a certificate of the host, by an authority that is trusted, is accepted") {
    struct Row {
        const char* names;
        const char* host;
    };
    const Row rows[] = {
        {"DNS:localhost", "localhost"},
        {"DNS:example.org,DNS:a.example.org", "a.example.org"},
        {"DNS:*.example.org", "a.example.org"},
        {"DNS:a.example.org", "A.EXAMPLE.ORG"},
        {"DNS:a.example.org", "a.example.org."},
        {"IP:127.0.0.1", "127.0.0.1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        const auto ending = outcome(signed_for(row.names), row.host, test_authority());
        CAPTURE(ending.detail);
        CHECK(ending.cause == Cause::stopped);
    }
}

TEST_CASE("tls: a certificate of another host is refused as such") {
    struct Row {
        const char* names;
        const char* host;
    };
    const Row rows[] = {
        {"DNS:example.org", "localhost"},
        {"DNS:a.example.org", "example.org"},
        {"DNS:*.example.org", "example.org"},
        {"DNS:*.example.org", "a.b.example.org"},
        {"DNS:*.org", "example.org"},
        {"DNS:a*.example.org", "ab.example.org"},
        {"DNS:*", "localhost"},
        {"DNS:example.org", "example.org.evil.invalid"},
        {"DNS:127.0.0.1", "127.0.0.1"},
        {"IP:127.0.0.2", "127.0.0.1"},
        {"IP:127.0.0.1", "localhost"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.names);
        CAPTURE(row.host);
        const auto ending = outcome(signed_for(row.names), row.host, test_authority());
        CAPTURE(ending.detail);
        CHECK(ending.cause == Cause::tls_wrong_host);
        CHECK(ending.detail.find("mismatch") != std::string::npos);
    }
}

TEST_CASE("tls: a certificate that is no longer or not yet valid is refused as such") {
    const Identity expired(
        {.alternative_names = "DNS:localhost", .begins_in_s = -7200, .ends_in_s = -3600},
        &test_authority());
    const auto late = outcome(expired, "localhost", test_authority());
    CHECK(late.cause == Cause::tls_expired);
    CHECK(late.detail.find("certificate has expired") != std::string::npos);
    const Identity early(
        {.alternative_names = "DNS:localhost", .begins_in_s = 3600, .ends_in_s = 7200},
        &test_authority());
    const auto soon = outcome(early, "localhost", test_authority());
    CHECK(soon.cause == Cause::tls_expired);
    CHECK(soon.detail.find("not yet valid") != std::string::npos);
}

TEST_CASE("tls: a certificate that nobody vouches for is refused as such") {
    const Identity self_signed = signed_for("DNS:localhost", nullptr);
    const auto alone = outcome(self_signed, "localhost", test_authority());
    CHECK(alone.cause == Cause::tls_untrusted);
    CHECK(alone.detail.find("self-signed") != std::string::npos);

    const Identity stranger({.common_name = "somebody", .is_authority = true}, nullptr);
    const Identity theirs = signed_for("DNS:localhost", &stranger);
    CHECK(outcome(theirs, "localhost", test_authority()).cause == Cause::tls_untrusted);

    // One that is trusted itself is fine, whoever signed it.
    CHECK(outcome(self_signed, "localhost", self_signed).cause == Cause::stopped);
    // A certificate is no authority: what it signed counts for nothing.
    const Identity by_server = signed_for("DNS:localhost", &self_signed);
    CHECK(outcome(by_server, "localhost", self_signed).cause == Cause::tls_untrusted);
}

TEST_CASE("tls: without a file of authorities, the system's are asked") {
    const PeerServer server({.identity = &good_identity()});
    Loop loop;
    ClientConnection client(loop, tls_request(RtmpRole::publish, server.port()));
    CHECK(ending_of(loop, client).cause == Cause::tls_untrusted);
}

TEST_CASE("tls: a file of authorities that cannot be used is named") {
    const TemporaryFolder folder;
    for (const auto& file : {folder.path() / "missing.pem", folder.write("empty.pem", ""),
                             folder.write("no.pem", "no certificate"), folder.path()}) {
        const PeerServer server({.identity = &good_identity()});
        Loop loop;
        auto asked = tls_request(RtmpRole::publish, server.port());
        asked.ca_file = file;
        ClientConnection client(loop, asked);
        const auto ending = ending_of(loop, client);
        CHECK(ending.cause == Cause::tls_failed);
        CHECK(ending.detail.find(file.string()) != std::string::npos);
    }
}

TEST_CASE("tls: a server that speaks no TLS, or none that is new enough, is told from a bad one") {
    const TemporaryFolder folder;
    const std::string authority = folder.write("ca.pem", test_authority().pem());
    const auto ask = [&](const PeerServer& server) {
        auto asked = tls_request(RtmpRole::publish, server.port());
        asked.ca_file = authority;
        asked.connect_deadline = 2s;
        return asked;
    };
    SUBCASE("TLS 1.1") {
        const PeerServer server({.identity = &good_identity(), .newest_tls = TLS1_1_VERSION});
        Loop loop;
        ClientConnection client(loop, ask(server));
        const auto ending = ending_of(loop, client);
        CHECK(ending.cause == Cause::tls_failed);
        CHECK(ending.detail.find("TLS's handshake: ") != std::string::npos);
    }
    SUBCASE("plain RTMP, which closes") {
        const PeerServer server({.act = Act::close, .at = Step::handshake});
        Loop loop;
        ClientConnection client(loop, ask(server));
        CHECK(ending_of(loop, client).cause == Cause::tls_failed);
    }
    SUBCASE("plain RTMP, which resets when it has read") {
        const Listener listener;
        Loop loop;
        ClientConnection client(loop, tls_request(RtmpRole::publish, listener.port()));
        Fd peer;
        CHECK(run_until(loop, [&] {
            if (!peer.is_open() && wait_readable(listener.fd(), Deadline::after(0ms))) {
                peer = listener.accept();
            }
            return peer.is_open() && wait_readable(peer, Deadline::after(0ms));
        }));
        reset(peer);
        const auto ending = ending_of(loop, client);
        CHECK(ending.cause == Cause::tls_failed);
        CHECK(ending.detail.find("Connection reset by peer") != std::string::npos);
    }
    SUBCASE("plain words") {
        const Listener listener;
        Loop loop;
        auto asked = tls_request(RtmpRole::publish, listener.port());
        ClientConnection client(loop, asked);
        std::optional<Fd> peer;
        CHECK(run_until(loop, [&] {
            if (!peer && wait_readable(listener.fd(), Deadline::after(0ms))) {
                peer = listener.accept();
                write_all(*peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
            }
            return client.ending().has_value();
        }));
        const auto ending = ending_of(loop, client);
        CHECK(ending.cause == Cause::tls_failed);
        CHECK(ending.detail.find("wrong version number") != std::string::npos);
    }
}

TEST_CASE("tls: a server that never answers TLS's handshake") {
    const PeerServer server({.act = Act::fall_silent, .at = Step::handshake});
    Loop loop;
    auto asked = tls_request(RtmpRole::publish, server.port());
    asked.connect_deadline = 300ms;
    ClientConnection client(loop, asked);
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::handshake_timed_out);
    CHECK(ending.detail.find("no answer to TLS's handshake in 0.3 s") != std::string::npos);
}

TEST_CASE("tls: finished or destroyed after any number of turns, nothing is left") {
    const TemporaryFolder folder;
    const std::string authority = folder.write("ca.pem", test_authority().pem());
    const auto before = count_descriptors();
    for (int turns = 0; turns < 12; ++turns) {
        for (const bool says_goodbye : {false, true}) {
            const PeerServer server({.tags = video_tags(3, 5000), .identity = &good_identity()});
            Loop loop;
            auto asked = tls_request(RtmpRole::play, server.port());
            asked.ca_file = authority;
            ClientConnection client(loop, asked);
            for (int i = 0; i < turns; ++i) loop.run_once(Deadline::after(2ms));
            if (!says_goodbye) continue;
            client.finish(long_enough());
            CHECK(ending_of(loop, client) == RtmpEnding{Cause::stopped});
        }
    }
    CHECK(count_descriptors() == before);
}

TEST_CASE("tls: a peer's close is seen at once while nothing is sent, with and without words") {
    const TemporaryFolder folder;
    for (const bool is_reset : {false, true}) {
        PeerServer server({.identity = &good_identity()});
        Loop loop;
        auto asked = tls_request(RtmpRole::publish, server.port());
        asked.ca_file = folder.write("ca.pem", test_authority().pem());
        ClientConnection client(loop, asked);
        REQUIRE(accepted(loop, client));
        is_reset ? server.reset() : server.close();
        CHECK(ending_of(loop, client).cause == (is_reset ? Cause::reset : Cause::closed));
    }
}
