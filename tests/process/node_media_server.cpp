#include "process/node_media_server.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "state/lock.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

/// The last that runs on Debian 12's node 18.
constexpr const char* package = "node-media-server@2.7.4";

/// Port and folder of the installed package are put in. It would listen on every address.
constexpr const char* program = R"(
const {{ Server }} = require('net');
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, done) {{
    return listen.call(this, port, '127.0.0.1', done);
}};
const NodeMediaServer = require('{modules}/node-media-server');
new NodeMediaServer({{
    logType: 3,
    rtmp: {{ port: {port}, chunk_size: 60000, gop_cache: true, ping: 30,
             ping_timeout: 60 }},
}}).run();
)";

fs::path found(const char* name) {
    const auto path = find_in_path(name);
    if (!path)
        throw std::runtime_error(fmt::format("{} is missing: see scripts/packages.sh", name));
    return *path;
}

/// The folder of the modules.
fs::path install() {
    const fs::path folder = program_directory().parent_path() / "node" / package;
    fs::create_directories(folder);
    const auto lock =
        FileLock::acquire(folder / "install.lock", Deadline::after(std::chrono::minutes(2)));
    if (!lock) throw std::runtime_error("waited too long for npm");
    const fs::path is_done = folder / "is_done";
    if (fs::exists(is_done)) return folder / "node_modules";
    const CommandLine line{found("npm"),
                           {"install", "--prefix", folder, "--ignore-scripts", "--no-audit",
                            "--no-fund", "--loglevel=error", package}};
    const Outcome outcome = run_command_line(line, std::chrono::seconds(90));
    if (outcome.status != 0) throw std::runtime_error("npm install: " + outcome.describe());
    write_file(is_done, "");
    return folder / "node_modules";
}

}  // namespace

NodeMediaServer::NodeMediaServer() : port_(free_port()) {
    const fs::path script = folder_.path() / "server.js";
    write_file(script, fmt::format(fmt::runtime(program), fmt::arg("port", port_),
                                   fmt::arg("modules", install().string())));
    node_.emplace(CommandLine{found("node"), {script}});
    const bool listens = wait_until(Patience(std::chrono::seconds(20)),
                                    [&] { return is_listening(port_) || node_->has_ended(); });
    if (!listens || node_->has_ended()) {
        throw std::runtime_error("node-media-server does not start: " + node_->error());
    }
}

NodeMediaServer::~NodeMediaServer() {
    node_->ask(Ask::stop);
    node_->wait(std::chrono::seconds(5));
}

std::string NodeMediaServer::url() const { return fmt::format("rtmp://127.0.0.1:{}/live", port_); }

std::string NodeMediaServer::log() const { return node_->output() + node_->error(); }

}  // namespace restream::test
