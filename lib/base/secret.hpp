// A text that must never be shown: a stream key, a pass phrase.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace restream {

/// A text that formats as `***`. It comes out only through reveal(), so that every place which
/// could leak it is found by grep; the memory is wiped when the last owner lets go of it.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    /// The text itself. Only for the wire, and for the file that keeps it.
    const std::string& reveal() const noexcept { return text_; }
    bool is_empty() const noexcept { return text_.empty(); }
    bool operator==(const Secret& other) const = default;

  private:
    void wipe() noexcept;

    std::string text_;
};

/// Takes as long wherever the two differ, so that nobody finds a secret by measuring.
bool equal_in_constant_time(std::string_view given, std::string_view expected);

}  // namespace restream

template <>
struct fmt::formatter<restream::Secret> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const restream::Secret& secret, Context& context) const {
        return fmt::formatter<std::string_view>::format(secret.is_empty() ? "" : "***", context);
    }
};
