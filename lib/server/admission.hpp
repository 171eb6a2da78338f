// Who may publish and play at the embedded server, and under which path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "server/network.hpp"

namespace restream {

/// app and name of a publisher or player as one path: queries and empty parts removed, so that it
/// is the same wherever the encoder puts the slash. "live" and "" is "live"; "live/k4" and "" is
/// "live" and "k4". May hold the stream key.
Secret publication_path(const Secret& app, const Secret& name);
/// As it may be shown: its first part, and `***` for the others, which may be a stream key. The
/// server's own path is no secret.
std::string shown_path(const Secret& path, std::string_view base_path);

/// The user's wishes. A value.
struct AdmissionRules {
    /// **Shape**: as of publication_path().
    std::string base_path;
    /// Publishers must come as `base_path/KEY`, from wherever, and are published as base_path.
    std::optional<Secret> publish_key;
    /// The name behind what the primary publishes, for its backup: `base_path/NAME`, and with a key
    /// `base_path/KEY/NAME`, which is published as `base_path/NAME`. Empty: there is none.
    std::string backup;
    /// Where publishers may come from, beside this machine. Empty: from anywhere with a key;
    /// without one, from this machine alone.
    std::vector<Network> publishers;
    /// Where players may come from, beside the owner's processes on this machine. An address of
    /// this machine allows the processes of all its users.
    std::vector<Network> players;
    /// The user whose processes on this machine may play, as root's may. Nothing where the system
    /// does not say whose process asks: then all of this machine may.
    std::optional<std::uint32_t> owner;
};

/// Who asks, as his socket says it.
struct Visitor {
    IpAddress address;
    /// From loopback, or from an address of this machine's own to the same one.
    bool is_local = false;
    /// Of one who is local: whose process it is, where the system says it.
    std::optional<std::uint32_t> user{};
};

/// What counts as one place, whatever addresses it has: one user of this machine, an IPv4 address,
/// a network of IPv6 (/64). **Source**: RFC 6177, no site gets less.
std::string place_of(const Visitor& visitor);

/// Why somebody may not.
struct AdmissionRefusal {
    std::string code;     ///< for onStatus: "NetStream.Publish.BadName"
    std::string problem;  ///< "wrong stream key": for the peer, and for who asks what went wrong
    /// Whether the log is to have it: the same from the same place is logged once a minute.
    bool is_news = true;
    std::uint32_t times = 1;  ///< of the same, since the server started
    bool is_wrong_key = false;
};

/// Whether the key that somebody shows is looked at.
enum class KeyTry { allowed, withheld };

/// Decides. A value: knows who asks for what, not who is there already.
class Admission {
  public:
    /// **Throws**: Error{config} where the key could never be matched: it is empty, or has "?",
    /// behind which a query begins; and where it is the backup's name, which is shown.
    explicit Admission(AdmissionRules rules);

    /// The path to publish, or to play.
    std::variant<Secret, AdmissionRefusal> publish(const Visitor& from, const Secret& app,
                                                   const Secret& name,
                                                   KeyTry key_try = KeyTry::allowed) const;
    std::variant<Secret, AdmissionRefusal> play(const Visitor& from, const Secret& app,
                                                const Secret& name,
                                                KeyTry key_try = KeyTry::allowed) const;
    /// Whether something stands where the key has to stand. Players may show it, too.
    bool shows_key(const Secret& app, const Secret& name) const;

    /// Whether the system says whose process asks from this machine.
    bool knows_owner() const { return rules_.owner.has_value(); }
    /// Whether it is the owner's process on this machine, or root's.
    bool is_own(const Visitor& visitor) const;

    const std::string& base_path() const { return rules_.base_path; }
    /// Empty where there is no backup.
    const std::string& backup_path() const { return backup_path_; }
    /// As shown_path(); the backup's name is no secret either.
    std::string shown(const Secret& path) const;
    /// Whether strangers are kept from publishing: what listening beyond loopback takes.
    bool is_guarded() const { return rules_.publish_key || !rules_.publishers.empty(); }

  private:
    bool shows_key(const Secret& path) const;
    /// Where `path`, which has the key, leads; nothing for one that has not.
    std::optional<Secret> keyed(const Secret& path) const;

    AdmissionRules rules_;
    std::string backup_path_;
    Secret keyed_path_;         ///< base_path/KEY
    Secret keyed_backup_path_;  ///< base_path/KEY/NAME
};

/// Whether a second publisher of a path may replace the first, which has sent nothing for
/// `silence`. `after`: 0 always, nothing never.
bool may_take_over(std::optional<Milliseconds> after, SteadyClock::duration silence);

}  // namespace restream
