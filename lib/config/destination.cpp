// What may be shown of a destination; what may name one.
#include "config/destination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "config/url.hpp"

namespace restream {

namespace {

std::string shown(const std::string& url, const KeyReference& key) {
    const bool has_key = !std::holds_alternative<std::monostate>(key);
    return masked_url(url, has_key ? Playpath::is_elsewhere : Playpath::is_last_segment);
}

constexpr std::array backup_names = {std::pair(Backup::off, std::string_view("off")),
                                     std::pair(Backup::failover, std::string_view("failover")),
                                     std::pair(Backup::both, std::string_view("both"))};

constexpr std::array loss_names = {std::pair(OnIngestLoss::hold, std::string_view("hold")),
                                   std::pair(OnIngestLoss::slate, std::string_view("slate")),
                                   std::pair(OnIngestLoss::close, std::string_view("close"))};

/// REQUIRES: it is in the table.
template <class Table, class Value>
std::string_view name_of(const Table& table, Value value) {
    return std::ranges::find(table, value, &Table::value_type::first)->second;
}

template <class Table>
auto parse_name(const Table& table, std::string_view name) {
    const auto* const found = std::ranges::find(table, name, &Table::value_type::second);
    return found == table.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view backup_name(Backup backup) { return name_of(backup_names, backup); }
std::optional<Backup> parse_backup(std::string_view name) { return parse_name(backup_names, name); }

std::string_view on_ingest_loss_name(OnIngestLoss loss) { return name_of(loss_names, loss); }
std::optional<OnIngestLoss> parse_on_ingest_loss(std::string_view name) {
    return parse_name(loss_names, name);
}

std::optional<unsigned> parse_file_mode(std::string_view text) {
    if (text.size() == 4 && text.front() == '0') text.remove_prefix(1);
    constexpr unsigned own = 0600;
    constexpr unsigned most = 0666;
    unsigned mode = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
    const bool is_number = text.size() == 3 && error == std::errc() && stop == end;
    if (!is_number || (mode & own) != own || (mode & ~most) != 0) return std::nullopt;
    return mode;
}

std::string file_mode_text(unsigned mode) { return fmt::format("{:04o}", mode); }

std::string Destination::display_url() const { return shown(url, key); }

std::string Destination::display_backup_url() const { return shown(backup_url, key); }

bool are_same_playlist(const Destination& one, const Destination& other) {
    return one.url == other.url && one.url.starts_with("file:") && one.url.ends_with(".m3u8");
}

std::optional<std::string> name_problem(std::string_view name) {
    constexpr std::size_t longest = 32;
    if (name.empty()) return "a name can't be empty";
    if (name.size() > longest) return fmt::format("a name has at most {} characters", longest);
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto is_allowed = [&](char c) { return is_plain(c) || c == '_' || c == '-'; };
    if (!std::all_of(name.begin(), name.end(), is_allowed) || !is_plain(name.front())) {
        return "a name is made of a-z, 0-9, \"-\" and \"_\", and begins with a letter or a digit";
    }
    constexpr std::array<std::string_view, 4> devices = {"con", "prn", "aux", "nul"};
    const bool is_port = name.size() == 4 && (name.starts_with("com") || name.starts_with("lpt")) &&
                         name[3] >= '0' && name[3] <= '9';
    if (is_port || std::find(devices.begin(), devices.end(), name) != devices.end()) {
        return "Windows keeps this name for a device";
    }
    return std::nullopt;
}

}  // namespace restream
