// The ingest over RTMP.
#pragma once

#include <memory>

#include "worker/source.hpp"

namespace restream {

/// Plays rtmp://HOST[:PORT]/APP[/PLAYPATH], rtmps likewise. An OpenSource.
///
/// An app may have a slash in its name, so a URL may mean several (play_endpoints()). Where the
/// server refuses the app, the next one is tried on a connection of its own. One that was accepted
/// is asked first from then on. Where the server has refused them all, each further source tries
/// one: a server that refuses everything sees one connection a try.
std::unique_ptr<TagSource> open_rtmp_source(const SourceRequest& request, Loop& loop);
/// The same; its sources remember together which app was accepted, or that none was.
OpenSource remembering_rtmp_source();

}  // namespace restream
