#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "state/relay_name.hpp"

namespace restream {

void Progress::show(const std::vector<std::string>& relays, SteadyTime since) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - since);
    if (!is_shown_ || seconds.count() < 1) return;
    std::vector<std::string> words;
    for (const auto& each : relays) words.push_back(relay_words(each));
    std::string text =
        fmt::format("waiting for {} ({} s)", fmt::join(words, ", "), seconds.count());
    text = cut_to(text, std::max<std::size_t>(line_width(StandardHandle::error), 20) - 1);
    if (text == last_) return;
    last_ = text;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
}

void Progress::clear() {
    if (!last_.empty()) fmt::print(stderr, "\r\x1b[K");
    last_.clear();
}

}  // namespace restream
