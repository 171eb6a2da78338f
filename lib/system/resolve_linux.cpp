#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "system/tcp.hpp"

namespace restream {

namespace {

/// What the thread and the one who waits for it share: whoever is last frees it.
struct LookUp {
    std::mutex mutex;
    std::condition_variable is_done_changed;
    bool is_done = false;
    Resolved result;
};

std::string numeric(const addrinfo& address) {
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes = address.ai_family == AF_INET
                            ? static_cast<const void*>(
                                  &reinterpret_cast<const sockaddr_in*>(address.ai_addr)->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(address.ai_addr)->sin6_addr;
    return ::inet_ntop(address.ai_family, bytes, text, sizeof text) == nullptr ? "" : text;
}

Resolved look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (error != 0) return {{}, ::gai_strerror(error)};
    Resolved result;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        result.addresses.push_back(numeric(*each));
    }
    ::freeaddrinfo(list);
    return result;
}

}  // namespace

Resolved resolve(const std::string& host, const Deadline& deadline) {
    const auto shared = std::make_shared<LookUp>();
    std::thread([shared, host] {
        Resolved result = look_up(host);
        const std::lock_guard lock(shared->mutex);
        shared->result = std::move(result);
        shared->is_done = true;
        shared->is_done_changed.notify_all();
    }).detach();
    std::unique_lock lock(shared->mutex);
    const bool is_done =
        shared->is_done_changed.wait_for(lock, deadline.left(), [&] { return shared->is_done; });
    if (!is_done) return {{}, "the name server did not answer in time"};
    return shared->result;
}

}  // namespace restream
