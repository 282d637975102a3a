# Tests are cmocka programs. Under a Windows preset they are EXEs that run in a Wine prefix; under "native"
# those that are PURE are programs of this machine, with sanitizers.
#
#   hp_test(frame SOURCES test_frame.c PURE)             # EXE t-frame, test "frame"
#   hp_test(attach SOURCES test_attach.c LIBS hotpatch::client TIMEOUT 90)
#   hp_e2e(story SOURCES test_story.c LIBS hotpatch::client)   # the same, in a Wine prefix of its own
#   hp_e2e(demo SCRIPT demo.sh DEPENDS game updated)     # a bash script instead of an EXE; see below
#   hp_e2e(chaos TRANSPORTS SOURCES ...)                 # twice: over shared memory, and "chaos-com" over COM
#   hp_soak(storm ARGS soak TIMEOUT 900)                 # the long run of a test that is there; "./run soak"
#
# hp_test shares one Wine session per build tree and must leave the registry as it found it. hp_e2e may do
# anything: its prefix is a fresh copy and is removed, with every process in it, whatever happens.
# On Windows there is one registry, the developer's. There ctest gets no hp_test that is marked REGISTRY,
# because it changes it for a while, and no hp_e2e unless it is marked NO_REGISTRY; hp_tests_left_out() says
# how many.
# LIBS defaults to hotpatch::core (native: the pure library). LABELS are added to "unit" or "e2e". TIMEOUT is
# in seconds. A SCRIPT gets the environment BUILD (build tree), ARCH (x64|x86), WINE (the command
# that runs an EXE) and WINEPREFIX.
include_guard()

set(HP_TEST_TOOLS ${CMAKE_CURRENT_LIST_DIR}/../tests/wine)
cmake_path(NORMAL_PATH HP_TEST_TOOLS)
set(HP_CACHE "$ENV{HOTPATCH_CACHE}")
if(NOT HP_CACHE)
    set(HP_CACHE "$ENV{XDG_CACHE_HOME}")
    if(NOT HP_CACHE)
        set(HP_CACHE "$ENV{HOME}/.cache")
    endif()
    set(HP_CACHE "${HP_CACHE}/hotpatch")
endif()
set(HP_CACHE "${HP_CACHE}" CACHE PATH "Where ./run setup keeps cmocka and what Wine needs")

# cmocka's macros convert freely between int and its LargestIntegralType. (Linked after hp_flags, so it has
# the last word.)
add_library(hp_test_flags INTERFACE)
target_compile_options(hp_test_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-Wno-conversion>)

# cmocka-static, from the source that ./run setup fetched, else from the system (MSYS2 has a package).
function(hp_cmocka)
    if(EXISTS ${HP_CACHE}/cmocka/CMakeLists.txt)
        set(WITH_STATIC_LIB ON CACHE INTERNAL "")
        set(WITH_EXAMPLES OFF CACHE INTERNAL "")
        set(UNIT_TESTING OFF CACHE INTERNAL "")
        set(CMAKE_POLICY_VERSION_MINIMUM 3.5) # cmocka asks for a CMake that newer ones no longer imitate
        set(CMAKE_WARN_DEPRECATED OFF CACHE INTERNAL "")
        set(CMAKE_SUPPRESS_DEVELOPER_WARNINGS ON CACHE INTERNAL "")
        set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
        file(REAL_PATH ${HP_CACHE}/cmocka source)
        add_subdirectory(${source} ${CMAKE_BINARY_DIR}/cmocka EXCLUDE_FROM_ALL)
        target_compile_options(cmocka-static PRIVATE -w
            -ffile-prefix-map=${source}/=/hotpatch/cmocka/ -ffile-prefix-map=${CMAKE_BINARY_DIR}=.
            $<$<BOOL:${WIN32}>:-gdwarf-4>)
        if(NOT WIN32 AND HP_SANITIZE)
            target_compile_options(cmocka-static PRIVATE -fsanitize=${HP_SANITIZE})
        endif()
        add_library(hp_cmocka INTERFACE)
        target_link_libraries(hp_cmocka INTERFACE cmocka-static)
        target_include_directories(hp_cmocka SYSTEM INTERFACE ${source}/include)
        target_compile_options(hp_cmocka INTERFACE -ffile-prefix-map=${source}/=/hotpatch/cmocka/)
    else()
        find_package(cmocka QUIET)
        if(NOT cmocka_FOUND)
            message(FATAL_ERROR
                "cmocka is not there: run \"./run setup\" first (on MSYS2: install its package)")
        endif()
        add_library(hp_cmocka INTERFACE)
        target_link_libraries(hp_cmocka INTERFACE ${CMOCKA_LIBRARIES})
        target_include_directories(hp_cmocka INTERFACE ${CMOCKA_INCLUDE_DIR})
    endif()
