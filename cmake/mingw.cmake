# Toolchain file: Windows programs from Linux, run by Wine.
#   MINGW_ARCH      x86_64 | i686
#   MINGW_COMPILER  gcc | clang   (clang still uses mingw-w64 gcc's headers and libraries, and lld)
set(CMAKE_SYSTEM_NAME Windows)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MINGW_ARCH MINGW_COMPILER)
if(NOT MINGW_ARCH)
    set(MINGW_ARCH x86_64)
endif()
if(MINGW_ARCH STREQUAL "i686")
    set(CMAKE_SYSTEM_PROCESSOR X86)
else()
    set(CMAKE_SYSTEM_PROCESSOR AMD64)
endif()
set(MINGW_TRIPLE ${MINGW_ARCH}-w64-mingw32)

# Debian has two variants of the compiler; the win32 one needs no libwinpthread. Elsewhere there is one,
# without a suffix.
find_program(MINGW_GCC NAMES ${MINGW_TRIPLE}-gcc-win32 ${MINGW_TRIPLE}-gcc REQUIRED)
find_program(MINGW_GXX NAMES ${MINGW_TRIPLE}-g++-win32 ${MINGW_TRIPLE}-g++ REQUIRED) # for tests only

if(MINGW_COMPILER STREQUAL "clang")
    find_program(MINGW_CLANG NAMES clang REQUIRED)
    find_program(MINGW_CLANGXX NAMES clang++ REQUIRED)
    set(CMAKE_C_COMPILER ${MINGW_CLANG})
    set(CMAKE_C_COMPILER_TARGET ${MINGW_TRIPLE})
    set(CMAKE_CXX_COMPILER ${MINGW_CLANGXX})
    set(CMAKE_CXX_COMPILER_TARGET ${MINGW_TRIPLE})
    set(CMAKE_ASM_COMPILER ${MINGW_CLANG})
    set(CMAKE_ASM_COMPILER_TARGET ${MINGW_TRIPLE})
    # clang does not find Debian's libgcc by itself.
    execute_process(COMMAND ${MINGW_GCC} -print-libgcc-file-name
        OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    cmake_path(GET libgcc PARENT_PATH libgcc)
    set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld -L${libgcc}")
    set(CMAKE_SHARED_LINKER_FLAGS_INIT "-fuse-ld=lld -L${libgcc}")
else()
    set(CMAKE_C_COMPILER ${MINGW_GCC})
    set(CMAKE_CXX_COMPILER ${MINGW_GXX})
    set(CMAKE_ASM_COMPILER ${MINGW_GCC})
endif()
set(CMAKE_RC_COMPILER ${MINGW_TRIPLE}-windres)

set(CMAKE_FIND_ROOT_PATH /usr/${MINGW_TRIPLE})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# Sets WINEPREFIX and the rest where the caller has not.
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../tests/wine/wine-run.sh)
