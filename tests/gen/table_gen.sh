#!/bin/sh
# table_gen.sh N : prints a C program with N functions, as a large program has them: 1 structure and 1 enum
# for 25
# functions, 200 functions to a source file (by #line), integers, floats, enums, strings and pointers to
# structures as
# parameters, some without a signature. For the bench of `hotpatch prepare`. The same N gives the same
# program.
set -eu
count=${1:?usage: table_gen.sh N}
exec awk -v n="$count" '
function structure(g,   k) {
    printf "enum kind_%d { KIND_%d_NONE", g, g
    for (k = 1; k < 3 + g % 6; k++)
        printf ", KIND_%d_%d%s", g, k, k == 2 ? " = " 10 + g : ""
    printf " };\nstruct record_%d {\n    int id;\n    double weight;\n    enum kind_%d kind;\n", g, g
    printf "    char name[%d];\n", 8 + g % 24
    if (g % 5 == 1)
        printf "    struct record_%d inner;\n", g - 1
    printf "    float m[4];\n};\n"
}
function call(i, g, to) { # an expression that calls function i
    if (to == 0) return sprintf("f_%d(x, %d)", i, i)
    if (to == 1) return sprintf("(int)f_%d(x * 0.5, 2.0f, x)", i)
    if (to == 2) return sprintf("f_%d(&r_%d, x)", i, g)
    if (to == 3) return sprintf("f_%d(KIND_%d_NONE, \"text\")", i, g)
    if (to == 4) return sprintf("f_%d(L\"text\", (unsigned char)x, x)", i)
    if (to == 5) return sprintf("(int)f_%d(&r_%d, &r_%d, KIND_%d_1)", i, g, g, g)
    return sprintf("f_%d(&x, 1)", i)
}
BEGIN {
    print "#include <stddef.h>"
    for (i = 0; i < n; i++) {
        g = int(i / 25)
        if (i % 200 == 0)
            printf "#line 1 \"src/part_%03d.c\"\n", i / 200
        if (i % 25 == 0) {
            structure(g)
            printf "static struct record_%d r_%d;\n", g, g
        }
        to = i % 7
        if (to == 0)
            printf "int f_%d(int a, int b) { return a * %d + b; }\n", i, i + 3
        else if (to == 1)
            printf "double f_%d(double a, float b, long long c) { return a * b + (double)c; }\n", i
        else if (to == 2)
            printf "int f_%d(struct record_%d *who, int points) { return who->id += points; }\n", i, g
        else if (to == 3)
            printf "int f_%d(enum kind_%d kind, const char *text) { return (int)kind + text[0]; }\n", i, g
        else if (to == 4)
            printf "int f_%d(const wchar_t *text, unsigned char b, short c) { return text[0] + b * c; }\n", i
        else if (to == 5)
            printf "double f_%d(const struct record_%d *a, struct record_%d *b, enum kind_%d k) {\n" \
                   "    b->weight += a->weight;\n    return b->weight + (double)k;\n}\n", i, g, g, g
        else
            printf "int f_%d(int *data, unsigned count) {\n    int sum = 0;\n" \
                   "    for (unsigned i = 0; i < count; i++)\n        sum += data[i];\n" \
                   "    return sum;\n}\n", i
    }
    print "#line 1 \"src/main.c\""
    for (i = 0; i < n; i++) {
        if (i % 200 == 0)
            printf "%sstatic int use_%d(int x) {\n    int sum = 0;\n",
                i ? "    return sum;\n}\n" : "", i / 200
        printf "    sum += %s;\n", call(i, int(i / 25), i % 7)
    }
    if (n > 0)
        print "    return sum;\n}"
    print "int main(int argc, char **argv) {\n    int sum = 0;\n    (void)argv;"
    for (i = 0; i < n; i += 200)
        printf "    sum += use_%d(argc);\n", i / 200
    print "    return sum == 42;\n}"
}'
