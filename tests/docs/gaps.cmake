# cmake -DGENERATOR=troubleshooting.cmake -DSOURCE=root -DSCRATCH=folder -P gaps.cmake : the generator
# refuses, and says why, an error without advice, advice for no error, advice twice, out of order or empty, an
# error that it cannot read, and a page that is not up to date.
cmake_minimum_required(VERSION 3.25)
set(list ${SOURCE}/include/hotpatch/error.h)
set(advice ${SOURCE}/docs/troubleshooting.in)

# refused(WHAT FILE FROM TO COMPLAINT): FILE, list or advice, with FROM exchanged for TO
function(refused what file from to complaint)
    file(READ ${${file}} text)
    string(REPLACE "${from}" "${to}" changed "${text}")
    if(changed STREQUAL text)
        message(FATAL_ERROR "${what}: \"${from}\" does not stand in ${${file}}")
    endif()
    file(WRITE ${SCRATCH}/gaps-${file} "${changed}")
    set(${file} ${SCRATCH}/gaps-${file})
    execute_process(COMMAND ${CMAKE_COMMAND} -DCHECK=ON -DERRORS=${list} -DADVICE=${advice} -P ${GENERATOR}
        ERROR_VARIABLE said RESULT_VARIABLE result)
    string(REGEX REPLACE "[ \n]+" " " said "${said}") # CMake breaks lines
    string(FIND "${said}" "${complaint}" place)
    if(result EQUAL 0 OR place EQUAL -1)
        message(FATAL_ERROR "${what}: not \"${complaint}\" but, with ${result}: ${said}")
    endif()
endfunction()

set(gone "X(HP_E_UPDATE_GONE, 0x0221,")
refused("a new error" list "${gone}" "X(HP_E_NEW, 0x0FFF, \"it is new\", \"wait\") ${gone}"
    "HP_E_NEW has no advice")
refused("an error in another shape" list "${gone}" "X(HP_E_UPDATE_GONE, 545," "of them can be read")
refused("another text" list "the update has ended or its object" "the update has gone or its object"
    "is not what the list of errors")
refused("no advice" advice "== HP_E_UPDATE_GONE\n" "" "HP_E_UPDATE_GONE has no advice")
refused("advice for nothing" advice "== HP_E_UPDATE_GONE\n" "== HP_E_NOTHING\nx\n\n== HP_E_UPDATE_GONE\n"
    "HP_E_NOTHING is not in the list of errors")
refused("empty advice" advice "== HP_E_UPDATE_GONE\n" "== HP_E_UPDATE_GONE\n\n== HP_E_CALL_BUSY\n"
    "HP_E_UPDATE_GONE has no advice but its title")
refused("advice twice" advice "== HP_E_UPDATE_GONE\n" "== HP_E_CALL_BUSY\nx\n\n== HP_E_UPDATE_GONE\n"
    "the order is not that of the list")
refused("a dead reference" advice "see HP_E_FRAME_MALFORMED" "see HP_E_FRAME_MISTAKEN"
    "refers to (#HP_E_FRAME_MISTAKEN)")
refused("other advice" advice "there is nothing to repair in it" "there is nothing to mend in it"
    "is not what the list of errors")
