// The configuration: whatever stands in its files, it loads or says what is wrong.
#include "config/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/url.hpp"
#include "fuzz/input.hpp"

using namespace restream;

namespace {

namespace fs = std::filesystem;

/// One folder for all inputs of this process. Whoever sets TMPDIR to a file system in memory makes
/// this quick, and deletes what a killed process leaves.
class Folder {
  public:
    Folder() : path_(fs::temp_directory_path() / "restream-fuzz-XXXXXX") {
        std::string name = path_.string();
        expect(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
        path_ = name;
        fs::create_directory(path_ / "destinations.d");
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const fs::path& path() const { return path_; }
    void put(const char* name, std::string_view text) const {
        std::ofstream file(path_ / name, std::ios::binary);
        file << text;
        expect(file.flush().good(), "a file can be written");
    }

  private:
    fs::path path_;
};

void check_loaded(const Config& config) {
    expect(!config.ingest.url.empty() && !config.ingest.display_url().empty(), "an ingest");
    std::string_view last;
    for (const Destination& each : config.destinations) {
        expect(last < each.name, "destinations are sorted, and their names differ");
        expect(!name_problem(each.name), "a name that can be");
        expect(!each.url.empty() && !each.display_url().empty(), "a URL");
        expect(config.find(each.name) == &each, "a destination is found by its name");
        last = each.name;
    }
}

}  // namespace

/// restream.toml and, behind a NUL, one file of destinations.d.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const Folder folder;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto end = text.find('\0');
    folder.put("restream.toml", text.substr(0, end));
    folder.put("destinations.d/one.toml",
               end == std::string_view::npos ? "url = \"rtmp://host/app\"" : text.substr(end + 1));
    try {
        check_loaded(load_config(folder.path()));
    } catch (const Error& failed) {
        expect(failed.kind() == ErrorKind::config, "what is wrong is the configuration");
        expect(
            std::string_view(failed.what()).find(folder.path().native()) != std::string_view::npos,
            "a message names the file");
    }
    return 0;
}
