# hp_fault_libraries() : a second build of core, client and server, hotpatch_core_faults and so on, in which a
# test can make any fallible step fail (idl/fault.h). Call it after all rooms have named their files.
function(hp_fault_libraries)
    foreach(name IN ITEMS core client server)
        get_target_property(sources hotpatch_${name} SOURCES)
        add_library(hotpatch_${name}_faults STATIC EXCLUDE_FROM_ALL ${sources})
        add_dependencies(hotpatch_${name}_faults hotpatch_idl)
        target_compile_definitions(hotpatch_${name}_faults PUBLIC HP_FAULT_INJECTION)
        target_include_directories(hotpatch_${name}_faults
            PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR})
        target_include_directories(hotpatch_${name}_faults SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/idl)
        target_link_libraries(hotpatch_${name}_faults PRIVATE hp_flags)
    endforeach()
    set_source_files_properties(${CMAKE_BINARY_DIR}/idl/hotpatch_i.c PROPERTIES
        GENERATED ON COMPILE_OPTIONS -w)
    get_target_property(options hotpatch_core INTERFACE_LINK_OPTIONS)
    target_link_options(hotpatch_core_faults INTERFACE ${options})
    target_link_libraries(hotpatch_core_faults PUBLIC ole32 oleaut32 uuid advapi32 bcrypt)
    target_link_libraries(hotpatch_client_faults PUBLIC hotpatch_core_faults)
    target_link_libraries(hotpatch_server_faults PUBLIC hotpatch_core_faults hotpatch_typelib shell32)
endfunction()
