# hp_idl(hotpatch.idl) : widl makes of it, in build/<preset>/idl,
#   hotpatch_h.h   C declarations; #include "hotpatch_h.h" works wherever hotpatch::core is linked
#   hotpatch_i.c   the GUIDs, compiled into hotpatch_core
#   hotpatch.tlb   the type library, in hotpatch_typelib.o as resource 1 TYPELIB, which goes into every EXE
#                  that links hotpatch::client or hotpatch::server (a static library cannot carry a resource)
function(hp_idl file)
    if(NOT WIN32)
        return()
    endif()
    cmake_path(GET file STEM base)
    cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE idl)
    set(out ${CMAKE_BINARY_DIR}/idl)
    file(MAKE_DIRECTORY ${out})

    # Wine's widl; on MSYS2 that of mingw-w64. Both know their own IDL files and need to be told where
    # stdole2.tlb is.
    find_program(HP_WIDL NAMES widl ${CMAKE_SYSTEM_PROCESSOR}-w64-mingw32-widl REQUIRED)
    find_path(HP_WIDL_INCLUDE oaidl.idl NO_CMAKE_FIND_ROOT_PATH
        PATHS /usr/include/wine/wine/windows /usr/include/wine/windows /opt/wine-stable/include/wine/windows
        PATH_SUFFIXES include x86_64-w64-mingw32/include i686-w64-mingw32/include REQUIRED)
    find_path(HP_STDOLE_DIR stdole2.tlb NO_CMAKE_FIND_ROOT_PATH
        PATHS /usr/lib/x86_64-linux-gnu/wine/x86_64-windows
        /usr/lib/wine/x86_64-windows /usr/lib64/wine/x86_64-windows
        "$ENV{SystemRoot}/System32" REQUIRED)
    if(HP_ARCH STREQUAL "x64")
        set(widl ${HP_WIDL} --win64)
        set(resource_format pe-x86-64)
    else()
        set(widl ${HP_WIDL} --win32)
        set(resource_format pe-i386)
    endif()

    # The file is named without its path, or the path would stand in what is generated.
    add_custom_command(
        OUTPUT ${out}/${base}_h.h ${out}/${base}_i.c ${out}/${base}.tlb
        COMMAND ${widl} -I${HP_WIDL_INCLUDE} -L${HP_STDOLE_DIR} -h -o ${out}/${base}_h.h ${base}.idl
        COMMAND ${widl} -I${HP_WIDL_INCLUDE} -L${HP_STDOLE_DIR} -u -o ${out}/${base}_i.c ${base}.idl
        COMMAND ${widl} -I${HP_WIDL_INCLUDE} -L${HP_STDOLE_DIR} -t -o ${out}/${base}.tlb ${base}.idl
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
        DEPENDS ${idl} COMMENT "widl ${base}.idl" VERBATIM)
    file(CONFIGURE OUTPUT ${out}/typelib.rc CONTENT "1 TYPELIB \"${base}.tlb\"\n")
    add_custom_command(
        OUTPUT ${out}/hotpatch_typelib.o
        COMMAND ${CMAKE_RC_COMPILER} --target=${resource_format} -O coff typelib.rc hotpatch_typelib.o
        WORKING_DIRECTORY ${out}
        DEPENDS ${out}/${base}.tlb ${out}/typelib.rc COMMENT "type library as a resource" VERBATIM)
    add_custom_target(hotpatch_idl DEPENDS ${out}/${base}_h.h ${out}/${base}_i.c ${out}/hotpatch_typelib.o)

    set_source_files_properties(${out}/${base}_i.c TARGET_DIRECTORY hotpatch_core
        PROPERTIES GENERATED ON COMPILE_OPTIONS -w)
    target_sources(hotpatch_core PRIVATE ${out}/${base}_i.c)
    target_include_directories(hotpatch_core SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
    add_dependencies(hotpatch_core hotpatch_idl)

    add_library(hotpatch_typelib INTERFACE)
    set_target_properties(hotpatch_typelib PROPERTIES EXPORT_NAME typelib)
    target_link_libraries(hotpatch_typelib INTERFACE
        $<BUILD_INTERFACE:${out}/hotpatch_typelib.o>
        $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${HP_INSTALL_LIBDIR}/hotpatch_typelib.o>)
    target_link_libraries(hotpatch_client PUBLIC hotpatch_typelib)
    target_link_libraries(hotpatch_server PUBLIC hotpatch_typelib)
endfunction()
