# Every kind of thread, and the end of the process.
add_library(exit_dll SHARED exit_dll.c)
add_executable(exit_app exit_app.c)
target_link_libraries(exit_app PRIVATE hp_flags hotpatch::client)
target_include_directories(exit_app PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(exit_dll PRIVATE hp_flags)
target_link_options(exit_dll PRIVATE -static-libgcc)
set_target_properties(exit_dll PROPERTIES PREFIX "" RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
add_dependencies(exit_app exit_dll)
set(exit_world exit_world.c freeze.c session_app.c child.c)
hp_e2e(exit TRANSPORTS SOURCES test_exit.c ${exit_world}
    LIBS hotpatch::client DEPENDS exit_app exit_dll policy_update TIMEOUT 240)

# Over shared memory: an update whose thread never sleeps. The linker puts policy_awake.c between channels and
# their waiting.
add_executable(policy_awake policy_update.c policy_awake.c)
target_link_libraries(policy_awake PRIVATE hp_flags hotpatch::server)
target_include_directories(policy_awake PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
target_link_options(policy_awake PRIVATE -Wl,--wrap=hp_wait_until)
hp_e2e(exit-awake SOURCES test_exit_awake.c ${exit_world}
    LIBS hotpatch::client DEPENDS exit_app exit_dll policy_awake TIMEOUT 120)
foreach(version IN ITEMS 2 3)
    add_executable(threads_v${version} threads_update.c threads_ledger.c)
    target_compile_definitions(threads_v${version} PRIVATE THREADS_VERSION=${version})
    target_link_libraries(threads_v${version} PRIVATE hp_flags hotpatch::server)
endforeach()
set(threads_world threads_app.c threads_ledger.c session_app.c child.c)
hp_e2e(threads TRANSPORTS SOURCES test_threads.c ${threads_world}
    LIBS hotpatch::client DEPENDS threads_v2 exit_dll TIMEOUT 240)
hp_e2e(hand-over TRANSPORTS SOURCES test_handover.c ${threads_world}
    LIBS hotpatch::client DEPENDS threads_v2 threads_v3 TIMEOUT 300)
