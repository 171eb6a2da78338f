// What the embedded server remembers of the connections that it ended.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace restream {

/// A client that the server cut off. A value.
struct CutOff {
    enum class Role {
        publisher,
        player,
        client,    ///< it finished the handshake, and neither published nor played
        stranger,  ///< it never finished the handshake: a scanner, or another protocol
    };
    Role role = Role::stranger;
    WallTime when{};  ///< the last time
    std::string address{};
    std::string software{};   ///< as it calls itself; may be empty
    std::string code{};       ///< of cut_off_words
    std::string detail{};     ///< more words, without secrets; may be empty
    std::uint32_t times = 1;  ///< of the same, since the server started

    bool operator==(const CutOff&) const = default;
};

/// "publisher", "player", "client", "stranger".
std::string_view cut_off_role_name(CutOff::Role role);
/// Nothing for any other name.
bool read_cut_off_role(std::string_view name, CutOff::Role& role);
/// "sent bytes that are not valid RTMP: chunk stream 5 begins with a header of type 3".
std::string describe_cut_off(const CutOff& cut_off);

/// The latest kinds, in bounded memory whatever the network does. One address with one reason is
/// one entry. Strangers have places of their own, so that a port scan does not push out the
/// publisher that the user looks for. Of one address that fills the places, the oldest entry goes
/// first.
class CutOffs {
  public:
    static constexpr std::size_t most_known = 8;
    static constexpr std::size_t most_strangers = 4;

    void note(CutOff cut_off);
    /// Closed without having sent a byte, as port scans and checks do: counted, and no news.
    void note_silent_visit() { ++silent_visits_; }

    /// The latest first.
    std::vector<CutOff> latest() const;
    std::uint64_t total() const { return total_; }
    std::uint64_t silent_visits() const { return silent_visits_; }

  private:
    std::deque<CutOff> known_;  ///< the latest first, as strangers_
    std::deque<CutOff> strangers_;
    std::uint64_t total_ = 0;
    std::uint64_t silent_visits_ = 0;
};

}  // namespace restream
