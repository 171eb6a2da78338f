// New tokens in the place of old ones.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "dashboard/door.hpp"
#include "state/dashboard_record.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

TEST_SUITE_BEGIN("dashboard");

namespace {

constexpr std::uint32_t owner = 1000;
const SteadyTime start{};

Request asks(Method method, std::string path) {
    Request made;
    made.method = method;
    made.path = std::move(path);
    made.host = "127.0.0.1:5000";
    made.address = "127.0.0.1";
    return made;
}

DoorRules rules(const Layout& layout) {
    DoorRules made;
    made.token = Secret("page");
    made.scrape_token = Secret("scrape");
    made.owner = owner;
    made.login_code = layout.login_code();
    return made;
}

}  // namespace

TEST_CASE("dashboard: new tokens end what was let in by the old ones") {
    const TemporaryFolder folder;
    const Layout layout(folder.path());
    Door door(rules(layout));
    std::filesystem::create_directories(layout.run_directory());
    const std::string code = new_login_code(layout).reveal();
    Request browser = asks(Method::get, "/login");
    browser.query = "code=" + code;
    const Answer let_in = door.log_in(browser, start);
    REQUIRE(let_in.status == 303);
    browser.path = "/api/v1/status";
    browser.cookie = let_in.headers.back().second;
    CHECK_FALSE(door.refuse(browser, start));
    CHECK(door.way_in(browser) == WayIn::link);
    Request mine = asks(Method::post, "/api/v1/stop");
    mine.user = owner;
    mine.token = "page";
    CHECK_FALSE(door.refuse(mine, start));
    CHECK(door.way_in(mine) == WayIn::token);
    Request scraper = asks(Method::get, "/metrics");
    scraper.authorization = "Bearer scrape";
    CHECK_FALSE(door.refuse(scraper, start));

    door.renew(Secret("new"), Secret("other"));
    const auto code_of = [&](const Request& request) {
        const auto refused = door.refuse(request, start);
        return refused ? refused->code : "";
    };
    CHECK(code_of(browser) == "not_owner");
    CHECK(code_of(mine) == "token_wrong");
    CHECK(code_of(scraper) == "token_wrong");
    mine.token = "new";
    scraper.authorization = "Bearer other";
    CHECK(code_of(mine) == "");
    CHECK(code_of(scraper) == "");
}

TEST_CASE("dashboard: tokens are rotated together, and a link that nobody used is void") {
    const TemporaryFolder folder;
    const Layout layout(folder.path());
    CHECK_FALSE(kept_tokens(layout));
    rotate_tokens(layout);
    const auto first = kept_tokens(layout);
    REQUIRE(first);
    CHECK(first->page != first->scrape);
    CHECK(dashboard_token(layout) == first->page);
    CHECK(scrape_token(layout) == first->scrape);
    new_login_code(layout);
    rotate_tokens(layout);
    CHECK_FALSE(folder.has("run/dashboard.login"));
    const auto second = kept_tokens(layout);
    REQUIRE(second);
    CHECK(second->page != first->page);
    CHECK(second->scrape != first->scrape);
    // Half of a file, or none: whoever runs goes on with what it has.
    folder.write("run/metrics.token", "short\n");
    CHECK_FALSE(kept_tokens(layout));
}

TEST_SUITE_END();

}  // namespace restream::tests
