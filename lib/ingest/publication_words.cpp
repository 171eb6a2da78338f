#include "ingest/publication_words.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "ingest/address.hpp"
#include "ingest/refusal_words.hpp"

namespace restream {

namespace {

/// A refusal that is older says nothing about who is missing now: OBS tries again every 15 s.
constexpr auto lately = std::chrono::minutes(10);

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }

template <class... Each>
PublisherTrouble trouble(std::type_identity_t<RowOf<publisher_troubles, sizeof...(Each)>> row,
                         Each&&... values) {
    Told told = tell(*row, {Value(std::forward<Each>(values))...});
    return {std::move(told.message), std::move(told.cause), std::move(told.remedy),
            std::move(told.code), std::move(told.values)};
}

PublisherTrouble stray_publisher(const PublicationRecord& stray, const IngestConfig& config) {
    const std::string played = played_path(config);
    const std::string_view app = first_part(played);
    const bool has_name = played.size() > app.size();
    if (first_part(stray.path) != app) {
        return trouble("publisher_application", stray.path,
                       std::string(app) + (has_name ? "/***" : ""), publish_url(config));
    }
    return has_name ? trouble("publisher_key_differs", app) : trouble("publisher_key_unused", app);
}

PublisherTrouble refused_publisher(const IngestRefusal& refusal, const IngestConfig& config,
                                   WallTime now) {
    const auto ago = std::max(std::chrono::duration_cast<std::chrono::seconds>(now - refusal.when),
                              std::chrono::seconds(0));
    const std::string publisher =
        refusal.address + (refusal.software.empty() ? "" : ", " + refusal.software);
    const Term why{std::string(code_of_refusal(refusal.problem)), refusal.problem};
    return config.has_publish_key() ? trouble("publisher_refused_by_key", ago, why, publisher)
                                    : trouble("publisher_refused_by_address", ago, why, publisher);
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
