# cmake -DCOMPILER=... -DOPTIONS=a;b -DSTANDARDS=c11;c17 -DLANGUAGE=c -DINCLUDE=include -DHEADERS=a.h;b.h
#       -DUSE=use.c -DSCRATCH=folder -P headers.cmake
#
# Each of HEADERS, in INCLUDE/hotpatch, compiles alone (and twice in a row), then all of them in this order
# and the other way round, then USE, which has the macros in it; in each of STANDARDS, without a warning. What
# fails is said for all of them.
cmake_minimum_required(VERSION 3.25)
set(strict -Wall -Wextra -Wpedantic -Werror)
set(failed "")

# USE goes through the assembler, which has a word to say about sections; for the rest syntax is enough.
function(compile text what file how)
    foreach(standard IN LISTS STANDARDS)
        execute_process(
            COMMAND ${COMPILER} ${OPTIONS} -std=${standard} ${strict} -I ${INCLUDE}
                -x ${LANGUAGE} ${how} ${file}
            OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
        if(NOT result EQUAL 0)
            message("${text} ${what}, ${standard}: ${result}\n${said}")
            set(failed "${failed} ${what}:${standard}" PARENT_SCOPE)
            return()
        endif()
    endforeach()
endfunction()

function(compile_headers what)
    set(file ${SCRATCH}/${what}.${LANGUAGE})
    list(TRANSFORM ARGN PREPEND "#include <hotpatch/")
    list(TRANSFORM ARGN APPEND ">\n")
    list(JOIN ARGN "" text)
    # An empty translation unit would be pedantic in C.
    file(WRITE ${file} "${text}typedef int something;\n")
    compile("headers," ${what} ${file} -fsyntax-only)
    set(failed "${failed}" PARENT_SCOPE)
endfunction()

if(HEADERS STREQUAL "" OR STANDARDS STREQUAL "")
    message(FATAL_ERROR "headers.cmake: nothing to compile")
endif()
file(MAKE_DIRECTORY ${SCRATCH})
set(backwards ${HEADERS})
list(REVERSE backwards)
foreach(header IN LISTS HEADERS)
    compile_headers(${header} ${header} ${header})
endforeach()
compile_headers(all ${HEADERS})
compile_headers(backwards ${backwards})
foreach(level IN ITEMS -O0 -O2)
    compile("the macros," use${level} ${USE} "${level};-c;-o;${SCRATCH}/use${level}.${LANGUAGE}.o")
endforeach()
if(NOT failed STREQUAL "")
    message(FATAL_ERROR "failed:${failed}")
endif()
