# Flags of everything that this project compiles itself (not of what consumers compile): the target hp_flags.
add_library(hp_flags INTERFACE)
target_compile_options(hp_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror>
    # No path of the machine that built it stands in an EXE or in its debug information.
    $<$<COMPILE_LANGUAGE:C,ASM>:-ffile-prefix-map=${CMAKE_BINARY_DIR}=.>
    $<$<COMPILE_LANGUAGE:C,ASM>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=/hotpatch/>)

if(WIN32)
    # Windows 10. dbghelp under Wine reads DWARF 4, and finds no function at all in gcc's default, DWARF 5.
    target_compile_definitions(hp_flags INTERFACE
        $<$<COMPILE_LANGUAGE:C>:WINVER=0x0A00 _WIN32_WINNT=0x0A00 COBJMACROS=>)
    target_compile_options(hp_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-gdwarf-4>)
    # On x86 a stack is walked along the frame pointers, also by whoever looks at an app that stands in
    # dispatch; clang uses ebp for other things otherwise.
    if(CMAKE_SIZEOF_VOID_P EQUAL 4)
        target_compile_options(hp_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-fno-omit-frame-pointer>)
    endif()
    # Text goes to pipes and files of other programs: C99 printf, no surprises with %zu and %lld.
    target_compile_definitions(hp_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:__USE_MINGW_ANSI_STDIO=1>)
elseif(HP_SANITIZE)
    target_compile_options(hp_flags INTERFACE
        -fsanitize=${HP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(hp_flags INTERFACE -fsanitize=${HP_SANITIZE})
endif()

# What the machine is called in folders, tests and the installed tree.
if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(HP_ARCH x64)
else()
    set(HP_ARCH x86)
endif()

set(HP_INSTALL_LIBDIR lib/hotpatch/${HP_ARCH})
set(HP_INSTALL_CMAKEDIR lib/cmake/hotpatch)
