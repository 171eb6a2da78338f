#include "base/paths.hpp"

#include <cstdlib>
#include <fstream>

#include "base/error.hpp"

namespace restream {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

fs::path share_directory() {
    if (const auto chosen = environment("RESTREAM_SHARE_DIR")) return fs::absolute(*chosen);
    return (program_directory() / ".." / "share" / "restream").lexically_normal();
}

namespace {

/// The bytes, or why not.
std::string read_bytes(const fs::path& path, std::uintmax_t most_bytes, std::error_code& error) {
    const auto kind = fs::status(path, error).type();
    if (error) return {};
    if (kind == fs::file_type::directory) error = std::make_error_code(std::errc::is_a_directory);
    else if (kind != fs::file_type::regular) error = std::make_error_code(std::errc::invalid_argument);
    if (error) return {};
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string bytes;
    char block[16384];
    while (file.read(block, sizeof block) || file.gcount() > 0) {
        bytes.append(block, static_cast<std::size_t>(file.gcount()));
        if (bytes.size() > most_bytes) {
            error = std::make_error_code(std::errc::file_too_large);
            return {};
        }
    }
    if (!file.eof()) error = {errno != 0 ? errno : EIO, std::generic_category()};
    return bytes;
}

}  // namespace

std::string read_file(const fs::path& path, std::uintmax_t most_bytes) {
    std::error_code error;
    std::string bytes = read_bytes(path, most_bytes, error);
    if (error) throw Error(ErrorKind::refused, path.string() + ": " + error.message(), error);
    return bytes;
}

std::optional<std::string> try_read_file(const fs::path& path, std::uintmax_t most_bytes) {
    std::error_code error;
    std::string bytes = read_bytes(path, most_bytes, error);
    if (error) return std::nullopt;
    return bytes;
}

void make_private_directory(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (path.has_parent_path() && path.parent_path() != path) {
        make_private_directory(path.parent_path());
    }
    error.clear();
    fs::create_directory(path, error);
    if (!error) fs::permissions(path, fs::perms::owner_all, fs::perm_options::replace, error);
    if (error && !fs::is_directory(path)) {
        throw Error(ErrorKind::refused,
                    "cannot make the folder " + path.string() + ": " + error.message(), error);
    }
}

}  // namespace restream
