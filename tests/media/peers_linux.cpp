#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "media/peers.hpp"
#include "process/patience.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

fs::path program_path(const std::string& program) {
    if (program.starts_with('/')) return program;
    const auto found = find_in_path(program);
    if (!found) throw std::runtime_error(program + " is not installed");
    return *found;
}

ChildProcess spawn(const std::string& program, const std::vector<std::string>& arguments,
                   const fs::path& folder) {
    SpawnRequest request;
    request.program = program_path(program);
    request.arguments = arguments;
    request.working_directory = folder;
    request.leads_group = true;
    request.dies_with_parent = true;
    return ChildProcess::spawn(request);
}

Captured run(const std::string& program, const std::vector<std::string>& arguments) {
    SpawnRequest request;
    request.program = program_path(program);
    request.arguments = arguments;
    return run_captured(request, Deadline::after(std::chrono::seconds(30)));
}

void check(const Captured& ran, const std::string& what) {
    if (ran.status != 0) throw std::runtime_error(what + ": " + ran.error);
}

void wait_for_text(const char* file, const std::string& wanted) {
    const bool is_there = wait_until(Patience(std::chrono::seconds(5)), [&] {
        std::stringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str().find(wanted) != std::string::npos;
    });
    if (!is_there) throw std::runtime_error(wanted + " does not appear in " + file);
}

}  // namespace

TempFolder::TempFolder() {
    std::string name = (fs::temp_directory_path() / "restream-media-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Peer::Peer(const std::string& program, const std::vector<std::string>& arguments,
           const fs::path& folder)
    : process_(spawn(program, arguments, folder)) {}

Peer::~Peer() { kill(); }

void Peer::freeze() const { ::kill(-process_.id().pid, SIGSTOP); }

void Peer::thaw() const { ::kill(-process_.id().pid, SIGCONT); }

void Peer::kill() {
    if (is_killed_ || process_.id().pid <= 0 || !process_.exit_event().is_open()) return;
    is_killed_ = true;
    process_.kill_group();
    (void)process_.wait(Deadline::after(std::chrono::seconds(5)));
}

void wait_for_port(int port) {
    if (!wait_until(Patience(std::chrono::seconds(5)), [&] { return is_listening(port); })) {
        throw std::runtime_error(fmt::format("nothing listens on port {}", port));
    }
}

void wait_for_udp_port(int port) {
    wait_for_text("/proc/net/udp", fmt::format("0100007F:{:04X} 00000000:0000 07", port));
}

SilentServer::SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int number = static_cast<int>(socket_.native());
    // The kernel accepts; we never do.
    if (::bind(number, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(number, 8) != 0) {
        throw std::runtime_error(fmt::format("port {} can't be listened on", port_));
    }
}

/// For an http block: the defaults lie below /var, where only root may write.
constexpr const char* own_http_folders =
    "access_log off; client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; "
    "uwsgi_temp_path tmp; scgi_temp_path tmp;";

RudeServer::RudeServer(const TempFolder& folder, const std::string& answer) {
    const fs::path config = folder / "rude.conf";
    std::ofstream(config) << fmt::format(
        "daemon off; master_process off; pid rude.pid; error_log rude.log;\n"
        "events {{ worker_connections 64; }}\n"
        "http {{ {} server {{ listen 127.0.0.1:{}; location / {{ return {}; }} }} }}\n",
        own_http_folders, port_, answer);
    peer_.emplace("/usr/sbin/nginx",
                  std::vector<std::string>{"-c", config.string(), "-p", folder.path().string()},
                  folder.path());
    wait_for_port(port_);
}

Nginx::Nginx(const TempFolder& folder) : log_(folder / "nginx.log") {
    const fs::path config = folder / "nginx.conf";
    std::ofstream(config) << fmt::format(
        "daemon off; master_process off; pid nginx.pid; error_log nginx.log info;\n"
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\n"
        "events {{ worker_connections 64; }}\n"
        "rtmp {{ access_log off; server {{ listen 127.0.0.1:{0};\n"
        "  application live {{ live on; publish_notify on; wait_key on; }}\n"
        "  application live/cam {{ live on; publish_notify on; }}\n"
        "  application show/cam {{ live on; publish_notify on; }}\n"
        "  application closed {{ live on; deny publish all; deny play all; }}\n"
        "  application asks {{ live on; on_publish http://127.0.0.1:{1}/; on_play "
        "http://127.0.0.1:{1}/; }}\n"
        "}} }}\n"
        "http {{ {2} server {{ listen 127.0.0.1:{1}; location / {{ return 403; }} }} }}\n",
        port_, free_port(), own_http_folders);
    peer_.emplace("/usr/sbin/nginx",
                  std::vector<std::string>{"-c", config.string(), "-p", folder.path().string()},
                  folder.path());
    wait_for_port(port_);
}

std::string Nginx::url(const std::string& path) const {
    return fmt::format("rtmp://127.0.0.1:{}/{}", port_, path);
}

std::string Nginx::log() const { return try_read_file(log_, 10'000'000).value_or(""); }

Peer publish(const std::string& url, const TempFolder& folder,
             const std::vector<std::string>& codec_options) {
    std::vector<std::string> arguments = {
        "-nostdin", "-loglevel", "quiet", "-re",
        "-f",       "lavfi",     "-i",    "testsrc2=size=160x120:rate=10",
        "-f",       "lavfi",     "-i",    "sine=sample_rate=44100"};
    std::vector<std::string> codecs = codec_options;
    if (codecs.empty()) {
        codecs = {"-c:v",     "libx264", "-preset", "ultrafast", "-g",   "10",
                  "-pix_fmt", "yuv420p", "-c:a",    "aac",       "-b:a", "64k"};
    }
    arguments.insert(arguments.end(), codecs.begin(), codecs.end());
    // Without a second path segment, ffmpeg alone would take the app for the playpath.
    if (std::ranges::count(url, '/') == 3) {
        const auto slash = url.rfind('/');
        arguments.insert(arguments.end(), {"-f", "flv", "-rtmp_app", url.substr(slash + 1),
                                           "-rtmp_playpath", "", url.substr(0, slash + 1)});
    } else {
        arguments.insert(arguments.end(), {"-f", "flv", url});
    }
    return Peer("ffmpeg", arguments, folder.path());
}

fs::path make_flv(const TempFolder& folder, int seconds, const std::vector<std::string>& options) {
    const fs::path path = folder / fmt::format("made{}.flv", ::rand());
    std::vector<std::string> arguments = {"-nostdin",
                                          "-loglevel",
                                          "error",
                                          "-f",
                                          "lavfi",
                                          "-i",
                                          "testsrc2=size=160x120:rate=25",
                                          "-f",
                                          "lavfi",
                                          "-i",
                                          "sine=sample_rate=44100",
                                          "-t",
                                          std::to_string(seconds)};
    std::vector<std::string> codecs = options;
    if (codecs.empty()) {
        codecs = {"-c:v", "libx264",  "-preset", "veryfast", "-g",  "25",   "-bf",
                  "2",    "-pix_fmt", "yuv420p", "-c:a",     "aac", "-b:a", "64k"};
    }
    arguments.insert(arguments.end(), codecs.begin(), codecs.end());
    arguments.push_back(path.string());
    check(run("ffmpeg", arguments), "ffmpeg");
    return path;
}

void make_certificate(const TempFolder& folder, const std::string& host) {
    const std::string address = host == "localhost" ? ",IP:127.0.0.1" : "";
    check(
        run("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=" + host, "-addext", "subjectAltName=DNS:" + host + address, "-keyout",
                        (folder / "key.pem").string(), "-out", (folder / "cert.pem").string()}),
        "openssl");
}

