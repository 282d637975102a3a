# cmake -P list-sources.cmake COMPILE_COMMANDS ROOT OUT : prints the C files below ROOT (but not generated
# ones in a build tree), and writes OUT, compile commands in which each stands once: tests that are built in
# several ways are still one text.
cmake_minimum_required(VERSION 3.25)
set(found "")
set(once "")
file(READ "${CMAKE_ARGV3}" json)
string(JSON count LENGTH "${json}")
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
    string(JSON entry GET "${json}" ${i})
    string(JSON file GET "${entry}" file)
    cmake_path(IS_PREFIX CMAKE_ARGV4 "${file}" inside)
    if(inside AND file MATCHES "\\.c$" AND NOT file MATCHES "^${CMAKE_ARGV4}/build/" AND EXISTS "${file}"
       AND NOT file IN_LIST found)
        list(APPEND found "${file}")
        string(APPEND once ",${entry}\n")
    endif()
endforeach()
string(SUBSTRING "${once}" 1 -1 once)
file(WRITE "${CMAKE_ARGV5}" "[${once}]\n")
foreach(file IN LISTS found)
    message("${file}")
endforeach()
