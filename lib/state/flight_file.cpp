#include "state/flight_file.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include "system/append_file.hpp"
#include "system/bounded_file.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// No event's line is as long: its texts are bounded where they are written.
constexpr std::size_t longest_line_bytes = 4096;

fs::path older_half(const fs::path& path) { return rotated_path(path, 1); }

bool ends_torn(const fs::path& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file || file.tellg() <= 0) return false;
    file.seekg(-1, std::ios::end);
    return file.get() != '\n';
}

/// The end of a file, as much of it as a half may have.
std::string tail_of(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return {};  // a pipe would block, a device never end
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return {};
    const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
    const std::uint64_t most = FlightFile::half_bytes + longest_line_bytes;
    const std::uint64_t count = std::min(size, most);
    file.seekg(static_cast<std::streamoff>(size - count));
    std::string text(count, '\0');
    file.read(text.data(), static_cast<std::streamsize>(count));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

void read_lines(std::string_view text, std::vector<FlightEvent>& events) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.size() > longest_line_bytes) continue;
        if (auto event = flight_event_from_json(line)) events.push_back(std::move(*event));
    }
}

}  // namespace

std::error_code FlightFile::append(std::string_view lines) {
    std::error_code error;
    const auto size = fs::file_size(path_, error);
    if (!error && size + lines.size() > half_bytes) {
        fs::rename(path_, older_half(path_), error);
        // Where that fails, this half goes: what is bounded stays so.
        if (error) fs::remove(path_, error);
    }
    std::string text(is_torn_ && ends_torn(path_) ? "\n" : "");
    text += lines;
    error = append_to_file(path_, text);
    is_torn_ = static_cast<bool>(error);
    return error;
}

std::vector<FlightEvent> read_flight(const fs::path& path) {
    std::vector<FlightEvent> events;
    // The newer half first: where the writer turns over between the two reads, it comes twice, and
    // nothing is missing. Twice, too, come lines before one that a full disk cut.
    const std::string newer = tail_of(path);
    read_lines(tail_of(older_half(path)), events);
    read_lines(newer, events);
    // A clock that was set back; those of one moment stay as they were written.
    std::ranges::stable_sort(events, {}, &FlightEvent::at);
    events.erase(std::unique(events.begin(), events.end()), events.end());
    return events;
}

}  // namespace restream
