// What a relay publishes about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/media_facts.hpp"
#include "system/process.hpp"

namespace restream {

enum class State { stopped, waiting, connecting, live, holding, backoff, rejected };

std::string_view state_name(State state);
std::optional<State> parse_state(std::string_view name);
bool is_session(State state);

/// Why it is in that state: code for programs, words for people. Never holds a secret.
struct Reason {
    std::string code;
    std::string message;
    std::string remedy;
    bool operator==(const Reason&) const = default;
};

/// One unbroken connection of a relay to its destination.
struct SessionFigures {
    WallTime started{};
    std::uint64_t bytes_sent = 0;
    std::uint32_t bitrate_kbps = 0;  ///< over the last seconds
    std::uint64_t video_messages = 0;
    std::uint64_t audio_messages = 0;
    std::uint64_t dropped_messages = 0;
    std::uint32_t queue_ms = 0;
    std::optional<double> rtt_ms;  ///< nothing where the system does not tell
    bool operator==(const SessionFigures&) const = default;
};

/// The content of run/relays/NAME.json. A value.
///
/// It has one writer at a time: the worker while it lives, its guardian otherwise. It says what was
/// true when it was written; whether the relay lives is for its lock to say.
struct Record {
    std::string name;
    std::string service;
    std::string url;  ///< masked
    State state = State::waiting;
    bool confirmed = false;  ///< live with 10 s of steady flow
    bool settled = false;    ///< live for longer than the service takes to close a bad key
    std::optional<Reason> reason;
    /// Why the last try failed, until the destination is live or the user stops the relay.
    std::optional<Reason> failure;
    /// Tries to open the destination since it was live last, the present one included.
    std::uint64_t tries = 0;
    /// The session runs with other settings, or another key, than the configuration has now.
    bool restart_pending = false;
    WallTime since{};
    ProcessId guardian;
    std::optional<ProcessId> worker;
    std::uint32_t worker_restarts = 0;
    std::optional<SessionFigures> session;
    /// What the ingest carries, as this relay sees it; nothing while it does not read the ingest.
    std::optional<MediaFacts> media;
    std::uint32_t reconnects = 0;
    /// Tries to open the destination, counted over the relay's life: tells a new failure from an
    /// old one.
    std::uint64_t attempts = 0;
    /// On the clock that nobody sets; it is one for all processes, until the next boot.
    std::optional<SteadyTime> next_retry;
    /// When a session last ended without a goodbye: the platform may still hold it.
    std::optional<WallTime> dirty_end;
    WallTime written{};

    bool operator==(const Record&) const = default;
};

/// What explains the state to people: its own reason, else the last failure. Waiting for a keyframe
/// is a part of each try: only a long wait replaces the failure. `now` is passed in.
const std::optional<Reason>& shown_reason(const Record& record, WallTime now);
/// A try is under way after one that failed.
bool is_trying_again(const Record& record);

/// JSON, one line.
std::string to_json(const Record& record);
/// Nothing for what is torn, foreign, of another schema, or has a field of another type or out of
/// range.
std::optional<Record> record_from_json(std::string_view text);

/// A process's identity, for the records of others (ingest.json, NAME.stopping), and back.
Json json_of(const ProcessId& id);
bool read_json(const Json& value, ProcessId& into);
std::optional<ProcessId> process_from_json(std::string_view text);

/// A state by its name, as state_name() has it.
bool read_json(const Json& value, State& into);

}  // namespace restream
