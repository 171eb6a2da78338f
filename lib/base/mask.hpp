// Where a secret stands in a text, and where the same letters are an ordinary word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace restream {

/// What a text is, so what may be masked in it.
enum class MaskIn {
    /// A log line of ours or of a library. A key of fewer than eight characters is masked only
    /// where a key can stand: in a URL. Else a key like "live" would blank that word in every line.
    log,
    /// What a server says: it may quote the key anywhere. One of eight characters or more is masked
    /// wherever it stands.
    server_words,
};

/// `text` with *** for the secret.
///
/// Long enough, and with more than letters in it, it is masked wherever it stands; one that reads
/// like a word, "recording", only as a whole one. In a URL it is masked as a part of the path
/// behind the first, which is the app; as the value of a query; and as user or password.
std::string mask_secret(std::string_view text, std::string_view secret, MaskIn where);

/// At most fifteen letters, "-" and "_": it may be a word of a sentence.
bool reads_like_word(std::string_view secret);

}  // namespace restream
