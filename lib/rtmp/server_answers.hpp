// What the server's side of a connection says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rtmp/command.hpp"

namespace restream {

/// _result to connect, with what Enhanced RTMP wants said where the client said it: its FourCCs
/// back, each "can forward", and of its capabilities those that need nothing but passing through.
/// **Source**: Adobe RTMP 1.0, 7.2.1.1; Enhanced RTMP v2, "Enhancing NetConnection connect
/// Command".
Command connect_result(const Command& connect);
/// _result to createStream, and to getStreamLength.
Command number_result(const Command& asked, double number);
/// _result that says nothing but yes.
Command empty_result(const Command& asked);
/// _error, in answer to what is not known or not possible.
Command refusal(const Command& asked, std::string_view code, std::string_view description);

enum class Level { status, error };
/// onStatus, or onFCPublish and onFCSubscribe, which say the same.
Command status(std::string name, Level level, std::string_view code, std::string_view description);

}  // namespace restream
