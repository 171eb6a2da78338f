#include "relay/slate_keeper.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <system_error>

#include "base/error.hpp"
#include "base/paths.hpp"

namespace restream {

namespace {

/// Two seconds of a still picture; the keyframe of a large one.
constexpr std::uintmax_t longest_file = 16 * 1024 * 1024;

/// Which version of the user's picture: another one by the same name is another slate.
std::string picture_mark(const std::filesystem::path& picture) {
    if (picture.empty()) return "plain";
    std::error_code ignored;
    const auto size = std::filesystem::file_size(picture, ignored);
    const auto time = std::filesystem::last_write_time(picture, ignored).time_since_epoch().count();
    const auto text = fmt::format("{}\n{}\n{}", picture.string(), size, time);
    return fmt::format("{:016x}", std::hash<std::string>()(text));
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

void SlateKeeper::look(const MediaFacts& live, const std::filesystem::path& picture) {
    const auto shape = slate_shape(live);
    if (!shape) {
        if (wish_) means_.log("no slate fits what is published now");
        wish_.reset();
        slate_.reset();
        return;
    }
    const Wish wish{*shape, picture};
    if (wish_ != wish) {
        wish_ = wish;
        slate_.reset();
        is_settled_ = false;
    }
    try {
        if (maker_) reap();
        if (!is_settled_ && !maker_) fetch();
    } catch (const Error& error) {
        is_settled_ = true;
        means_.log(fmt::format("there is no slate: {}", error.what()));
    }
}

void SlateKeeper::fetch() {
    const SlateShape& shape = wish_->shape;
    file_ = means_.folder / fmt::format("{}x{}-{}-{}-{}-{}.flv", shape.width, shape.height,
                                        std::lround(shape.fps * 10), shape.sample_rate_hz,
                                        shape.channels, picture_mark(wish_->picture));
    if (!load()) make();
}

/// False where there is no such file, or not a whole one.
bool SlateKeeper::load() {
    const auto bytes = try_read_file(file_, longest_file);
    if (!bytes) return false;
    slate_ = Slate::read({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()},
                         wish_->shape);
    is_settled_ = slate_.has_value();
    return is_settled_;
}

void SlateKeeper::make() {
    make_private_directory(means_.folder);
    const SlateShape& shape = wish_->shape;
    Pipe words = make_pipe();
    SpawnRequest request;
    request.program = means_.programs / "restream-slate";
    request.arguments = {"--size",  fmt::format("{}x{}", shape.width, shape.height),
                         "--fps",   fmt::format("{:.1f}", shape.fps),
                         "--sound", fmt::format("{}x{}", shape.sample_rate_hz, shape.channels)};
    if (!wish_->picture.empty()) {
        request.arguments.insert(request.arguments.end(), {"--picture", wish_->picture.string()});
    }
    request.arguments.push_back(file_.string());
    request.error = &words.write_end;
    request.dies_with_parent = true;
    maker_ = ChildProcess::spawn(request);
    words_ = std::move(words.read_end);
}

/// Looks whether the maker has ended, and what it left.
void SlateKeeper::reap() {
    const auto status = maker_->try_wait();
    if (!status) return;
    maker_.reset();
    if (is_settled_ || load()) return;
    is_settled_ = true;
    std::array<char, 1000> words{};
    const auto count = wait_readable(words_, Deadline::after(Milliseconds(0)))
                           ? read_some(words_, {words.data(), words.size()})
                           : 0;
    const std::string_view said(words.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    means_.log(fmt::format("there is no slate: {}",
                           said.empty() ? "restream-slate ended without one" : first_line(said)));
}

}  // namespace restream
