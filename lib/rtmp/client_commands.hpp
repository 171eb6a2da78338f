// The commands that a publisher and a player say, and what a server's answers mean.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "rtmp/command.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

/// Each command that waits for an answer has a number of its own; a client says each only once.
enum class Transaction {
    connect = 1,
    release = 2,
    fc_publish = 3,
    create = 4,
    begin = 5,
    goodbye = 6
};

/// What a publisher says of itself is what OBS says; what a player says is what ffmpeg says.
Command publisher_connect(const RtmpEndpoint& endpoint, std::span<const std::string> fourccs);
Command player_connect(const RtmpEndpoint& endpoint, std::span<const std::string> fourccs);
/// releaseStream, FCPublish, createStream, FCUnpublish: a name, a null, and nothing or the key.
Command simple_command(std::string name, Transaction transaction);
Command name_command(std::string name, Transaction transaction, const Secret& playpath);
Command publish_command(const Secret& playpath);
/// The live picture, or the recorded one where nothing is live: what ffmpeg asks for by default,
/// which nginx-rtmp, SRS and node-media-server answer alike.
Command play_command(const Secret& playpath);
Command delete_command(double message_stream_id);

bool is_answer_to(const Command& answer, Transaction transaction);
/// True where the words say no: by their level, or by a code that no server says with yes.
bool is_refusal(const StatusWords& words);
/// Codes are told apart without regard to case: not all servers write them as Adobe did.
bool is_code(const StatusWords& words, std::string_view code);
bool is_about_connection(const StatusWords& words);
/// "code: description", whichever is there.
std::string join_words(const StatusWords& words);
/// What stands in "description", uncut and with secrets; at most 1,000 bytes, else empty.
std::string whole_description(const Command& answer);
/// The URL of another place that the answer names ("ex" with "redirect" and a code of 302, or
/// none); as the server wrote it; else empty.
std::string redirect_url(const Command& answer);
/// "rtmp://host:port" where a rejected connect names another place; else empty.
std::string redirect_address(const Command& answer);

}  // namespace restream
