#include "process/web_server.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "system/process.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

constexpr std::string_view program = R"(
import http.server, json, ssl, sys, threading
port, status, journal, pem = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
raw, for_ever = [bytes.fromhex(text) for text in (sys.argv[5:] or ["", ""])]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(journal, "a") as file:
            file.write(json.dumps({"path": self.path, "type": self.headers["Content-Type"],
                                   "host": self.headers["Host"], "body": body}) + "\n")
        if status < 0:
            self.close_connection = True
            self.wfile.write(raw)
            while for_ever:
                self.wfile.write(for_ever * 100)
            return
        if status == 0:
            self.rfile.read(1)  # until the other side goes
            return
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"x" * 100000)

    def log_message(self, *ignored):
        pass

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *ignored):
        pass

    def finish_request(self, request, address):
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            request = context.wrap_socket(request, server_side=True)
        super().finish_request(request, address)

Server(("127.0.0.1", port), Handler).serve_forever()
)";

/// Arguments cannot hold every byte.
std::string in_hex(const std::string& bytes) {
    std::string digits;
    for (const char each : bytes) {
        digits += fmt::format("{:02x}", static_cast<unsigned char>(each));
    }
    return digits;
}

}  // namespace

WebServer::WebServer(int status, const Identity* identity)
    : port_(free_port()), is_tls_(identity != nullptr) {
    const auto pem = folder_.path() / "server.pem";
    if (identity != nullptr) write_file(pem, identity->pem() + identity->key_pem());
    start({std::to_string(status), folder_.path() / "journal",
           identity == nullptr ? "" : pem.string()});
}

WebServer::WebServer(const std::string& bytes, const std::string& for_ever)
    : port_(free_port()), is_tls_(false) {
    start({"-1", folder_.path() / "journal", "", in_hex(bytes), in_hex(for_ever)});
}

void WebServer::start(std::vector<std::string> arguments) {
    write_file(folder_.path() / "server.py", program);
    const auto python = find_in_path("python3");
    if (!python) throw std::runtime_error("python3 is missing: see scripts/packages.sh");
    arguments.insert(arguments.begin(),
                     {"-I", folder_.path() / "server.py", std::to_string(port_)});
    python_.emplace(CommandLine{*python, std::move(arguments)});
    const bool listens = wait_until(Patience(std::chrono::seconds(15)),
                                    [&] { return is_listening(port_) || python_->has_ended(); });
    if (!listens || python_->has_ended()) throw std::runtime_error("python3: " + python_->error());
}

std::string WebServer::url(const std::string& host) const {
    return fmt::format("{}://{}:{}/hook?word=secret", is_tls_ ? "https" : "http", host, port_);
}

std::vector<json> WebServer::requests() const {
    std::vector<json> found;
    std::istringstream lines(content_of(folder_.path() / "journal"));
    for (std::string line; std::getline(lines, line);) {
        json request = json::parse(line, nullptr, false);
        if (!request.is_discarded()) found.push_back(std::move(request));
    }
    return found;
}

std::vector<std::string> WebServer::states() const {
    std::vector<std::string> found;
    for (const auto& each : requests()) {
        found.push_back(json::parse(each["body"].get<std::string>())["state"]);
    }
    return found;
}

bool WebServer::wait_state(const std::string& state) const {
    return wait_until(
        Patience(std::chrono::seconds(15)),
        [&] {
            const auto all = states();
            return !all.empty() && all.back() == state;
        },
        Milliseconds(30));
}

}  // namespace restream::test
