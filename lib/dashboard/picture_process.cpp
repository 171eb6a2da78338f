#include "dashboard/picture_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace restream {

namespace {

constexpr std::size_t longest_picture_bytes = 256 * 1024;
constexpr std::size_t longest_line_bytes = 1024;
/// It waits in the pipe until it is read: more would block.
constexpr std::size_t longest_request_bytes = 4096;
constexpr int most_cost_ms = 60'000;
constexpr Milliseconds between_questions(50);

ChildProcess start(const CommandMeans& means, const std::vector<std::string>& without_variables,
                   Fd& requests, Fd& answers) {
    Pipe request_pipe = make_pipe();
    Pipe answer_pipe = make_pipe();
    SpawnRequest request;
    request.program = means.programs / "restream-thumbnail";
    request.arguments = {"--serve"};
    request.without_variables = without_variables;
    request.input = &request_pipe.read_end;
    request.output = &answer_pipe.write_end;
    request.leads_group = true;
    request.dies_with_parent = true;
    ChildProcess child = ChildProcess::spawn(request);
    requests = std::move(request_pipe.write_end);
    answers = std::move(answer_pipe.read_end);
    return child;
}

/// Takes a number, and what stands between it and the next, off the front; nothing where there is
/// none, or it is larger.
std::optional<std::size_t> take_number(std::string_view& text, std::size_t largest) {
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number > largest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return number;
}

bool is_jpeg(std::string_view bytes) {
    return bytes.size() > 4 && bytes.starts_with("\xFF\xD8\xFF") && bytes.ends_with("\xFF\xD9");
}

}  // namespace

std::optional<PictureProcess::Made> read_picture(const std::string& bytes) {
    using Made = PictureProcess::Made;
    constexpr std::string_view picture_word = "picture ";
    const auto end = bytes.find('\n');
    if (std::min(end, bytes.size()) > longest_line_bytes) return Made(PictureProcess::Broken{});
    if (end == std::string::npos) return std::nullopt;
    const std::string_view line(bytes.data(), end);
    const std::string_view rest = std::string_view(bytes).substr(end + 1);
    if (line.starts_with("none ") && rest.empty()) return Made(PictureProcess::None{});
    if (!line.starts_with(picture_word)) return Made(PictureProcess::Broken{});
    std::string_view numbers = line.substr(picture_word.size());
    const auto length = take_number(numbers, longest_picture_bytes);
    const auto cost = length ? take_number(numbers, most_cost_ms) : std::nullopt;
    // There is one way to write this line.
    if (!cost || line != fmt::format("{}{} {}", picture_word, *length, *cost) ||
        rest.size() > *length) {
        return Made(PictureProcess::Broken{});
    }
    if (rest.size() < *length) return std::nullopt;
    if (!is_jpeg(rest)) return Made(PictureProcess::Broken{});
    return Made(PictureProcess::Picture{std::string(rest), Milliseconds(*cost)});
}

PictureProcess::PictureProcess(const CommandMeans& means,
                               std::vector<std::string> without_variables)
    : means_(means),
      without_variables_(std::move(without_variables)),
      child_(start(means_, without_variables_, requests_, answers_)) {}

PictureProcess::~PictureProcess() {
    child_.kill_group();
    child_.wait(Deadline::after(std::chrono::seconds(2)));
}

PictureProcess::Made PictureProcess::make(const std::string& url, const Deadline& deadline) {
    if (url.size() >= longest_request_bytes || url.find('\n') != std::string::npos) return None{};
    // Unasked it says nothing, and where it has ended, that can be read.
    if (wait_readable(answers_, Deadline::after(Milliseconds(0)))) return Broken{};
    if (!write_all(requests_, url + "\n")) return Broken{};
    std::string bytes;
    while (!deadline.has_passed() && !(means_.is_cancelled && means_.is_cancelled())) {
        const auto pause = std::min(deadline.left(), between_questions);
        if (!wait_readable(answers_, Deadline::after(pause))) continue;
        std::array<char, 16384> block{};
        const std::size_t got = read_some(answers_, block);
        if (got == 0) return Broken{};
        bytes.append(block.data(), got);
        if (auto made = read_picture(bytes)) return std::move(*made);
    }
    return Broken{};
}

}  // namespace restream
