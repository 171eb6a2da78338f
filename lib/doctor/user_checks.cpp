#include "doctor/user_checks.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "doctor/found.hpp"
#include "ingest/address.hpp"
#include "system/paths.hpp"
#include "system/peer_user.hpp"

namespace restream {

namespace {

/// **Source**: passwd(5).
enum Field { name, password, user_id, group_id, comment, home, shell, field_count };
using Fields = std::array<std::string_view, field_count>;

constexpr std::uint32_t first_person = 1000;
constexpr std::uint32_t nobody = 65534;

Fields fields_of(std::string_view line) {
    Fields fields;
    for (std::string_view& each : fields) {
        each = line.substr(0, line.find(':'));
        line.remove_prefix(std::min(line.size(), each.size() + 1));
    }
    return fields;
}

/// Of accounts that nobody logs in to; an empty shell is /bin/sh.
bool is_login_shell(std::string_view shell_path) {
    const std::string_view program = shell_path.substr(shell_path.rfind('/') + 1);
    return program != "nologin" && program != "false";
}

bool is_other_person(const Fields& fields, std::uint32_t user) {
    std::uint32_t id = 0;
    const std::string_view digits = fields[user_id];
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error != std::errc() || stop != digits.data() + digits.size()) return false;
    return id >= first_person && id != nobody && id != user && is_login_shell(fields[shell]);
}

}  // namespace

std::vector<std::string> other_people(std::string_view passwd, std::uint32_t user) {
    std::vector<std::string> names;
    while (!passwd.empty()) {
        const std::string_view line = passwd.substr(0, passwd.find('\n'));
        passwd.remove_prefix(std::min(passwd.size(), line.size() + 1));
        const Fields fields = fields_of(line);
        if (!fields[name].empty() && is_other_person(fields, user))
            names.emplace_back(fields[name]);
    }
    return names;
}

std::vector<std::string> other_people() {
    constexpr std::uintmax_t most_bytes = 4 * 1024 * 1024;
    return other_people(try_read_file("/etc/passwd", most_bytes).value_or(""), this_user());
}

std::vector<Diagnosis> check_other_users(const IngestConfig& config,
                                         const std::vector<std::string>& people, bool knows_users) {
    std::vector<Diagnosis> result;
    if (config.server == IngestServer::external || people.empty()) return result;
    const std::string place = host_and_port(config.listen_host, config.listen_port);
    if (!config.has_publish_key()) {
        result.push_back(found(Severity::warning, "publishing_open_to_users", place, people));
    }
    if (config.server == IngestServer::embedded && !knows_users) {
        result.push_back(found(Severity::warning, "playing_open_to_users", place, people));
    }
    return result;
}

}  // namespace restream
