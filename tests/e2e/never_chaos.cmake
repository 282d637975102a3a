# Updates that die, hang and lie at random, and callers that do.

# Callers that do: a storm of generated calls. Short in ctest, 200,000 and more in "./run soak".
add_executable(storm_update storm_update.c storm_functions.c)
target_link_libraries(storm_update PRIVATE hp_flags hotpatch::server)
target_include_directories(storm_update PRIVATE ${CMAKE_SOURCE_DIR}/tests)
hp_e2e(storm NO_REGISTRY LIBS hotpatch::server DEPENDS storm_update TIMEOUT 300 ARGS 20000
    SOURCES test_storm.c storm_answers.c storm_call.c storm_frame.c storm_functions.c storm_value.c
        server_process.c)
hp_soak(storm ARGS soak TIMEOUT 900)
hp_e2e(storm-channel NO_REGISTRY LIBS hotpatch::server DEPENDS storm_update TIMEOUT 300 ARGS 20000
    SOURCES test_storm_channel.c storm_answers.c storm_channel.c storm_frame.c storm_functions.c
        server_process.c)
hp_soak(storm-channel ARGS soak TIMEOUT 900)

# An update in which every step can fail; the test arms it from outside.
add_executable(session_faults session_update.c)
target_compile_definitions(session_faults PRIVATE SESSION_VERSION=1)
target_include_directories(session_faults PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(session_faults PRIVATE hp_flags hotpatch_server_faults)
hp_e2e(update-faults TRANSPORTS DEFINITIONS HP_FAULT_INJECTION LIBS hotpatch::client
    SOURCES test_update_faults.c session_app.c child.c DEPENDS session_faults TIMEOUT 300)

# Updates that die, hang and lie. Two versions of one; the linker puts chaos_garbage.c between COM and the
# server, and chaos_channel.c between the server and its channels.
foreach(version IN ITEMS 1 2)
    add_executable(chaos_v${version} chaos_update.c chaos_garbage.c chaos_channel.c)
    target_compile_definitions(chaos_v${version} PRIVATE CHAOS_VERSION=${version})
    target_include_directories(chaos_v${version} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(chaos_v${version} PRIVATE hp_flags hotpatch::server oleaut32)
    target_link_options(chaos_v${version} PRIVATE
        -Wl,--wrap=hp_invoke_member -Wl,--wrap=hp_channel_send)
endforeach()
hp_e2e(chaos TRANSPORTS DEPENDS chaos_v1 chaos_v2 LIBS hotpatch::client TIMEOUT 240 ARGS 60
    SOURCES test_chaos.c chaos_app.c chaos_callers.c chaos_imports.c chaos_ledger.c chaos_measure.c
        chaos_memory.c chaos_mishaps.c chaos_spy.c freeze.c session_app.c child.c hkcu.c)
hp_soak(chaos ARGS soak TIMEOUT 3000)
