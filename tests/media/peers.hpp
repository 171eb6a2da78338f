// What the media tests talk to: real servers and publishers on loopback, ended with their test.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "process/free_port.hpp"
#include "system/process.hpp"

namespace restream::test {

/// A folder that is gone with its test.
class TempFolder {
  public:
    TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder();

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

/// A program with all its children, killed at the end of the test.
class Peer {
  public:
    Peer(const std::string& program, const std::vector<std::string>& arguments,
         const std::filesystem::path& folder);
    Peer(Peer&&) = default;
    ~Peer();

    ChildProcess& process() { return process_; }
    /// SIGSTOP, SIGCONT.
    void freeze() const;
    void thaw() const;
    /// SIGKILL, and waits until it is gone.
    void kill();

  private:
    ChildProcess process_;
    bool is_killed_ = false;
};

/// Waits until something listens there. **Throws**: std::runtime_error after 5 s of counted time.
void wait_for_port(int port);
void wait_for_udp_port(int port);

/// A TCP port that takes connections and never says anything.
class SilentServer {
  public:
    SilentServer();
    int port() const { return port_; }

  private:
    int port_ = free_port();
    Fd socket_;
};

/// A TCP port that answers every connection with `answer` and closes it.
class RudeServer {
  public:
    RudeServer(const TempFolder& folder, const std::string& answer);
    int port() const { return port_; }

  private:
    int port_ = free_port();
    std::optional<Peer> peer_;
};

/// nginx-rtmp with the applications `live`, `live/cam` and `show/cam`, and one `closed` whose
/// publishers are refused by a callback.
class Nginx {
  public:
    explicit Nginx(const TempFolder& folder);
    int port() const { return port_; }
    std::string url(const std::string& path) const;
    Peer& peer() { return *peer_; }
    /// What its log says so far.
    std::string log() const;

  private:
    int port_ = free_port();
    std::filesystem::path log_;
    std::optional<Peer> peer_;
};

/// ffmpeg that publishes a test picture and a tone: 10 frames a second, a keyframe a second.
Peer publish(const std::string& url, const TempFolder& folder,
             const std::vector<std::string>& codec_options = {});

/// An FLV file of `seconds` with H.264 and AAC, made by ffmpeg.
std::filesystem::path make_flv(const TempFolder& folder, int seconds,
                               const std::vector<std::string>& options = {});

/// A self-signed certificate for `host`: cert.pem and key.pem. For `localhost`, also for 127.0.0.1.
void make_certificate(const TempFolder& folder, const std::string& host);
/// TLS in front of a port, for one connection. Returns where it listens.
struct TlsFront {
    int port;
    Peer peer;
};
TlsFront tls_front(const TempFolder& folder, int behind);

/// Has ffmpeg make a file. **Throws**: std::runtime_error with its words.
void make_with_ffmpeg(const std::vector<std::string>& arguments,
                      const std::filesystem::path& file);
/// What ffprobe prints.
std::string ffprobe_text(const std::vector<std::string>& arguments);
/// ffprobe's answer about a file, a line a track: "h264,video,61", "aac,audio,87" (packets).
std::vector<std::string> tracks_of(const std::filesystem::path& file);
/// What ffmpeg says when it decodes all of a file; nothing where all is well.
std::string decoder_complaints(const std::filesystem::path& file);

/// A file system that is soon full; only where we may mount one.
class TinyDisk {
  public:
    TinyDisk(const std::filesystem::path& at, int bytes);
    TinyDisk(const TinyDisk&) = delete;
    TinyDisk& operator=(const TinyDisk&) = delete;
    ~TinyDisk();
    bool is_mounted() const { return is_mounted_; }

  private:
    std::filesystem::path at_;
    bool is_mounted_ = false;
};

}  // namespace restream::test
