# hotpatch_target(<target> [SOURCES dir...] [FUNCTIONS pattern...] [OFFER pattern...] [CHECK [pattern...]]
#                 [NO_PREPARE] [FAST] [GXX])
#
# Makes the functions of a program replaceable while it runs, without a macro at each: compiles the target
# so that every function can be redirected and the optimiser neither removes nor goes around a call of it,
# and after each link has "hotpatch prepare" write the table of functions into the EXE or DLL. For a static
# or object library only the first; its functions belong to the program that links it.
#
#   SOURCES     functions whose source file is below one of these are yours; default: ${PROJECT_SOURCE_DIR}
#   FUNCTIONS   only these; patterns as "hotpatch prepare --help" has them
#   OFFER       in an update: an app may run these functions here
#   CHECK       the build fails if a function that matches (without patterns: any) cannot be redirected
#   NO_PREPARE  only the options; the table is written by somebody else, after stripping, say
#   FAST        only functions with HP_PATCHABLE can be redirected; all others are optimised as you say, at
#               link time too: see below
#   GXX         g++ only: see below
#
# What it adds comes last on the command line, so it has the last word on what contradicts it: no link time
# optimisation of this target's own sources, and with clang none at all. FAST adds no more than the debug
# information: what holds for marked functions is in HP_PATCHABLE's attributes. All of it was found out by
# looking at the code that gcc 12.2 and clang 14 make, on x64 and x86:
#
# gcc     -flive-patching=inline-only-static with -fno-inline keeps the optimiser at -O1 to -O3 from
#         removing, merging or specialising calls; -fkeep-static-functions keeps static functions, and on
#         x86 their calling convention. -Os ignores -falign-functions, and what is not aligned cannot be
#         redirected: MinSizeRel is compiled with -O2. Objects for link time optimisation cannot have
#         -flive-patching, and the -fno-ipa-... that could stand for it are ignored at link time: f(x) +
#         f(x) became one call. Of libraries that the target links, the functions stay in link time
#         optimisation. DWARF 4, because dbghelp knows no later one. With FAST and link time optimisation,
#         the debug information has nothing of functions that were inlined or cloned, and no enums: Windows'
#         object format cannot take what gcc has for other systems.
# g++ 12 with binutils 2.40 makes wrong code of room before functions in COMDAT sections (inline functions,
#         methods in classes, implicit instances of templates): calls of them from their own file lead 16
#         bytes behind the entry. So C++ functions get no room, unless GXX says that there are no such calls.
#         HP_PATCHABLE on single functions is fine. clang does not have this error.
# clang   has nothing like it. -fno-inline leaves constants that are propagated into and out of static
#         functions (f(x, 7) was called with one argument, and the result of "return 42" not looked at),
#         merged and removed calls, and on x86 static functions with their arguments in registers. "#pragma
#         clang optimize off" and optnone keep the calls, but let the rest happen; "used" would stop it, but
#         no header can give it to all functions (a "#pragma clang attribute push" has to be popped
#         in the same translation unit). -O0 has none of it. "-O1 -Xclang -disable-llvm-passes" was
#         tried for speed only: a loop around a small call took a third of the time, loops over arrays hardly
#         less; but nothing inlines what has to be (always_inline with gnu_inline: undefined symbols), so it
#         was not looked at further. Link time optimisation does all of it to -O0 objects as well, and to
#         functions that are not static, too. With FAST, a marked function with one "return", of a constant,
#         is called, but callers in the same file do not look at what it returns: with and without link time
#         optimisation. Callers in other files were not tried.
# MSVC    is not tried; these are its documented options. Also clang-cl.
function(hotpatch_target target)
    cmake_parse_arguments(PARSE_ARGV 1 HPT "NO_PREPARE;FAST;GXX" "" "SOURCES;FUNCTIONS;OFFER;CHECK")
    if(HPT_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hotpatch_target(${target}): what is ${HPT_UNPARSED_ARGUMENTS}?")
    endif()
    if(NOT TARGET ${target})
        message(FATAL_ERROR "hotpatch_target(${target}): there is no such target")
    endif()
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY|STATIC_LIBRARY|OBJECT_LIBRARY)$")
        message(FATAL_ERROR "hotpatch_target(${target}): it has no code of its own")
    endif()
    hotpatch_target_options_(${target} "${HPT_FAST}" "${HPT_GXX}")
    if(NOT HPT_NO_PREPARE AND NOT type MATCHES "^(STATIC|OBJECT)_LIBRARY$")
        if(NOT HPT_SOURCES)
            set(HPT_SOURCES ${PROJECT_SOURCE_DIR})
        endif()
        set(check -)
        if(HPT_CHECK OR "CHECK" IN_LIST HPT_KEYWORDS_MISSING_VALUES)
            set(check CHECK ${HPT_CHECK})
        endif()
        hotpatch_target_prepare_(${target} "${HPT_SOURCES}" "${HPT_FUNCTIONS}" "${HPT_OFFER}" "${check}")
    endif()
