# cmake -DREADME=README.md -DSOURCES=a.c;b.c -P same_text.cmake : each file stands in the README, whole and to
# the letter, as a C code block, so that what people copy is what was compiled.
file(READ "${README}" readme)
foreach(source IN LISTS SOURCES)
    file(READ "${source}" text)
    string(FIND "${readme}" "```c\n${text}```\n" place)
    if(place EQUAL -1)
        message(FATAL_ERROR "README.md does not print ${source} as it is: copy the file into its code block")
    endif()
endforeach()
