#include "ingest/publication_words.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "ingest/address.hpp"
#include "ingest/cut_offs.hpp"
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

std::chrono::seconds since(WallTime when, WallTime now) {
    return std::max(std::chrono::duration_cast<std::chrono::seconds>(now - when),
                    std::chrono::seconds(0));
}

std::string who(const std::string& address, const std::string& software) {
    return address + (software.empty() ? "" : ", " + software);
}

PublisherTrouble refused_publisher(const IngestRefusal& refusal, const IngestConfig& config,
                                   WallTime now) {
    const auto ago = since(refusal.when, now);
    const std::string publisher = who(refusal.address, refusal.software);
    const Term why{std::string(code_of_refusal(refusal.problem)), refusal.problem};
    return config.has_publish_key() ? trouble("publisher_refused_by_key", ago, why, publisher)
                                    : trouble("publisher_refused_by_address", ago, why, publisher);
}

/// Whether it may be the program that the user waits for: no scanner, and no player.
bool may_publish(const CutOff& cut_off) {
    return cut_off.role == CutOff::Role::publisher || cut_off.role == CutOff::Role::client ||
           cut_off.code == "tls";
}

PublisherTrouble cut_off_publisher(const CutOff& cut_off, const IngestConfig& config,
                                   WallTime now) {
    const auto ago = since(cut_off.when, now);
    const std::string publisher = who(cut_off.address, cut_off.software);
    if (cut_off.code == "tls") {
        return trouble("publisher_spoke_tls", ago, publisher, publish_url(config));
    }
    return trouble("publisher_cut_off", ago, Term{cut_off.code, describe_cut_off(cut_off)},
                   publisher);
}

/// The latest in the list, which begins with it; nothing where it was too long ago.
template <typename Each, typename IsMeant>
const Each* latest(const std::vector<Each>& list, WallTime now, IsMeant is_meant) {
    const auto found = std::ranges::find_if(
        list, [&](const Each& each) { return is_meant(each) && now - each.when <= lately; });
    return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::optional<PublisherTrouble> publisher_trouble(const PublicationsRecord& record,
                                                  const IngestConfig& config, WallTime now) {
    if (record.played(played_path(config)) != nullptr) return std::nullopt;
    if (!record.publications.empty()) return stray_publisher(record.publications.front(), config);
    const auto* refusal = latest(record.refusals, now, [](const IngestRefusal& each) {
        return each.wish == IngestRefusal::Wish::publish;
    });
    const auto* cut_off = latest(record.cut_offs, now, may_publish);
    if (cut_off != nullptr && (refusal == nullptr || refusal->when < cut_off->when)) {
        return cut_off_publisher(*cut_off, config, now);
    }
    if (refusal == nullptr) return std::nullopt;
    return refused_publisher(*refusal, config, now);
}

}  // namespace restream
