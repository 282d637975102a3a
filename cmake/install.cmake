# The installed tree. Both architectures share one prefix, because a vendor ships both: install each build
# into the same place.
#
#   include/hotpatch/*.h
#   lib/hotpatch/<x64|x86>/libhotpatch_{core,client,server}.a, hotpatch_typelib.o
#   share/hotpatch/hpfn.ld                     for GNU ld, see proxygen/CMakeLists.txt
#   share/hotpatch/hotpatch_target.cmake, hotpatch-run.sh
#   lib/cmake/hotpatch/hotpatchConfig.cmake, -Version, hotpatchTargets-<x64|x86>.cmake
#   share/hotpatch/licenses/*.txt              of others' code in these libraries (x64: the decoder Zydis)
#   bin/<x64|x86>/*.exe                        the tools (each tool's CMakeLists.txt installs it)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/hotpatch DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(TARGETS hotpatch_core hotpatch_client hotpatch_server hotpatch_typelib
    EXPORT hotpatch-${HP_ARCH}
    ARCHIVE DESTINATION ${HP_INSTALL_LIBDIR})
install(FILES ${CMAKE_BINARY_DIR}/idl/hotpatch_typelib.o DESTINATION ${HP_INSTALL_LIBDIR})
install(FILES ${CMAKE_SOURCE_DIR}/cmake/hotpatch_target.cmake DESTINATION ${CMAKE_INSTALL_DATADIR}/hotpatch)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/cmake/hotpatch-run.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/hotpatch)
get_property(licenses GLOBAL PROPERTY HP_ZYDIS_LICENSES) # file, name, file, name
while(licenses)
    list(POP_FRONT licenses file name)
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/hotpatch/licenses RENAME ${name})
endwhile()
install(EXPORT hotpatch-${HP_ARCH}
    NAMESPACE hotpatch::
    FILE hotpatchTargets-${HP_ARCH}.cmake
    DESTINATION ${HP_INSTALL_CMAKEDIR})

configure_package_config_file(
    ${CMAKE_SOURCE_DIR}/cmake/hotpatchConfig.cmake.in ${CMAKE_BINARY_DIR}/hotpatchConfig.cmake
    INSTALL_DESTINATION ${HP_INSTALL_CMAKEDIR} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# ARCH_INDEPENDENT: the config file itself looks at the architecture, and one prefix serves both.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/hotpatchConfigVersion.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/hotpatchConfig.cmake ${CMAKE_BINARY_DIR}/hotpatchConfigVersion.cmake
    DESTINATION ${HP_INSTALL_CMAKEDIR})
