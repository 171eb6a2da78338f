// Another program has the ingest's port: what becomes of the destinations is told first, and who
// has the port.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "as_nobody.hpp"
#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/permissions.hpp"
#include "process/publisher.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("port_taken");

namespace {

/// A socket of this program that listens, and does nothing else.
class Squatter {
  public:
    Squatter(const std::string& address, int port) {
        sockaddr_in four{};
        sockaddr_in6 six{};
        const bool is_six = address.find(':') != std::string::npos;
        four.sin_family = AF_INET;
        six.sin6_family = AF_INET6;
        four.sin_port = six.sin6_port = htons(static_cast<std::uint16_t>(port));
        void* where = is_six ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr;
        ::inet_pton(is_six ? AF_INET6 : AF_INET, address.c_str(), where);
        socket_ = ::socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto* bound = is_six ? reinterpret_cast<const sockaddr*>(&six)
                                   : reinterpret_cast<const sockaddr*>(&four);
        const socklen_t length = is_six ? sizeof six : sizeof four;
        if (::bind(socket_, bound, length) != 0 || ::listen(socket_, 8) != 0) {
            ::close(socket_);
            throw std::runtime_error("listening at " + address);
        }
    }
    ~Squatter() { ::close(socket_); }
    Squatter(const Squatter&) = delete;
    Squatter& operator=(const Squatter&) = delete;

  private:
    int socket_ = -1;
};

std::string this_program() { return fmt::format("process_tests (PID {})", ::getpid()); }

json finding(const World& world, const std::string& code) {
    const json document = json::parse(world.run({"doctor", "--json"}).output);
    for (const auto& each : document["findings"]) {
        if (each["code"] == code) return each;
    }
    return nullptr;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE(
    "port taken: a destination that another program's server feeds is live, and the ingest a "
    "warning") {
    World world(IngestServer::embedded);
    NginxServer other;
    NginxServer platform;
    world.choose_port(other.port());
    world.configure("");
    world.add("one", platform.url(), "one");
    world.add("two", platform.url(), "two");
    const Publisher publisher(world.ingest_url(), Footage::short_gop);
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"enable", "one", "--wait-live"},
                                               {"enable", "one"},
                                               {"start"},
                                               {"restart", "--wait-live"}}) {
        CAPTURE(arguments.front());
        const Outcome outcome = world.run(arguments);
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        CHECK_MESSAGE(first_line(outcome.output) == "one: live", outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "warning: "), outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "nginx (PID "), outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "feeds it"), outcome.describe());
    }
    const Outcome as_json = world.run({"enable", "one", "--json"});
    CHECK_MESSAGE(as_json.status == 0, as_json.describe());
    CHECK(json::parse(as_json.output)["destinations"][0]["outcome"] == "live");
    const json taken = finding(world, "ingest_port_taken");
    REQUIRE_FALSE(taken.is_null());
    CHECK(has(taken["message"], "nginx (PID "));
    CHECK_FALSE(has(taken["remedy"].get<std::string>().substr(0, 20), "ingest start"));
    // Refused by its own server: that is told first, with its exit status.
    NginxServer refusing(Door::refusing);
    world.add("two", refusing.url(), "two");
    const Outcome refused = world.run({"enable", "one", "two"});
    CHECK_MESSAGE(refused.status == 5, refused.describe());
    CHECK_MESSAGE(first_line(refused.output) == "one: live", refused.describe());
}

TEST_CASE(
    "port taken: a destination that waits for nothing is no success, and what is wrong comes "
    "first") {
    World world(IngestServer::embedded);
    NginxServer other;
    world.choose_port(other.port());
    world.configure("");
    world.add("one", "rtmp://127.0.0.1:9/live", "one");
    const Outcome outcome = world.run({"enable", "one", "--timeout", "5s"});
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    CHECK_MESSAGE(outcome.output.empty(), outcome.describe());
    CHECK_MESSAGE(has(first_line(outcome.error), "ingest: starting the ingest server: "),
                  outcome.describe());
    CHECK_MESSAGE(has(first_line(outcome.error), "nginx (PID "), outcome.describe());
    const Outcome as_json = world.run({"enable", "one", "--json", "--timeout", "5s"});
    CHECK(as_json.status == 5);
    CHECK(json::parse(as_json.output)["destinations"][0]["exit_status"] == 5);
}

TEST_CASE(
    "port taken: the program and its PID are named for each address that is in the way, and for no "
    "other") {
    World world(IngestServer::embedded);
    const auto start = [&] { return world.run({"ingest", "start"}); };
    for (const char* address : {"127.0.0.1", "0.0.0.0", "::"}) {
        CAPTURE(address);
        world.choose_port(free_port());
        world.configure("");
        const Squatter squatter(address, world.ingest_port());
        const Outcome outcome = start();
        CHECK_MESSAGE(outcome.status == 5, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "taken by " + this_program()), outcome.describe());
        CHECK(has(finding(world, "ingest_port_taken")["message"], this_program()));
    }
    for (const char* address : {"127.0.0.2", "::1"}) {
        CAPTURE(address);
        world.choose_port(free_port());
        world.configure("");
        const Squatter squatter(address, world.ingest_port());
        CHECK(finding(world, "ingest_port_taken").is_null());
        CHECK_FALSE(finding(world, "ingest_down").is_null());
        const Outcome outcome = start();
        CHECK_MESSAGE(outcome.status == 0, outcome.describe());
        world.must({"ingest", "stop"});
    }
}

TEST_CASE("port taken: of a program that this user may not look into, whose it is is told") {
    World world(IngestServer::embedded);
    CommandLine line = world.command({"ingest", "start"});
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: only root can listen as another user");
        return;
    }
    std::optional<Squatter> squatter;
    {
        const AsNobody as_nobody;
        squatter.emplace("127.0.0.1", world.ingest_port());
    }
    const std::string power = "-sys_ptrace,-dac_override,-dac_read_search";
    line.arguments.insert(line.arguments.begin(),
                          {"--bounding-set", power, "--inh-caps", power, line.program.string()});
    line.program = "/usr/bin/setpriv";
    const Outcome outcome = run_command_line(line);
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    const bool is_named = has(outcome.error, "taken by a program of user nobody") ||
                          has(outcome.error, "taken by a program of user 65534");
    CHECK_MESSAGE(is_named, outcome.describe());
}

TEST_CASE("port taken: another server of restream is named, although it hides what it has open") {
    const World first(IngestServer::embedded);
    first.must({"ingest", "start"});
    const int pid = first.ingest_record().server->pid;
    World second(IngestServer::embedded);
    second.choose_port(first.ingest_port());
    second.configure("");
    const Outcome outcome =
        run_command_line(bound_by_permissions(second.command({"ingest", "start"})));
    CHECK_MESSAGE(outcome.status == 5, outcome.describe());
    CHECK_MESSAGE(has(outcome.error, fmt::format("(PID {})", pid)), outcome.describe());
    CHECK_MESSAGE(has(outcome.error, "by restream-"), outcome.describe());
    first.must({"ingest", "stop"});
}

TEST_SUITE_END();

}  // namespace restream::test
