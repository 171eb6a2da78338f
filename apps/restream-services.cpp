// restream services: the platforms known by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "config/platform.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

struct Options {
    bool as_json = false;
    bool only_names = false;
};

const char* word_for(KeyLifetime lifetime) {
    switch (lifetime) {
        case KeyLifetime::forever:
            return "forever";
        case KeyLifetime::broadcast:
            return "broadcast";
        case KeyLifetime::once:
            return "once";
    }
    return "";
}

void print_json(const Platforms& services) {
    const auto known = [](int number) { return number == 0 ? Json() : Json(number); };
    const auto given = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    Json list = Json::array();
    for (const Platform& one : services.list) {
        list.push_back({{"id", one.id},
                        {"name", one.name},
                        {"url", given(one.url)},
                        {"backup_url", given(one.backup_url)},
                        {"backup", one.backup_url.empty() ? Json() : Json(backup_name(one.backup))},
                        {"keyframe_interval_s", known(one.keyframe_interval_s)},
                        {"max_video_kbps", known(one.max_video_kbps)},
                        {"max_audio_kbps", known(one.max_audio_kbps)},
                        {"codecs", one.codecs},
                        {"key_lifetime", word_for(one.key_lifetime)},
                        {"late_refusal_ms", one.late_refusal.count()},
                        {"key_page", given(one.key_page)},
                        {"note", given(one.note)}});
    }
    Json all = {{"schema", 1}, {"date", services.date}, {"services", std::move(list)}};
    all.sort_members();
    fmt::print("{}\n", all.dump(2));
}

using Row = std::array<std::string, 8>;

Row to_row(const Platform& one) {
    const auto rate = [](int kbps) { return kbps == 0 ? "-" : fmt::format("{} kbit/s", kbps); };
    return {one.id,
            one.name,
            one.keyframe_interval_s == 0 ? "-" : fmt::format("{} s", one.keyframe_interval_s),
            rate(one.max_video_kbps),
            rate(one.max_audio_kbps),
            fmt::format("{}", fmt::join(one.codecs, " ")),
            word_for(one.key_lifetime),
            one.url.empty() ? "yours: --url" : one.url};
}

std::string to_table(const std::vector<Row>& rows, const std::array<std::size_t, 8>& widths) {
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            text += row[i] + std::string(widths[i] - columns_of(row[i]) + 2, ' ');
        }
        text += row.back() + "\n";
    }
    return text;
}

/// A platform in lines of its own, for terminals that are too narrow for the table.
std::string to_block(const Row& row) {
    std::string text = fmt::format("{}: {}\n  ", row[0], row[1]);
    if (row[2] != "-") text += fmt::format("keyframe {}, ", row[2]);
    if (row[3] != "-") text += fmt::format("video {}, ", row[3]);
    if (row[4] != "-") text += fmt::format("audio {}, ", row[4]);
    return text + fmt::format("{}, key {}\n  {}\n", row[5], row[6], row[7]);
}

void print_table(const Platforms& services) {
    std::vector<Row> rows = {
        {"ID", "PLATFORM", "KEYFRAME", "VIDEO", "AUDIO", "CODECS", "KEY", "URL"}};
    for (const Platform& one : services.list) rows.push_back(to_row(one));
    std::array<std::size_t, 8> widths{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns_of(row[i]));
        }
    }
    const std::size_t all = std::accumulate(widths.begin(), widths.end(), 2 * (widths.size() - 1));
    if (all <= line_width(StandardHandle::output)) {
        fmt::print("{}\n", to_table(rows, widths));
    } else {
        for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
            print_lines(StandardHandle::output, to_block(*row));
        }
        fmt::print("\n");
    }
    print_lines(StandardHandle::output, fmt::format("Presets of {}. Keyframe interval and rates: "
                                                    "at most. Key: how long a stream key works.\n"
                                                    "Where a platform shows you another URL, that "
                                                    "one is right: restream add NAME --service "
                                                    "ID --url URL\n",
                                                    services.date));
}

int list(const Options& options) {
    const Platforms services = load_platforms(share_directory());
    if (options.as_json) {
        print_json(services);
    } else if (options.only_names) {
        for (const Platform& one : services.list) fmt::print("{}\n", one.id);
    } else {
        print_table(services);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("services", "Lists the platforms known by name.", argc, argv,
                       [](Arguments& arguments) {
                           auto options = std::make_shared<Options>();
                           arguments.flag("--json", options->as_json, "as JSON");
                           arguments.flag("--names", options->only_names,
                                          "only the names that add --service takes", "--json");
                           return [options] { return list(*options); };
                       });
}
