#include "state/dashboard_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/json_reader.hpp"
#include "state/command_lock.hpp"
#include "state/lock.hpp"
#include "state/record.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"
#include "system/path_trust.hpp"
#include "system/paths.hpp"
#include "system/random.hpp"

namespace restream {

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 4096;
constexpr std::size_t token_bytes = 32;

bool is_token(std::string_view text) {
    return text.size() == 2 * token_bytes &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Secret new_token(const std::filesystem::path& file) {
    Secret token(random_hex(token_bytes));
    std::string line = token.reveal();
    line.push_back('\n');
    const auto error =
        publish_file(file, Secret(std::move(line)).reveal(), Durability::survives_crash);
    if (error) {
        throw Error(ErrorKind::refused,
                    fmt::format("{} can't be written: {}", file.string(), error.message()), error);
    }
    return token;
}

/// Nothing where the file cannot be read, and where others could have written it: they know it.
std::optional<std::string> read_own(const std::filesystem::path& file) {
    try {
        auto read = read_trusted_file(file, longest_record_bytes);
        if (auto* text = std::get_if<std::string>(&read)) return std::move(*text);
    } catch (const Error&) {
        // It is written anew, or that fails in the words of a failed write.
    }
    return std::nullopt;
}

/// What the file holds, if it is a token nobody else could write.
std::optional<Secret> read_token(const std::filesystem::path& file) {
    auto text = read_own(file);
    if (!text) return std::nullopt;
    if (text->ends_with('\n')) text->pop_back();
    // Kept in it before it is looked at: GCC 12 sees a move out of bounds otherwise.
    Secret kept(std::move(*text));
    if (!is_token(kept.reveal())) return std::nullopt;
    return kept;
}

/// What the file holds; where it holds none, a new one.
Secret kept_token(const std::filesystem::path& file) {
    auto kept = read_token(file);
    return kept ? std::move(*kept) : new_token(file);
}

}  // namespace

std::string to_json(const DashboardRecord& record) {
    const Json document = {{"listen", record.listen},
                           {"process", json_of(record.process)},
                           {"schema", schema},
                           {"url", record.url}};
    return document.dump() + "\n";
}

std::optional<DashboardRecord> dashboard_record_from_json(std::string_view text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    JsonReader reader(*document);
    DashboardRecord record;
    int found_schema = 0;
    reader.read("schema", found_schema);
    reader.read("process", record.process);
    reader.read("url", record.url);
    if (!reader.is_good() || found_schema != schema) return std::nullopt;
    // An older dashboard did not write it.
    record.listen = read_member<std::string>(*document, "listen").value_or("");
    return record;
}

std::optional<DashboardRecord> live_dashboard(const Layout& layout) {
    if (!FileLock::is_held(layout.dashboard_lock())) return std::nullopt;
    const auto text = try_read_file(layout.dashboard_record(), longest_record_bytes);
    auto record = text ? dashboard_record_from_json(*text) : std::nullopt;
    if (!record || !ProcessHandle::open(record->process)) return std::nullopt;
    return record;
}

Secret dashboard_token(const Layout& layout) { return kept_token(layout.dashboard_token()); }

Secret scrape_token(const Layout& layout) { return kept_token(layout.scrape_token()); }

std::optional<DashboardTokens> kept_tokens(const Layout& layout) {
    auto page = read_token(layout.dashboard_token());
    auto scrape = read_token(layout.scrape_token());
    if (!page || !scrape) return std::nullopt;
    return DashboardTokens{std::move(*page), std::move(*scrape)};
}

void rotate_tokens(const Layout& layout) {
    make_private_directory(layout.run_directory());
    const CommandLock lock(layout, "dashboard");
    std::error_code error;
    std::filesystem::remove(layout.login_code(), error);
    if (error) {
        throw Error(ErrorKind::refused,
                    fmt::format("deleting {}: {}", layout.login_code().string(),
                                file_fault(layout.login_code(), error).describe()),
                    error);
    }
    new_token(layout.scrape_token());
    // Last: whoever sees this one new has the other one new.
    new_token(layout.dashboard_token());
}

Secret new_login_code(const Layout& layout) { return new_token(layout.login_code()); }

}  // namespace restream
