# Called by editorconfig.sh with the properties of the files that follow as variables.
function complain(what) {
    print FILENAME ":" FNR ": " what
    bad = 1
}
end_of_line == "lf" && /\r$/ { complain("CR LF") }
trim_trailing_whitespace == "true" && /[ \t]\r?$/ { complain("white space at the end") }
indent_style == "space" && /^ *\t/ { complain("a tab indents") }
max_line_length ~ /^[0-9]+$/ && length($0) > max_line_length + 0 {
    complain(length($0) " characters, more than " max_line_length)
}
END { exit bad }
