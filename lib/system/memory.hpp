// How a long-running process keeps its memory small.
#pragma once

namespace restream {

/// One heap for all threads: each of glibc's arenas keeps what it ever needed. To be called before
/// any thread is started. Where the system has no such setting, nothing happens.
void share_one_heap() noexcept;

/// Gives pages that nothing uses back to the system. Takes milliseconds where much was used.
void give_back_memory() noexcept;

}  // namespace restream