endfunction()

# The Wine session that all hp_test of this build tree share.
function(hp_wine_session)
    add_executable(hp_probe ${HP_TEST_TOOLS}/probe.c)
    target_link_libraries(hp_probe PRIVATE hp_flags)
    if(CMAKE_CROSSCOMPILING)
        add_test(NAME wine-start COMMAND ${HP_TEST_TOOLS}/session.sh start $<TARGET_FILE:hp_probe>)
        add_test(NAME wine-stop COMMAND ${HP_TEST_TOOLS}/session.sh stop)
        set_tests_properties(wine-start PROPERTIES FIXTURES_SETUP wine)
        set_tests_properties(wine-stop PROPERTIES FIXTURES_CLEANUP wine)
        set_tests_properties(wine-start wine-stop PROPERTIES
            ENVIRONMENT "WINEPREFIX=${CMAKE_BINARY_DIR}/wineprefix;HOTPATCH_CACHE=${HP_CACHE}"
            TIMEOUT 60 LABELS fixture)
    endif()
endfunction()

function(hp_test name)
    hp_add_test_("${name}" unit "${ARGN}")
endfunction()

function(hp_e2e name)
    hp_add_test_("${name}" e2e "${ARGN}")
endfunction()

function(hp_add_test_ name kind arguments)
    cmake_parse_arguments(T "PURE;REGISTRY;NO_REGISTRY;TRANSPORTS" "TIMEOUT;SCRIPT"
        "SOURCES;LIBS;LABELS;DEPENDS;ARGS;DEFINITIONS" ${arguments})
    if(T_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "test ${name}: what is ${T_UNPARSED_ARGUMENTS}?")
    endif()
    if(NOT WIN32 AND NOT T_PURE)
        return()
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 60)
    endif()

    if(HP_VALGRIND AND NOT WIN32)
        math(EXPR T_TIMEOUT "${T_TIMEOUT} * 10")
    endif()
    set(options --timeout ${T_TIMEOUT})
    if(T_SCRIPT)
        cmake_path(ABSOLUTE_PATH T_SCRIPT)
        set(program bash ${T_SCRIPT})
        list(APPEND options --script)
    else()
        add_executable(t-${name} ${T_SOURCES})
        if(NOT WIN32)
            set(T_LIBS hotpatch_pure)
        elseif(NOT T_LIBS)
            set(T_LIBS hotpatch::core)
        endif()
        target_link_libraries(t-${name} PRIVATE hp_flags hp_test_flags ${T_LIBS} hp_cmocka
            $<TARGET_NAME_IF_EXISTS:hp_test_support>)
        target_compile_definitions(t-${name} PRIVATE ${T_DEFINITIONS})
        target_include_directories(t-${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
        set(program $<TARGET_FILE:t-${name}>)
        if(HP_VALGRIND AND NOT WIN32) # an error, and memory that nothing leads to any more, fail the test
            find_program(HP_VALGRIND_PROGRAM valgrind REQUIRED)
            list(PREPEND program ${HP_VALGRIND_PROGRAM} -q --error-exitcode=99 --leak-check=full
                --track-origins=yes)
        endif()
        if(T_DEPENDS)
            add_dependencies(t-${name} ${T_DEPENDS})
        endif()
    endif()

    if(WIN32 AND NOT CMAKE_CROSSCOMPILING AND (T_REGISTRY OR (kind STREQUAL "e2e" AND NOT T_NO_REGISTRY)))
        set_property(GLOBAL APPEND PROPERTY HP_TESTS_LEFT_OUT ${name})
        return()
    endif()
    if(NOT CMAKE_CROSSCOMPILING)
        list(APPEND options --native)
    elseif(kind STREQUAL "e2e")
        list(APPEND options --own-prefix)
    endif()
    if(CMAKE_HOST_WIN32)
        find_program(HP_BASH bash REQUIRED)
        set(runner ${HP_BASH} ${HP_TEST_TOOLS}/run-test.sh)
    else()
        set(runner ${HP_TEST_TOOLS}/run-test.sh)
    endif()
    math(EXPR limit "${T_TIMEOUT} + 20") # run-test.sh keeps the time itself; this is for when it hangs
    set(environment WINEPREFIX=${CMAKE_BINARY_DIR}/wineprefix HOTPATCH_CACHE=${HP_CACHE}
        CMOCKA_MESSAGE_OUTPUT=TAP BUILD=${CMAKE_BINARY_DIR} ARCH=${HP_ARCH})
    set(transports any)
    if(T_TRANSPORTS)
        set(transports shared com)
    endif()
    foreach(transport IN LISTS transports)
        set(test ${name})
        if(transport STREQUAL "com")
            string(APPEND test -com)
        endif()
        add_test(NAME ${test} COMMAND ${runner} ${options} -- ${program} ${T_ARGS})
        set_tests_properties(${test} PROPERTIES
            TIMEOUT ${limit}
            COST ${T_TIMEOUT} # long ones start first, so that none of them runs alone at the end
            LABELS "${kind};${T_LABELS}"
            RESOURCE_LOCK ${name} # both variants have the same ProgID
            FAIL_REGULAR_EXPRESSION "not ok [0-9]+ - "
            ENVIRONMENT "${environment};HOTPATCH_TRANSPORT=${transport}")
        if(CMAKE_CROSSCOMPILING AND NOT kind STREQUAL "e2e")
            set_tests_properties(${test} PROPERTIES FIXTURES_REQUIRED wine)
        endif()
    endforeach()
endfunction()

# hp_soak(name ARGS args...): test "soak-name", which runs the EXE of hp_e2e(name) with these arguments. It is
# in configuration "soak" only (ctest -C soak), so nobody meets it unasked. It goes on until the minutes in
# the environment variable HOTPATCH_SOAK_MINUTES have passed, which TIMEOUT is added to. The target soak-all
# builds all of them.
function(hp_soak name)
    cmake_parse_arguments(PARSE_ARGV 1 S "" "TIMEOUT" "ARGS")
    if(S_UNPARSED_ARGUMENTS OR NOT S_TIMEOUT)
        message(FATAL_ERROR "hp_soak(${name}): TIMEOUT is missing, or what is ${S_UNPARSED_ARGUMENTS}?")
    endif()
    if(NOT WIN32 OR NOT CMAKE_CROSSCOMPILING)
        return()
    endif()
    if(NOT TARGET soak-all)
        add_custom_target(soak-all)
    endif()
    add_dependencies(soak-all t-${name})
    add_test(NAME soak-${name} CONFIGURATIONS soak
        COMMAND ${HP_TEST_TOOLS}/run-test.sh --timeout ${S_TIMEOUT} --soak --own-prefix
            -- $<TARGET_FILE:t-${name}> ${S_ARGS})
    set_tests_properties(soak-${name} PROPERTIES
        TIMEOUT 1000000 # run-test.sh keeps the time
        LABELS soak
        FAIL_REGULAR_EXPRESSION "not ok [0-9]+ - "
        ENVIRONMENT
            "WINEPREFIX=${CMAKE_BINARY_DIR}/wineprefix;HOTPATCH_CACHE=${HP_CACHE};CMOCKA_MESSAGE_OUTPUT=TAP")
endfunction()

# Says which tests this machine does not get. Call it after the last test.
function(hp_tests_left_out)
    get_property(names GLOBAL PROPERTY HP_TESTS_LEFT_OUT)
    list(LENGTH names count)
    if(count GREATER 0)
        message(STATUS "${count} tests are built but left out of ctest: they change the registry, and here"
            " it is the user's own. They run from Linux, under Wine.")
    endif()
endfunction()

# hp_fuzz(frame SOURCES fuzz_frame.c) : the libFuzzer program fuzz-frame, in preset fuzz only. Seeds:
# corpus/frame/ beside it.
function(hp_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 F "" "" "SOURCES")
    if(NOT HP_FUZZ)
        return()
    endif()
    add_executable(fuzz-${name} ${F_SOURCES})
    target_link_libraries(fuzz-${name} PRIVATE hp_flags hotpatch_pure)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
