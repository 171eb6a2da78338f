#include "server/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "ingest/refusal_words.hpp"

namespace restream {

namespace {

/// **Source**: an app and a playpath as OBS and FFmpeg can say them are shorter.
constexpr std::size_t longest_path_bytes = 1024;
constexpr std::size_t longest_shown_bytes = 64;

constexpr const char* bad_name = "NetStream.Publish.BadName";
constexpr const char* denied = "NetStream.Publish.Denied";
constexpr const char* play_failed = "NetStream.Play.Failed";

/// Appends the parts before the query, each behind a slash but the first.
void append_parts(std::string_view text, std::string& path) {
    text = text.substr(0, text.find('?'));
    while (!text.empty()) {
        const auto slash = text.find('/');
        const std::string_view part = text.substr(0, slash);
        if (!part.empty()) {
            if (!path.empty()) path += '/';
            path += part;
        }
        text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
    }
}

bool holds(const std::vector<Network>& networks, const Visitor& visitor) {
    return std::ranges::any_of(networks,
                               [&](const Network& each) { return each.contains(visitor.address); });
}

bool is_path(const Secret& path) {
    return !path.is_empty() && path.reveal().size() <= longest_path_bytes;
}

}  // namespace

std::string place_of(const Visitor& visitor) {
    if (visitor.is_local) {
        return visitor.user ? fmt::format("user {} here", *visitor.user) : "here";
    }
    if (visitor.address.is_v4()) return visitor.address.text();
    std::array<std::uint8_t, 16> network = visitor.address.bytes();
    std::fill(network.begin() + 8, network.end(), std::uint8_t(0));
    return IpAddress(network).text() + "/64";
}

Secret publication_path(const Secret& app, const Secret& name) {
    std::string path;
    append_parts(app.reveal(), path);
    append_parts(name.reveal(), path);
    return Secret(std::move(path));
}

std::string shown_path(const Secret& path, std::string_view base_path) {
    if (path.reveal() == base_path) return std::string(base_path);
    const std::string& text = path.reveal();
    std::string shown = text.substr(0, std::min(text.find('/'), longest_shown_bytes));
    for (char& each : shown) {
        if (each < 0x20 || each > 0x7e) each = '?';
    }
    if (text.find('/') != std::string::npos) shown += "/***";
    return shown;
}

Admission::Admission(AdmissionRules rules) : rules_(std::move(rules)) {
    rules_.base_path = publication_path(Secret(rules_.base_path), Secret()).reveal();
    if (!rules_.backup.empty()) {
        backup_path_ = publication_path(Secret(rules_.base_path), Secret(rules_.backup)).reveal();
    }
    if (!rules_.publish_key) return;
    const std::string& key = rules_.publish_key->reveal();
    keyed_path_ = publication_path(Secret(rules_.base_path), *rules_.publish_key);
    if (key.find_first_of("?%") != std::string::npos || keyed_path_.reveal() == rules_.base_path) {
        throw Error(ErrorKind::config,
                    "[ingest] publish_key is empty, or has a \"?\" or \"%\", which encoders send "
                    "in ways of their own; use letters and digits, such as 'openssl rand -hex 16' "
                    "prints");
    }
    if (rules_.backup.empty()) return;
    keyed_backup_path_ = publication_path(keyed_path_, Secret(rules_.backup));
    if (keyed_path_.reveal() == backup_path_) {
        throw Error(ErrorKind::config,
                    "[ingest] backup is the publish_key, but the backup's name is shown; give it "
                    "another name, such as \"backup\"");
    }
}

std::optional<Secret> Admission::keyed(const Secret& path) const {
    if (!rules_.publish_key) return std::nullopt;
    const bool is_primary = equal_in_constant_time(path.reveal(), keyed_path_.reveal());
    const bool is_backup = equal_in_constant_time(path.reveal(), keyed_backup_path_.reveal());
    if (is_primary) return Secret(rules_.base_path);
    if (is_backup && !backup_path_.empty()) return Secret(backup_path_);
    return std::nullopt;
}

bool Admission::is_own(const Visitor& visitor) const {
    constexpr std::uint32_t root = 0;
    return visitor.is_local && rules_.owner && visitor.user &&
           (visitor.user == rules_.owner || visitor.user == root);
}

std::string Admission::shown(const Secret& path) const {
    const bool is_backup = !backup_path_.empty() && path.reveal() == backup_path_;
    return is_backup ? backup_path_ : shown_path(path, rules_.base_path);
}

bool Admission::shows_key(const Secret& path) const {
    return rules_.publish_key && path.reveal().starts_with(rules_.base_path + "/") &&
           path.reveal() != backup_path_;
}

bool Admission::shows_key(const Secret& app, const Secret& name) const {
    return shows_key(publication_path(app, name));
}

std::variant<Secret, AdmissionRefusal> Admission::publish(const Visitor& from, const Secret& app,
                                                          const Secret& name,
                                                          KeyTry key_try) const {
    const bool is_from_anywhere = rules_.publish_key && rules_.publishers.empty();
    if (!is_from_anywhere && !from.is_local && !holds(rules_.publishers, from)) {
        return AdmissionRefusal{denied, words_of_refusal("publishing_not_allowed")};
    }
    const Secret path = publication_path(app, name);
    if (!is_path(path)) return AdmissionRefusal{bad_name, words_of_refusal("bad_path")};
    if (!rules_.publish_key) return path;
    if (shows_key(path) && key_try == KeyTry::withheld) {
        return AdmissionRefusal{bad_name, words_of_refusal("too_many_wrong_keys")};
    }
    if (auto admitted = keyed(path)) return std::move(*admitted);
    const std::string& text = path.reveal();
    if (text == rules_.base_path) return AdmissionRefusal{bad_name, words_of_refusal("no_key")};
    if (text.starts_with(rules_.base_path + "/")) {
        AdmissionRefusal refusal{bad_name, words_of_refusal("wrong_key")};
        refusal.is_wrong_key = true;
        return refusal;
    }
    return AdmissionRefusal{bad_name, words_of_refusal("other_path")};
}

std::variant<Secret, AdmissionRefusal> Admission::play(const Visitor& from, const Secret& app,
                                                       const Secret& name, KeyTry key_try) const {
    const bool is_allowed = holds(rules_.players, from);
    if (!is_allowed && !from.is_local) {
        return AdmissionRefusal{play_failed, words_of_refusal("playing_not_allowed")};
    }
    if (!is_allowed && rules_.owner && !is_own(from)) {
        return AdmissionRefusal{play_failed, words_of_refusal("playing_not_allowed_to_user")};
    }
    Secret path = publication_path(app, name);
    if (!is_path(path)) return AdmissionRefusal{play_failed, words_of_refusal("bad_path")};
    if (shows_key(path) && key_try == KeyTry::withheld) {
        return AdmissionRefusal{play_failed, words_of_refusal("too_many_wrong_keys")};
    }
    // Somebody who plays what he typed into the encoder means the same.
    if (auto meant = keyed(path)) return std::move(*meant);
    return path;
}

bool may_take_over(std::optional<Milliseconds> after, SteadyClock::duration silence) {
    return after && silence >= *after;
}

}  // namespace restream
