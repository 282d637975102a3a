# Who is started, and who may call.

# The same update signed, signed by somebody else, and damaged after it was signed. The certificates are made
# by the build.
if(CMAKE_CROSSCOMPILING)
    find_program(HP_OSSLSIGNCODE osslsigncode REQUIRED) # ./run setup installs them
    find_program(HP_OPENSSL openssl REQUIRED)
    foreach(kind IN ITEMS signed stranger broken forged)
        list(APPEND signed ${CMAKE_CURRENT_BINARY_DIR}/trust_${kind}.exe)
    endforeach()
    add_custom_command(OUTPUT ${signed} ${CMAKE_CURRENT_BINARY_DIR}/trust_signer.bin
        DEPENDS session_v1 trust_sign.sh VERBATIM COMMENT "signed updates"
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/trust_sign.sh ${HP_OSSLSIGNCODE} ${HP_OPENSSL}
            $<TARGET_FILE:session_v1> ${CMAKE_CURRENT_BINARY_DIR})
    add_custom_target(trust_signed DEPENDS ${signed})
    hp_e2e(trust-signer SOURCES test_trust_signer.c trust_world.c session_app.c child.c
        LIBS hotpatch::client DEPENDS trust_signed TIMEOUT 180)
endif()

hp_e2e(trust SOURCES test_trust.c trust_world.c session_app.c child.c class_world.c hkcu.c
    LIBS hotpatch::client DEPENDS session_v1 session_v2 TIMEOUT 240)
