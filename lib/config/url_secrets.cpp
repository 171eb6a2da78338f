#include "config/url_secrets.hpp"

#include <charconv>
#include <string>
#include <utility>

#include "config/url.hpp"

namespace restream {

std::vector<Secret> url_secrets(std::string_view url) {
    const auto read = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr || parts->user_info.empty()) return {};
    std::vector<Secret> secrets = {Secret(parts->user_info)};
    const auto colon = parts->user_info.find(':');
    if (colon == std::string::npos) return secrets;
    const std::string password = parts->user_info.substr(colon + 1);
    std::string decoded;
    for (std::size_t i = 0; i < password.size(); ++i) {
        int value = 0;
        const char* begin = password.data() + i + 1;
        const bool is_whole = password[i] == '%' && i + 2 < password.size();
        if (is_whole && std::from_chars(begin, begin + 2, value, 16).ptr == begin + 2) {
            decoded += static_cast<char>(value);
            i += 2;
        } else {
            decoded += password[i];
        }
    }
    secrets.emplace_back(password);
    if (decoded != password) secrets.emplace_back(std::move(decoded));
    return secrets;
}

}  // namespace restream