TlsFront tls_front(const TempFolder& folder, int behind) {
    const int port = free_port();
    Peer peer(
        "bash",
        {"-c", fmt::format("exec 3<>/dev/tcp/127.0.0.1/{}; exec openssl s_server -quiet -accept "
                           "127.0.0.1:{} -cert cert.pem -key key.pem <&3 >&3 2>s_server.log",
                           behind, port)},
        folder.path());
    // Not wait_for_port: that would take the one connection.
    wait_for_text("/proc/net/tcp", fmt::format("0100007F:{:04X} 00000000:0000 0A", port));
    return {port, std::move(peer)};
}

void make_with_ffmpeg(const std::vector<std::string>& arguments, const fs::path& file) {
    std::vector<std::string> all = {"-nostdin", "-y", "-loglevel", "error"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back(file.string());
    check(run("ffmpeg", all), "ffmpeg");
}

std::string ffprobe_text(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"-loglevel", "error"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run("ffprobe", all).output;
}

std::vector<std::string> tracks_of(const fs::path& file) {
    const Captured ran = run("ffprobe", {"-loglevel", "error", "-count_packets", "-show_entries",
                                         "stream=codec_type,codec_name,nb_read_packets", "-of",
                                         "csv=p=0", file.string()});
    std::vector<std::string> found;
    std::stringstream lines(ran.output);
    for (std::string line; std::getline(lines, line);) {
        // ffprobe names the tracks of a transport stream twice: by program, and all.
        if (!line.empty() && std::ranges::find(found, line) == found.end()) found.push_back(line);
    }
    return found;
}

std::string decoder_complaints(const fs::path& file) {
    const Captured ran =
        run("ffmpeg", {"-nostdin", "-loglevel", "warning", "-i", file.string(), "-f", "null", "-"});
    return ran.error;
}

TinyDisk::TinyDisk(const fs::path& at, int bytes) : at_(at) {
    fs::create_directories(at);
    const std::string options = fmt::format("size={}", bytes);
    is_mounted_ = ::mount("none", at.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

TinyDisk::~TinyDisk() {
    if (is_mounted_) ::umount2(at_.c_str(), MNT_DETACH);
}

}  // namespace restream::test
