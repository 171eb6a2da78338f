#include "process/two_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "process/rtmp_tags.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

std::string TwoServers::url(const TcpProxy& line) {
    return fmt::format("rtmp://127.0.0.1:{}/live", line.port());
}

void TwoServers::add(const std::string& mode, const std::string& more) const {
    world.add(
        "youtube", url(primary_line), key,
        fmt::format("backup_url = \"{}\"\nbackup = \"{}\"\n{}", url(backup_line), mode, more));
}

void TwoServers::publish() {
    publish_numbers(publisher, world.ingest_url());
    REQUIRE(world.wait_ingest("live"));
}

bool TwoServers::wait_backup(const std::function<bool(const json&)>& is_so) const {
    return world.wait_status("youtube", [&](const json& each) {
        return each["backup"].is_object() && is_so(each["backup"]);
    });
}

bool TwoServers::wait_backup_state(const std::string& state) const {
    return wait_backup([&](const json& each) { return each["state"] == state; });
}

bool TwoServers::wait_standby() const {
    return wait_backup([](const json& each) {
        return each["state"] == "waiting" && each["reason"].is_object() &&
               each["reason"]["code"] == "standby";
    });
}

bool TwoServers::wait_confirmed() const {
    return world.wait_status(
        "youtube", [](const json& each) { return each["confirmed"] == true; }, seconds(60));
}

void TwoServers::break_primary() {
    primary_line.set_mode(TcpProxy::Mode::refuse);
    primary_line.cut();
}

void TwoServers::check_no_key() const {
    CHECK(!has(world.logs(), key));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.state())) {
        if (!entry.is_regular_file()) continue;
        CHECK_MESSAGE(!has(content_of(entry.path()), key), entry.path().string());
    }
}

std::optional<SteadyTime> keyframe_at(const TagServer::Session& session) {
    const auto is_keyframe = [](const Tag& tag) {
        if (tag.type != TagType::video) return false;
        const auto facts = video_facts(tag.bytes());
        return facts && facts->is_keyframe && !facts->is_sequence_header;
    };
    const auto found = std::ranges::find_if(session.tags, is_keyframe);
    if (found == session.tags.end()) return std::nullopt;
    return session.arrivals[static_cast<std::size_t>(found - session.tags.begin())];
}

void check_no_loss(const TagServer::Session& session) {
    const Numbers numbers = numbers_of(session.tags);
    CHECK(numbers.count > 100);
    CHECK(numbers.gaps == 0);
}

}  // namespace restream::test
