# The rooms and their libraries: idl, registry and proxygen make hotpatch_core, client makes hotpatch_client,
# server makes hotpatch_server, tools makes hotpatch_tools (not installed). A room's CMakeLists.txt names
# its files in one call:
#
#   hp_room(core                                  # or client, server, tools
#       PURE frame.c error.c            # plain C11: also built natively, under sanitizers, and fuzzed
#       WINDOWS log.c thunk_x64.S)                # needs windows.h or the target's assembler

function(hp_libraries)
    # A library without a source file is an error to CMake, and the rooms come later.
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/no-source.c CONTENT "extern int hp_no_source_file_;\n")
    if(NOT WIN32)
        add_library(hotpatch_pure STATIC ${CMAKE_BINARY_DIR}/no-source.c)
        target_link_libraries(hotpatch_pure PRIVATE hp_flags)
        target_include_directories(hotpatch_pure PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR})
        return()
    endif()
    foreach(name IN ITEMS core client server tools)
        add_library(hotpatch_${name} STATIC ${CMAKE_BINARY_DIR}/no-source.c)
        add_library(hotpatch::${name} ALIAS hotpatch_${name})
        set_target_properties(hotpatch_${name} PROPERTIES EXPORT_NAME ${name})
        target_link_libraries(hotpatch_${name} PRIVATE $<BUILD_INTERFACE:hp_flags>)
        if(CMAKE_SIZEOF_VOID_P EQUAL 4) # stack walks on x86 follow ebp, and have to get past dispatch
            target_compile_options(hotpatch_${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-omit-frame-pointer>)
        endif()
        target_include_directories(hotpatch_${name}
            PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
            PRIVATE ${CMAKE_SOURCE_DIR})
    endforeach()
    target_link_libraries(hotpatch_core PUBLIC ole32 oleaut32 uuid advapi32)
    target_link_libraries(hotpatch_client PUBLIC hotpatch_core)
    target_link_libraries(hotpatch_server PUBLIC hotpatch_core)
    target_link_libraries(hotpatch_tools PUBLIC hotpatch_client dbghelp)
endfunction()

function(hp_room library)
    cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "PURE;WINDOWS")
    if(ROOM_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR
            "hp_room(${library}): ${ROOM_UNPARSED_ARGUMENTS} stands neither under PURE nor under WINDOWS")
    endif()
    if(WIN32)
        target_sources(hotpatch_${library} PRIVATE ${ROOM_PURE} ${ROOM_WINDOWS})
    else()
        target_sources(hotpatch_pure PRIVATE ${ROOM_PURE})
    endif()
endfunction()
