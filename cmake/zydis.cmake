# The decoder of Zydis (MIT), from the source that ./run setup fetched, else from the system (MSYS2 has a
# package).
#
#   hp_zydis(hotpatch_client instruction.c)     # files that include <Zydis/Decoder.h>
#
# puts these files into a library, and the decoder's objects with them: whoever links the installed library
# needs no Zydis. Both are object libraries, so a second build of the room (cmake/faults.cmake) takes them as
# they are. Only the decoder's minimal mode is built, without operands: 150 KB of 700.
include_guard()

set(HP_ZYDIS_DEFINITIONS
    ZYDIS_MINIMAL_MODE ZYDIS_DISABLE_ENCODER ZYDIS_DISABLE_FORMATTER ZYDIS_DISABLE_SEGMENT
    ZYDIS_STATIC_BUILD ZYCORE_STATIC_BUILD ZYAN_NO_LIBC)

function(hp_zydis library)
    add_library(hp_zydis_users OBJECT ${ARGN})
    target_link_libraries(hp_zydis_users PRIVATE hp_flags)
    target_include_directories(hp_zydis_users PRIVATE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR})
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:hp_zydis_users>)
    if(EXISTS ${HP_CACHE}/zydis/src/Decoder.c)
        file(REAL_PATH ${HP_CACHE}/zydis source)
        hp_zydis_names_(${source} names)
        add_library(hp_zydis OBJECT
            ${source}/src/Decoder.c ${source}/src/DecoderData.c ${source}/src/SharedData.c)
        target_include_directories(hp_zydis PRIVATE ${source}/src)
        target_compile_options(hp_zydis PRIVATE -w -gdwarf-4)
        foreach(target IN ITEMS hp_zydis hp_zydis_users)
            target_include_directories(${target} SYSTEM PRIVATE
                ${source}/include ${source}/dependencies/zycore/include)
            target_compile_definitions(${target} PRIVATE ${HP_ZYDIS_DEFINITIONS})
            target_compile_options(${target} PRIVATE -include ${names}
                -ffile-prefix-map=${source}/=/hotpatch/zydis/ -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
        endforeach()
        target_sources(${library} PRIVATE $<TARGET_OBJECTS:hp_zydis>)
        set_property(GLOBAL PROPERTY HP_ZYDIS_LICENSES
            ${source}/LICENSE zydis.txt ${source}/dependencies/zycore/LICENSE zycore.txt)
    else()
        find_package(Zydis QUIET)
        if(NOT Zydis_FOUND)
            message(FATAL_ERROR
                "Zydis is not there: run \"./run setup\" first (on MSYS2: install its package)")
        endif()
        target_link_libraries(hp_zydis_users PRIVATE Zydis::Zydis)
        target_link_libraries(${library} PRIVATE Zydis::Zydis)
    endif()
endfunction()

# An app may link a Zydis of its own, built with other settings. So everything global of ours is called
# hp_zydis_...: a header of #defines that each of these files is compiled with.
function(hp_zydis_names_ source result)
    set(names ZydisDecoderInit ZydisDecoderEnableMode ZydisDecoderDecodeFull ZydisDecoderDecodeInstruction
        ZydisDecoderDecodeOperands ZydisDecoderTreeGetChildNode ZydisGetInstructionEncodingInfo
        ZydisGetInstructionDefinition zydis_decoder_tree_root)
    foreach(file IN ITEMS DecoderTables InstructionDefinitions)
        file(STRINGS ${source}/src/Generated/${file}.inc lines REGEX "^const [A-Za-z0-9]+ [A-Z0-9_]+\\[")
        foreach(line IN LISTS lines)
            if(line MATCHES "^const [A-Za-z0-9]+ ([A-Z0-9_]+)")
                list(APPEND names ${CMAKE_MATCH_1})
            endif()
        endforeach()
    endforeach()
    set(text "")
    foreach(name IN LISTS names)
        string(APPEND text "#define ${name} hp_zydis_${name}\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/zydis-names.h CONTENT "${text}" @ONLY)
    set(${result} ${CMAKE_BINARY_DIR}/zydis-names.h PARENT_SCOPE)
endfunction()