endfunction()

function(hotpatch_target_options_ target fast gxx)
    set(room -falign-functions=16 -fpatchable-function-entry=18,16)
    set(gnu -gdwarf-4 -fno-lto -fno-inline -flive-patching=inline-only-static -fkeep-static-functions
        ${room} $<$<CONFIG:MinSizeRel>:-O2>)
    set(clang -g -gcodeview -fno-lto -O0 ${room})
    if(fast)
        set(gnu -gdwarf-4)
        set(clang -g -gcodeview)
    endif()
    set(msvc /Zi /FS /Ob0 /GL- $<$<EQUAL:${CMAKE_SIZEOF_VOID_P},4>:/hotpatch>)
    # The PDB under the EXE's name and beside it; of its path the EXE has only the name.
    set(lld -fuse-ld=lld -Wl,--pdb= -Wl,--Xlink=-pdbaltpath:%_PDB%)
    set(link /DEBUG /FUNCTIONPADMIN /OPT:NOICF /OPT:REF /INCREMENTAL:NO)

    foreach(language IN ITEMS C CXX)
        if(language STREQUAL "CXX" AND NOT gxx AND NOT fast)
            list(REMOVE_ITEM gnu ${room})
        endif()
        set(compiler "${CMAKE_${language}_COMPILER_ID} ${CMAKE_${language}_COMPILER_FRONTEND_VARIANT}")
        if(compiler STREQUAL "Clang MSVC")
            set(options /Z7 /Od /clang:-falign-functions=16 /clang:-fpatchable-function-entry=18,16)
            target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:${language},Clang>:${options}>")
            target_link_options(${target} PRIVATE "$<$<LINK_LANG_AND_ID:${language},Clang>:${link}>")
        else()
            target_compile_options(${target} PRIVATE
                "$<$<COMPILE_LANG_AND_ID:${language},GNU>:${gnu}>"
                "$<$<COMPILE_LANG_AND_ID:${language},Clang>:${clang}>"
                "$<$<COMPILE_LANG_AND_ID:${language},MSVC>:${msvc}>")
            target_link_options(${target} PRIVATE
                "$<$<LINK_LANG_AND_ID:${language},GNU>:-gdwarf-4>" # link time optimisation writes it anew
                "$<$<LINK_LANG_AND_ID:${language},Clang>:${lld}>"
                "$<$<LINK_LANG_AND_ID:${language},MSVC>:${link}>")
        endif()
    endforeach()
endfunction()

# The commands after the link. If one fails, the link has failed, and is done again by the next build.
function(hotpatch_target_prepare_ target sources functions offers check)
    if(NOT TARGET hotpatch::command)
        message(FATAL_ERROR "hotpatch_target(${target}): there is no hotpatch.exe for this architecture")
    endif()
    set(image $<TARGET_FILE:${target}>)
    set(run "")
    set(emulator "")
    if(CMAKE_CROSSCOMPILING)
        get_target_property(emulator ${target} CROSSCOMPILING_EMULATOR)
        if(NOT emulator)
            set(emulator wine)
        endif()
        set(run ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/hotpatch-run.sh --failed ${image})
    endif()
    list(TRANSFORM sources PREPEND --sources=)
    list(TRANSFORM functions PREPEND --function=)
    list(TRANSFORM offers PREPEND --offer=)
    set(tool ${emulator} $<TARGET_FILE:hotpatch::command>)
    set(commands COMMAND ${run} ${tool} prepare ${sources} ${functions} ${offers} ${image})
    list(POP_FRONT check kind)
    if(kind STREQUAL "CHECK")
        if(run)
            list(APPEND run --no-stdout) # the whole table
        endif()
        list(APPEND commands COMMAND ${run} ${tool} list --check ${image} ${check})
    endif()
    add_custom_command(TARGET ${target} POST_BUILD ${commands} VERBATIM)

    # Another command, another table.
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS $<TARGET_FILE:hotpatch::command>)
    add_dependencies(${target} hotpatch::command)
endfunction()
