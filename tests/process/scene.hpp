// The usual cast of a test: a world whose ingest runs, a platform, and a publisher on call.
#pragma once

#include <optional>
#include <string>

#include "process/nginx_server.hpp"
#include "process/publisher.hpp"
#include "process/recording.hpp"
#include "process/world.hpp"

namespace restream::test {

/// Members go in the reverse order: the publisher first, the world, which counts who is left, last.
struct Scene {
    World world;
    NginxServer platform;
    std::optional<Publisher> publisher;

    /// Starts the ingest server.
    explicit Scene(IngestServer ingest = IngestServer::nginx);
    /// Begins to publish, and waits until the ingest has it.
    void publish(Footage footage = Footage::short_gop);
    /// A destination at the platform whose key is its name.
    void add(const std::string& name, const std::string& more = "") const {
        world.add(name, platform.url(), name, more);
    }
    /// Waits until its session has carried this much: enough to tell a picture and sound from none.
    bool wait_flow(const std::string& name, int messages = 30) const;
    /// Disables it and decodes what its last session carried to the platform.
    Recording finish(const std::string& name) const;
    /// The last recording of that key, once its session has ended.
    Recording last_recording(const std::string& key) const;
};

/// Fails the test where a session does not begin with a keyframe and carry picture and sound
/// without errors.
void check_whole(const Recording& recording);

}  // namespace restream::test
