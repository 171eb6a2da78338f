// Words that a peer said, made fit to be shown: no secrets, no control characters, not too long.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

/// UTF-8 on one line: what is invalid or a control is a blank, and what nobody would see is made
/// visible; at most so many bytes, in whole characters.
std::string clean_words(std::string_view text, std::size_t longest_bytes);

/// Hides what must not be shown wherever a peer echoes it. A secret of fewer than four characters,
/// or one that reads like a word, is hidden only where it stands as a word of its own.
class SecretMask {
  public:
    SecretMask() = default;
    /// The playpath, and what stands before its query; values of queries; user info.
    explicit SecretMask(const RtmpEndpoint& endpoint);

    /// This text, what stands before its query, and the values in its query.
    void hide(const Secret& name);
    /// Only the values in its query.
    void hide_query(std::string_view text);
    /// Cleaned, with *** in place of secrets and of the query of any URL.
    std::string apply(std::string_view text) const;
    /// The same, but for a code of RTMP's own ("NetStream.Publish.BadName"), which has no secrets:
    /// a key like "Publish" blanks none of it.
    std::string apply_to_code(std::string_view code) const;

  private:
    void add(std::string_view secret);

    std::vector<Secret> secrets_;  ///< longest first
};

}  // namespace restream
