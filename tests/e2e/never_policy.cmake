#Failure policy, deadlines and the circuit breaker.
add_executable(policy_update policy_update.c)
    target_link_libraries(policy_update PRIVATE hp_flags hotpatch::server)
        hp_e2e(policy SOURCES test_policy.c policy_app.c session_app.c child.c LIBS hotpatch::client DEPENDS
                   policy_update TIMEOUT 180)
hp_e2e(breaker SOURCES test_breaker.c policy_app.c session_app.c child.c
    LIBS hotpatch::client DEPENDS policy_update TIMEOUT 180)
hp_e2e(attach-deadline SOURCES test_attach_deadline.c ${attach_world}
    LIBS hotpatch::client DEPENDS fixture_fake TIMEOUT 240)
