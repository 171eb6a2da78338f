#include "net/look_up.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "net/loop_asio.hpp"

namespace restream {

LookedUp look_up(const std::string& host) {
    using boost::asio::ip::tcp;
    boost::asio::io_context context;
    tcp::resolver resolver(context);
    boost::system::error_code error;
    // Not address_configured: a machine with nothing but loopback has to find localhost, too.
    const auto found = resolver.resolve(host, "0", tcp::resolver::numeric_service, error);
    LookedUp result;
    if (error) {
        result.problem = error.message();
        return result;
    }
    for (const auto& each : found) {
        result.addresses.push_back(each.endpoint().address().to_string());
    }
    return result;
}

void begin_look_up(Loop& loop, LookUp how, const std::string& host,
                   std::weak_ptr<const void> listener, std::function<void(LookedUp)> done) {
    auto work = [how = std::move(how), host, inbox = loop.inside().inbox,
                 listener = std::move(listener), done = std::move(done)] {
        LookedUp found;
        try {
            found = how(host);
        } catch (const std::exception& error) {
            found.problem = error.what();
        }
        inbox->post([listener, done, found = std::move(found)] {
            if (const auto alive = listener.lock()) done(found);
        });
    };
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error& error) {
        throw_system_error("looking up " + host, error.code().value());
    }
}

}  // namespace restream
