// Makes a slate for relays, which have it started: see lib/worker/slate_keeper.hpp. A child decodes
// the picture and encodes the slate; this writes it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "contain/apart.hpp"
#include "contain/contain.hpp"
#include "media/slate_maker.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"

namespace {

using namespace restream;

/// One for each size and rate that was ever live, and each of the user's pictures: the oldest go.
constexpr std::size_t most_slates = 16;
/// The picture, which may be a photograph, and the encoder for the largest size.
constexpr std::uint64_t makers_memory_bytes = std::uint64_t(2) << 30;
constexpr auto makers_processor = std::chrono::seconds(60);
constexpr auto patience = std::chrono::minutes(5);

struct Options {
    std::string size;
    std::string sound;
    double fps = 30;
    std::string picture;
    std::string file;
};

/// "1920x1080"
std::pair<int, int> two_numbers(const std::string& option, const std::string& text) {
    std::pair<int, int> numbers;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, numbers.first);
    if (first.ec == std::errc() && first.ptr != end && *first.ptr == 'x') {
        const auto second = std::from_chars(first.ptr + 1, end, numbers.second);
        if (second.ec == std::errc() && second.ptr == end) return numbers;
    }
    throw Error(ErrorKind::usage,
                fmt::format("{} is '{}'; write two numbers with an x between", option, text));
}

SlateShape shape_of(const Options& options) {
    const auto [width, height] = two_numbers("--size", options.size);
    const auto [rate, channels] = two_numbers("--sound", options.sound);
    MediaFacts live;
    live.video = VideoTrack{.codec = "h264", .width = width, .height = height, .fps = options.fps};
    live.audio = AudioTrack{.codec = "aac", .sample_rate_hz = rate, .channels = channels};
    const auto shape = slate_shape(live);
    if (!shape) throw Error(ErrorKind::usage, "no encoder takes that size or rate");
    return *shape;
}

void remove_oldest(const std::filesystem::path& folder) {
    std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> slates;
    std::error_code ignored;
    for (const auto& path : paths_in(folder)) {
        if (path.extension() != ".flv") continue;
        slates.emplace_back(std::filesystem::last_write_time(path, ignored), path);
    }
    if (slates.size() <= most_slates) return;
    std::ranges::sort(slates);
    slates.resize(slates.size() - most_slates);
    for (const auto& [time, path] : slates) std::filesystem::remove(path, ignored);
}

/// What is left from here on: the folder of slates.
void contain_for(const std::filesystem::path& folder) {
    const Containment::Paths paths = {folder.empty() ? std::filesystem::path(".") : folder};
    Containment rest;
    rest.may_signal = true;  // who decodes is ended when it is late
    rest.calls = SystemCalls::of_a_listener;
    rest.readable = paths;
    rest.writable = paths;
    rest.ports.emplace();
    rest.memory_bytes = makers_memory_bytes;
    contain(rest);
}

int make(const Options& options) {
    const SlateShape shape = shape_of(options);
    std::optional<PictureFile> picture;
    Apart how;
    if (!options.picture.empty()) {
        picture.emplace(options.picture);
        how.keeps = {&picture->descriptor()};
    }
    how.memory_bytes = makers_memory_bytes;
    how.processor = makers_processor;
    how.patience = patience;
    how.longest_result_bytes = longest_slate_bytes;
    const std::filesystem::path file = options.file;
    contain_for(file.parent_path());
    const std::string bytes =
        do_apart(how, [&] { return make_slate(shape, picture ? &*picture : nullptr); }).result;
    if (const auto error = publish_file(file, bytes, Durability::survives_crash)) {
        throw Error(ErrorKind::refused, fmt::format("writing {}: {}", options.file,
                                                    file_fault(file, error).describe()));
    }
    remove_oldest(file.parent_path());  // a slate in the current folder is no relay's
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "slate", "Makes a still picture with silence, as FLV. Started by relays.", argc, argv,
        [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("--size", options->size, "WIDTHxHEIGHT in pixels, even",
                            {.is_required = true});
            arguments.value("--fps", options->fps, "pictures a second");
            arguments.value("--sound", options->sound, "HZxCHANNELS", {.is_required = true});
            arguments.value("--picture", options->picture,
                            "a file with a picture; else a dark one");
            arguments.value("FILE", options->file, "what to write", {.is_required = true});
            return [options] { return make(*options); };
        });
}
