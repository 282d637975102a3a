# Failure policy, deadlines and the circuit breaker.
add_executable(policy_update policy_update.c)
target_link_libraries(policy_update PRIVATE hp_flags hotpatch::server)
set(policy_world policy_world.c policy_app.c session_app.c child.c)
foreach(test IN ITEMS policy policy-deadline)
    string(REPLACE "-" "_" source ${test})
    hp_e2e(${test} TRANSPORTS SOURCES test_${source}.c ${policy_world}
        LIBS hotpatch::client DEPENDS policy_update TIMEOUT 180)
endforeach()
hp_e2e(breaker TRANSPORTS SOURCES test_breaker.c freeze.c ${policy_world}
    LIBS hotpatch::client DEPENDS policy_update TIMEOUT 180)

# Over shared memory: an update that stands still, and one that stops in the middle of a long answer when it
# is told to; for that the linker puts policy_stalls.c between a channel and what it copies.
add_executable(policy_stalls policy_update.c policy_stalls.c)
target_link_libraries(policy_stalls PRIVATE hp_flags hotpatch::server)
target_include_directories(policy_stalls PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
target_link_options(policy_stalls PRIVATE -Wl,--wrap=hp_frame_copy)
hp_e2e(frozen SOURCES test_frozen.c freeze.c ${policy_world}
    LIBS hotpatch::client DEPENDS policy_stalls TIMEOUT 180)
hp_e2e(attach-deadline SOURCES test_attach_deadline.c ${attach_world}
    LIBS hotpatch::client DEPENDS fixture_fake TIMEOUT 240)

# The same once more under the system's heap checks.
if(CMAKE_CROSSCOMPILING)
    add_executable(fixture_overrun fixture_overrun.c)
    target_link_libraries(fixture_overrun PRIVATE hp_flags)
    hp_e2e(heap-checks SCRIPT heap.sh TIMEOUT 180 ARGS $<TARGET_FILE:t-policy> policy_update.exe)
    hp_e2e(heap-checks-deadline SCRIPT heap.sh TIMEOUT 180
        ARGS $<TARGET_FILE:t-policy-deadline> policy_update.exe)
    hp_e2e(heap-checks-frozen SCRIPT heap.sh TIMEOUT 180 ARGS $<TARGET_FILE:t-frozen> policy_stalls.exe)
endif()
