#include "worker/slate_keeper.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <system_error>

#include "base/error.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

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
        if (words_.is_open()) reap();
        if (!is_settled_ && !words_.is_open()) fetch();
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
    const auto bytes = try_read_file(file_, longest_slate_bytes);
    if (!bytes) return false;
    slate_ = Slate::read({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()},
                         wish_->shape);
    is_settled_ = slate_.has_value();
    return is_settled_;
}

void SlateKeeper::make() {
    if (!means_.start) {
        throw Error(ErrorKind::refused,
                    "restream-errands, which has it made, could not be started");
    }
    make_private_directory(means_.folder);
    Pipe words = make_pipe();
    heard_.clear();
    means_.start(wish_->shape, wish_->picture, file_, std::move(words.write_end));
    words_ = std::move(words.read_end);
}

/// Takes what the maker has said, and closes the pipe at its end.
void SlateKeeper::hear() {
    std::array<char, 1000> block{};
    while (words_.is_open() && wait_readable(words_, Deadline::after(Milliseconds(0)))) {
        const std::size_t got = read_some(words_, block);
        if (got == 0) words_.close();
        if (heard_.size() < block.size()) heard_.append(block.data(), got);
    }
}

/// Looks whether the maker has ended, and what it left.
void SlateKeeper::reap() {
    hear();
    if (words_.is_open() || is_settled_ || load()) return;
    is_settled_ = true;
    means_.log(fmt::format("there is no slate: {}", heard_.empty()
                                                        ? "restream-slate ended without one"
                                                        : first_line(heard_)));
}

}  // namespace restream
