# The presets compile several files of a target at once (CMAKE_UNITY_BUILD): most of what a file costs the compiler is
# what it includes. Two files can't be, where both have a name of their own for something else; one of them is compiled
# alone, as it is without the presets.
set_source_files_properties(
    lib/base/paths_posix.cpp
    lib/base/terminal_posix.cpp
    lib/config/platform.cpp
    lib/config/srt_options.cpp
    lib/config/url.cpp
    lib/dashboard/picture_process.cpp
    lib/doctor/state_checks.cpp
    lib/explain/explain.cpp
    lib/ingest/embedded_connection.cpp
    lib/ingest/record.cpp
    lib/ingest/tcp_posix.cpp
    lib/media/hls_sink.cpp
    lib/media/srt_rejection.cpp
    lib/media/thumbnail_maker.cpp
    lib/media/tracks.cpp
    lib/relay/healer.cpp
    lib/relay/hook_keeper.cpp
    lib/relay/probe.cpp
    lib/rtmp/av1_header.cpp
    lib/rtmp/chunk_writer.cpp
    lib/rtmp/hevc_header.cpp
    lib/rtmp/message_tags.cpp
    lib/rtmp/tag.cpp
    lib/rtmp/tag_body.cpp
    lib/rtmp/tls_channel.cpp
    lib/rtmp/tls_openssl.cpp
    lib/selftest/step_states.cpp
    lib/state/healing.cpp
    lib/state/media_json.cpp
    lib/state/record.cpp
    lib/state/registry.cpp
    tests/engine/finish_test.cpp
    tests/engine/raw_client_posix.cpp
    tests/media/hls_test.cpp
    tests/media/thumbnail_test.cpp
    tests/process/embedded_keys_test.cpp
    tests/process/hostile_test.cpp
    tests/process/interop_servers_test.cpp
    tests/process/interop_tls_test.cpp
    tests/process/network_test.cpp
    tests/process/node_media_server.cpp
    tests/process/tcp_proxy.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
