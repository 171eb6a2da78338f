#include "server/embedded_settings.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "server/publications_writer.hpp"
#include "temporary_folder.hpp"

using namespace restream;

TEST_CASE("embedded settings: what the user says is what the server does") {
    IngestConfig config;
    config.listen_host = "0.0.0.0";
    config.listen_port = 1936;
    config.url = "rtmp://127.0.0.1:1936/live//a?x=1";
    config.publish_key = KeyText{Secret("k4")};
    config.allow_publish = {"192.168.1.0/24"};
    config.allow_play = {"10.0.0.1", "fd00::/8"};
    config.takeover_after = std::nullopt;
    config.backup = "second";
    config.backup_return_after = std::chrono::seconds(20);
    const EmbeddedSettings settings = embedded_settings(config, Secret("k4"));
    CHECK(settings.listen_host == "0.0.0.0");
    CHECK(settings.listen_port == 1936);
    CHECK(settings.admission.base_path == "live/a");
    CHECK(settings.admission.publish_key == Secret("k4"));
    REQUIRE(settings.admission.publishers.size() == 1);
    CHECK(settings.admission.publishers[0].contains(*IpAddress::parse("192.168.1.7")));
    CHECK(settings.admission.players.size() == 2);
    CHECK(!settings.publications.takeover_after.has_value());
    CHECK(settings.admission.backup == "second");
    CHECK(settings.publications.backup_return_after == std::chrono::seconds(20));
}

TEST_CASE("embedded settings: without a reference there is no key, and a silence is 3 s") {
    const EmbeddedSettings settings = embedded_settings(IngestConfig(), Secret());
    CHECK(settings.admission.base_path == "live");
    CHECK(!settings.admission.publish_key.has_value());
    CHECK(settings.publications.takeover_after == std::chrono::seconds(3));
}

TEST_CASE("embedded settings: what is no address is refused") {
    for (const char* bad : {"", "host", "1.2.3", "1.2.3.4/33", "fe80::1%eth0"}) {
        CAPTURE(bad);
        IngestConfig config;
        config.allow_play = {bad};
        CHECK_THROWS_AS(embedded_settings(config, Secret()), Error);
    }
}

TEST_CASE("publications writer: the last record is written when it goes") {
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "publications.json";
    PublicationsRecord record;
    {
        PublicationsWriter writer(path);
        for (std::uint32_t i = 1; i <= 50; ++i) {
            record.connections = i;
            writer.write(record);
        }
    }
    CHECK(publications_from_json(folder.read("publications.json")) == record);
}

TEST_CASE("publications writer: what cannot be replaced is removed") {
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "publications.json";
    std::filesystem::create_directory(path);  // no file can take its place
    PublicationsWriter(path).write({});
    CHECK(!std::filesystem::exists(path));
    PublicationsWriter(path).write({});
    CHECK(publications_from_json(folder.read("publications.json")).has_value());
}
