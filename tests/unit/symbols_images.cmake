# Images for test_symbols.c, in symbols/ of the build folder: symbols_<dwarf|pdb>-<x64|x86>-<O0|O2>.exe.
# DWARF is made by
# the preset's compiler, of the other architecture by mingw gcc; PDBs by clang and lld, where they are
# installed.
set(folder ${CMAKE_CURRENT_BINARY_DIR}/symbols)
file(MAKE_DIRECTORY ${folder})
set(sources ${CMAKE_CURRENT_SOURCE_DIR}/symbols_own/symbols_sample.c
    ${CMAKE_CURRENT_SOURCE_DIR}/symbols_other/symbols_other.c)
set(header ${CMAKE_CURRENT_SOURCE_DIR}/symbols_other/symbols_other.h)
set(symbols_images)

macro(symbols_image name) # command and options follow
    add_custom_command(OUTPUT ${folder}/symbols_${name}.exe
        COMMAND ${ARGN} ${sources} -o ${folder}/symbols_${name}.exe
        DEPENDS ${sources} ${header} VERBATIM)
    list(APPEND symbols_images ${folder}/symbols_${name}.exe)
endmacro()

find_program(HP_CLANG clang)
find_program(HP_LLD ld.lld)
foreach(pair IN ITEMS x64=x86_64 x86=i686)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 arch)
    list(GET pair 1 machine)
    if(HP_ARCH STREQUAL "x86" AND arch STREQUAL "x64")
        continue() # the x86 tool does not read them
    endif()
    find_program(HP_GCC_${arch} NAMES ${machine}-w64-mingw32-gcc-win32 ${machine}-w64-mingw32-gcc)
    if(arch STREQUAL HP_ARCH)
        set(compiler ${CMAKE_C_COMPILER})
        if(CMAKE_C_COMPILER_TARGET)
            list(APPEND compiler --target=${CMAKE_C_COMPILER_TARGET})
        endif()
        separate_arguments(link NATIVE_COMMAND "${CMAKE_EXE_LINKER_FLAGS}")
        symbols_image(bare ${compiler} -O0 -s ${link})
    else()
        set(compiler ${HP_GCC_${arch}})
        set(link)
    endif()
    foreach(level IN ITEMS O0 O2)
        if(compiler)
            symbols_image(dwarf-${arch}-${level} ${compiler} -${level} -gdwarf-4 ${link})
        endif()
        if(HP_CLANG AND HP_LLD AND HP_GCC_${arch})
            execute_process(COMMAND ${HP_GCC_${arch}} -print-libgcc-file-name
                OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
            cmake_path(GET libgcc PARENT_PATH libgcc)
            symbols_image(pdb-${arch}-${level} ${HP_CLANG} --target=${machine}-w64-mingw32 -${level} -g
                -gcodeview
                -fuse-ld=lld -L${libgcc} -Wl,--pdb=${folder}/symbols_pdb-${arch}-${level}.pdb)
        endif()
    endforeach()
endforeach()
add_custom_target(symbols_images DEPENDS ${symbols_images})
