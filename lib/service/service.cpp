#include "service/service.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "service/unit_text.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_unit_bytes = 256 * 1024;
constexpr const char* timer = "restream.timer";

/// What a healing finds programs by: the folders of this shell's PATH that a unit can name.
std::string search_path() {
    const std::string path = environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    std::string kept;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        const std::string folder = path.substr(at, end - at);
        if (fs::path(folder).is_absolute() && is_fit_for_unit(folder)) {
            if (!kept.empty()) kept += ':';
            kept += folder;
        }
        at = end + 1;
    }
    return kept;
}

ServiceFacts facts_of_this_shell() {
    ServiceFacts facts;
    facts.start_program = program_directory() / "restream-start";
    // As this shell sees them: a manager started at boot knows none of its variables.
    facts.variables = {{"RESTREAM_CONFIG_DIR", config_directory().string()},
                       {"RESTREAM_STATE_DIR", state_directory().string()},
                       {"PATH", search_path()}};
    if (environment("RESTREAM_SHARE_DIR"))
        facts.variables.emplace_back("RESTREAM_SHARE_DIR", share_directory().string());
    return facts;
}

struct Texts {
    std::string service;
    std::string timer;
};

Texts render() {
    const auto read = [](const char* name) {
        return read_file(share_directory() / name, longest_unit_bytes);
    };
    return {render_service(read("restream.service.in"), facts_of_this_shell()),
            render_timer(read("restream.timer.in"))};
}

/// Something stands there, whatever it is.
bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

std::optional<std::string> our_text(const fs::path& path) {
    std::error_code error;
    if (fs::is_symlink(path, error)) return std::nullopt;
    const auto text = try_read_file(path, longest_unit_bytes);
    if (!text || !is_our_unit(*text)) return std::nullopt;
    return *text;
}

void write_unit(const fs::path& path, const std::string& text) {
    if (const auto error = publish_file(path, text, Durability::survives_power_cut))
        throw Error(ErrorKind::refused, "writing " + path.string() + ": " + error.message(), error);
}

void make_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error)
        throw Error(ErrorKind::refused,
                    "cannot make the folder " + path.string() + ": " + error.message(), error);
}

void must(const std::optional<std::string>& problem) {
    if (problem)
        throw Error(ErrorKind::refused,
                    "the units are written, but the user's systemd refuses: " + *problem +
                        "; see 'systemctl --user status " + timer + "'");
}

}  // namespace

Service::Service(fs::path units) : units_(std::move(units)), manager_(units_) {}

bool Service::is_link_ours() const {
    std::error_code error;
    if (!fs::is_symlink(link(), error)) return false;
    const fs::path target = fs::read_symlink(link(), error);
    // systemctl enable writes the absolute path.
    return !error &&
           (link().parent_path() / target).lexically_normal() == timer_file().lexically_normal();
}

void Service::require_ours() const {
    for (const auto& path : {service_file(), timer_file()}) {
        if (!is_there(path) || our_text(path)) continue;
        throw Error(ErrorKind::refused,
                    fmt::format("{} is there, and was not written by 'restream service install'; "
                                "move it away first",
                                path.string()));
    }
    if (is_there(link()) && !is_link_ours()) {
        throw Error(ErrorKind::refused,
                    fmt::format("{} is there, and is no link to ../{}; move it away first",
                                link().string(), timer));
    }
}

Service::Began Service::install() const {
    const Texts texts = render();
    require_ours();
    make_folder(link().parent_path());
    write_unit(service_file(), texts.service);
    write_unit(timer_file(), texts.timer);
    if (!is_there(link())) {
        std::error_code error;
        fs::create_symlink(fs::path("..") / timer, link(), error);
        if (error)
            throw Error(ErrorKind::refused, "writing " + link().string() + ": " + error.message(),
                        error);
    }
    if (!manager_.is_reachable()) return Began::at_next_login;
    must(manager_.run({"daemon-reload"}));
    must(manager_.run({"restart", timer}));
    return Began::now;
}

bool Service::remove() const {
    require_ours();
    const std::array<fs::path, 3> all = {link(), timer_file(), service_file()};
    bool was_there = false;
    for (const auto& path : all) was_there = was_there || is_there(path);
    if (!was_there) return false;
    // What cannot be stopped, because it was never started, is no obstacle.
    if (manager_.is_reachable()) static_cast<void>(manager_.run({"stop", timer}));
    for (const auto& path : all) {
        std::error_code error;
        fs::remove(path, error);
        if (error)
            throw Error(ErrorKind::refused, "deleting " + path.string() + ": " + error.message(),
                        error);
    }
    std::error_code ignored;  // where others have links in it, it stays
    fs::remove(link().parent_path(), ignored);
    if (manager_.is_reachable()) must(manager_.run({"daemon-reload"}));
    return true;
}

Service::View Service::look() const {
    const auto service = our_text(service_file());
    const auto timer_text = our_text(timer_file());
    View view;
    view.is_installed = service && timer_text;
    view.is_enabled = is_link_ours();
    view.lingers = is_lingering();
    if (view.is_installed) {
        const Texts texts = render();
        view.is_current = *service == texts.service && *timer_text == texts.timer;
    }
    view.is_running = manager_.is_active(timer);
    return view;
}

}  // namespace restream
