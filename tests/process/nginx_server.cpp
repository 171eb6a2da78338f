#include "process/nginx_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "process/free_port.hpp"
#include "process/patience.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

// The journal: nginx-rtmp asks an HTTP location about every publisher and tells it of every end;
// the location is this nginx's own and writes one line each.
constexpr const char* configuration = R"(
{user}
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process on;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
rtmp {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        chunk_size 4096;
        application live {{
            live on;
            record all;
            record_path {folder}/recordings;
            record_unique on;
            notify_method get;
            on_publish http://127.0.0.1:{journal_port}/publish;
            on_publish_done http://127.0.0.1:{journal_port}/done;
        }}
    }}
}}
http {{
    log_format journal '$arg_call $arg_name';
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{journal_port};
        location /publish {{ access_log {folder}/journal journal; return {answer}; }}
        location /done {{ access_log {folder}/journal journal; return 200; }}
    }}
}}
)";

}  // namespace

NginxServer::NginxServer(Door door) : port_(free_port()), journal_port_(free_port()) {
    write_configuration(door);
    start();
}

NginxServer::~NginxServer() { stop(); }

void NginxServer::write_configuration(Door door) const {
    fs::create_directories(folder_.path() / "recordings");
    write_file(folder_.path() / "nginx.conf",
               fmt::format(fmt::runtime(configuration),
                           fmt::arg("user", ::geteuid() == 0 ? "user root;" : ""),
                           fmt::arg("folder", folder_.path().string()), fmt::arg("port", port_),
                           fmt::arg("journal_port", journal_port_),
                           fmt::arg("answer", door == Door::open ? 200 : 403)));
}

void NginxServer::start() {
    CommandLine line;
    line.program = find_in_path("nginx").value_or("/usr/sbin/nginx");
    line.arguments = {"-p", folder_.path(),
                      "-c", folder_.path() / "nginx.conf",
                      "-e", folder_.path() / "error.log"};
    nginx_.emplace(line);
    const bool listens = wait_until(Patience(std::chrono::seconds(10)), [&] {
        return (is_listening(port_) && is_listening(journal_port_)) || nginx_->has_ended();
    });
    if (!listens || nginx_->has_ended()) {
        throw std::runtime_error("nginx does not start: " + nginx_->error() + log());
    }
}

void NginxServer::stop() {
    if (!nginx_) return;
    nginx_->ask(Ask::stop);
    nginx_->wait(std::chrono::seconds(5));
    nginx_.reset();
}

std::string NginxServer::url() const { return fmt::format("rtmp://127.0.0.1:{}/live", port_); }

int NginxServer::count(const std::string& line) const {
    std::istringstream journal(content_of(folder_.path() / "journal"));
    int found = 0;
    for (std::string each; std::getline(journal, each);) found += each == line ? 1 : 0;
    return found;
}

int NginxServer::goodbyes() const {
    // nginx writes a deleteStream of its own after each disconnect.
    std::istringstream lines(log());
    int found = 0;
    for (std::string each; std::getline(lines, each);) {
        if (each.find(" deleteStream,") != std::string::npos) ++found;
        if (each.find(" disconnect,") != std::string::npos) --found;
    }
    return found;
}

int NginxServer::asked() const {
    std::istringstream journal(content_of(folder_.path() / "journal"));
    int found = 0;
    for (std::string each; std::getline(journal, each);) {
        found += each.starts_with("publish ") ? 1 : 0;
    }
    return found;
}

std::vector<fs::path> NginxServer::recordings(const std::string& key) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "recordings")) {
        // KEY-SECONDS.flv
        const std::string name = entry.path().filename().string();
        if (name.starts_with(key + "-")) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

std::string NginxServer::log() const { return content_of(folder_.path() / "error.log"); }

}  // namespace restream::test
