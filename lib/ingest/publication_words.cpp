#include "ingest/publication_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/address.hpp"

namespace restream {

namespace {

/// A refusal that is older says nothing about who is missing now: OBS tries again every 15 s.
constexpr auto lately = std::chrono::minutes(10);

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }

PublisherTrouble stray_publisher(const PublicationRecord& stray, const IngestConfig& config) {
    const std::string played = played_path(config);
    const std::string_view app = first_part(played);
    const bool has_name = played.size() > app.size();
    if (first_part(stray.path) != app) {
        return {fmt::format("somebody publishes to {}, but relays play {}{}", stray.path, app,
                            has_name ? "/***" : ""),
                "OBS's Server names another application than [ingest] url",
                fmt::format("make OBS's Server {}", publish_url(config))};
    }
    if (!has_name) {
        return {fmt::format(
                    "somebody publishes to {} with a stream key, but relays play it without", app),
                "[ingest] url in restream.toml ends with the application",
                "empty OBS's Stream Key field, or add the key to [ingest] url"};
    }
    return {fmt::format("somebody publishes to {} under another stream key than relays play", app),
            "[ingest] url in restream.toml has another stream key than OBS",
            fmt::format("make OBS's Stream Key what follows \"/{}/\" in [ingest] url", app)};
}

PublisherTrouble refused_publisher(const IngestRefusal& refusal, const IngestConfig& config,
                                   WallTime now) {
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - refusal.when);
    return {fmt::format("nobody publishes, and somebody was refused {} ago: {}",
                        describe_duration(std::max(ago, std::chrono::seconds(0))), refusal.problem),
            fmt::format("it came from {}{}", refusal.address,
                        refusal.software.empty() ? "" : ", " + refusal.software),
            config.has_publish_key()
                ? "OBS's Stream Key must be the value of publish_key in restream.toml; 'restream "
                  "ingest status' says what OBS must be given"
                : "add its address to allow_publish in restream.toml, and run 'restream ingest "
                  "reload'"};
}

}  // namespace

std::optional<PublisherTrouble> publisher_trouble(const PublicationsRecord& record,
                                                  const IngestConfig& config, WallTime now) {
    if (record.played(played_path(config)) != nullptr) return std::nullopt;
    if (!record.publications.empty()) return stray_publisher(record.publications.front(), config);
    const auto refusal = std::ranges::find_if(record.refusals, [&](const IngestRefusal& each) {
        return each.wish == IngestRefusal::Wish::publish && now - each.when <= lately;
    });
    if (refusal == record.refusals.end()) return std::nullopt;
    return refused_publisher(*refusal, config, now);
}

}  // namespace restream
