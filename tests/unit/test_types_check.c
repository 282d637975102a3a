// What the programmer wrote against what the compiler saw: each rule with what fits and what does not.
#include "tools/debug/types.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const hp_arch both[] = {HP_ARCH_X86, HP_ARCH_X64};

static void must_fit(const char *written, hp_arch arch, const char *shape) {
    char reason[256];
    memset(reason, 'x', sizeof reason);
    if (!hp_types_check(written, arch, shape, reason))
        fail_msg("%s, %s: %s", written, shape, reason);
    assert_string_equal(reason, "");
}

static void must_not(const char *written, hp_arch arch, const char *shape, const char *expected) {
    char reason[256];
    memset(reason, 'x', sizeof reason);
    if (hp_types_check(written, arch, shape, reason))
        fail_msg("%s fits %s", written, shape);
    assert_string_equal(reason, expected);
}

typedef struct row {
    const char *written, *shape, *reason; // no reason: it fits
} row;

static void check_rows(const row *rows, size_t count, const hp_arch *arch, size_t arches) {
    for (size_t i = 0; i < count; i++) {
        for (size_t a = 0; a < arches; a++) {
            if (rows[i].reason)
                must_not(rows[i].written, arch[a], rows[i].shape, rows[i].reason);
            else
                must_fit(rows[i].written, arch[a], rows[i].shape);
        }
    }
}

static void values_have_one_kind_and_size(void **state) {
    (void)state;
    static const row rows[] = {
        {"i32(i32 a,f64)", "i32(i32 a,f64 b)", NULL},
        {"bool(i8,u8,i16,u16,i32,u32,i64,u64,f32,f64)", "bool(i8,u8,i16,u16,i32,u32,i64,u64,f32,f64)", NULL},
        {"void()", "void()", NULL},
        {"void()", "void(void)", NULL},
        {"void(void)", "void()", NULL},
        {"void(u8 n)", "void(i32 count)", "parameter 1 (n): written u8, the compiler saw i32"},
        {"void(i8,u8)", "void(i8,i32 count)", "parameter 2 (count): written u8, the compiler saw i32"},
        {"void(i8,u8)", "void(i8,i32)", "parameter 2: written u8, the compiler saw i32"},
        {"void(u32)", "void(i32)", "parameter 1: written u32, the compiler saw i32"},
        {"void(f32)", "void(i32)", "parameter 1: written f32, the compiler saw i32"},
        {"void(u8)", "void(bool)", "parameter 1: written u8, the compiler saw bool"},
        {"void(i32)", "void(f32)", "parameter 1: written i32, the compiler saw f32"},
        {"void(struct{i32})", "void(i32)", "parameter 1: written struct{...}, the compiler saw i32"},
        {"void(in i32*p)", "void(i32)", "parameter 1 (p): written in i32*, the compiler saw i32"},
        {"void(in str s)", "void(u8)", "parameter 1 (s): written in str, the compiler saw u8"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
    must_fit("void(isize,usize)", HP_ARCH_X64, "void(i64,u64)");
    must_fit("void(isize,usize)", HP_ARCH_X86, "void(i32,u32)");
    must_not("void(isize)", HP_ARCH_X86, "void(i64)", "parameter 1: written i32, the compiler saw i64");
}

static void an_enum_may_be_written_as_either_integer_of_its_size(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(i32 c)", "void(enum u32 color{RED=0} c)", NULL},
        {"void(u32 c)", "void(enum u32 color{RED=0} c)", NULL},
        {"void(enum i32 color{RED=0} c)", "void(i32 c)", NULL},
        {"enum u32 color{RED=0}()", "enum u32 color{#0123456789abcdef}()", NULL},
        {"void(u8 c)", "void(enum u32 color{RED=0} c)", "parameter 1 (c): written u8, the compiler saw u32"},
        {"void(f32 c)", "void(enum u32 color c)", "parameter 1 (c): written f32, the compiler saw u32"},
        {"void(bool)", "void(enum u8 color)", "parameter 1: written bool, the compiler saw u8"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void a_handle_is_any_pointer_or_an_integer_as_large(void **state) {
    (void)state;
    static const row rows[] = {
        {"handle(handle,handle,handle)", "void*(i32*,struct p{i8 a}**,func*)", NULL},
        {"void(handle,handle,handle,handle)", "void(?12*,?0*,void**,func**)", NULL},
        {"void(handle)", "void(f64)", "parameter 1: written handle, the compiler saw f64"},
        {"void(handle h)", "void(u16)", "parameter 1 (h): written handle, the compiler saw u16"},
        {"void(handle h)", "void(struct p{i32 x})",
         "parameter 1 (h): written handle, the compiler saw struct p"},
        {"void(i32)", "void(void*)", "parameter 1: written i32, the compiler saw void*"},
        {"void(u64)", "void(void*)", "parameter 1: written u64, the compiler saw void*"},
    };
    check_rows(rows, COUNT(rows) - 3, both, COUNT(both));
    must_not(rows[5].written, HP_ARCH_X86, rows[5].shape, rows[5].reason);
    must_not(rows[6].written, HP_ARCH_X64, rows[6].shape, rows[6].reason);
    must_fit("void(handle,handle)", HP_ARCH_X86, "void(u32,i32)");
    must_fit("void(handle,handle)", HP_ARCH_X64, "void(u64,i64)");
    must_not("void(handle)", HP_ARCH_X86, "void(u64)", "parameter 1: written handle, the compiler saw u64");
    must_not("void(handle)", HP_ARCH_X64, "void(i32)", "parameter 1: written handle, the compiler saw i32");
    must_not("void(handle)", HP_ARCH_X64, "void(f64)", "parameter 1: written handle, the compiler saw f64");
    must_not("void(handle)", HP_ARCH_X64, "void(struct p{i64 x})",
             "parameter 1: written handle, the compiler saw struct p");
}

static void a_function_pointer_is_a_handle_and_nothing_else(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(handle h)", "void(func*)", NULL},
        {"void(in u8 h[4])", "void(func*)",
         "parameter 1 (h): written in u8[4], the compiler saw function*, for which only handle fits"},
        {"void(in str h)", "void(func* cb)",
         "parameter 1 (h): written in str, the compiler saw function*, for which only handle fits"},
        {"void(i32)", "void(func*)",
         "parameter 1: written i32, the compiler saw function*, for which only handle fits"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void memory_has_elements_as_large_as_what_is_pointed_to(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(in i32*)", "void(i32*)", NULL},
        {"void(out f32 m[16])", "void(f32* m)", NULL},
        {"void(inout u32 b[n],u32 n)", "void(i32* b,u32 n)", NULL},
        {"void(in u8 b[n],u32 n)", "void(i8* b,u32 n)", NULL},
        {"void(in u8 b[n],u32 n)", "void(bool* b,u32 n)", NULL},
        {"void(in enum u8 e{A=0}*)", "void(enum i8 e{A=0}*)", NULL},
        {"void(in struct p{i32 x;i32 y}*)", "void(struct p{i32 x;i32 y}*)", NULL},
        {"void(in u8 b[n],u32 n)", "void(i32* b,u32 n)",
         "parameter 1 (b): written in u8[#1], the compiler saw i32*"},
        {"void(in u8 b[8])", "void(f64*)", "parameter 1 (b): written in u8[8], the compiler saw f64*"},
        {"void(in f64 b[n],u32 n)", "void(f32* b,u32 n)",
         "parameter 1 (b): written in f64[#1], the compiler saw f32*"},
        {"void(in struct{f32 x;f32 y} b[n],u32 n)", "void(f32* b,u32 n)",
         "parameter 1 (b): written in struct{...}[#1], the compiler saw f32* (8 bytes, 4 bytes)"},
        {"void(in struct{i8;i32} b[n],u32 n)", "void(?4* b,u32 n)",
         "parameter 1 (b): written in struct{...}[#1], the compiler saw 4 bytes* (8 bytes, 4 bytes)"},
        {"void(in i8*)", "void(struct q{i64 x}*)",
         "parameter 1: written in i8*, the compiler saw struct q* (1 bytes, 8 bytes)"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void strings_are_pointers_to_characters_of_their_width(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(in str,in wstr)", "void(i8*,u16*)", NULL},
        {"void(out str s[n],inout wstr t[n],u32 n)", "void(u8* s,i16* t,u32 n)", NULL},
        {"void(in str)", "void(void*)", NULL},
        {"void(in wstr s)", "void(i8*)", "parameter 1 (s): written in wstr, the compiler saw i8*"},
        {"void(in str s)", "void(u16*)", "parameter 1 (s): written in str, the compiler saw u16*"},
        {"void(in str)", "void(bool*)", "parameter 1: written in str, the compiler saw bool*"},
        {"void(in str)", "void(struct p{i8 c}*)", "parameter 1: written in str, the compiler saw struct p*"},
        {"void(in str)", "void(?1*)", "parameter 1: written in str, the compiler saw 1 bytes*"},
        {"void(in str)", "void(i8**)", "parameter 1: written in str, the compiler saw i8**"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void void_pointers_fit_any_memory(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(in u8 b[n],usize n)", "void(void* b,usize n)", NULL},
        {"void(in struct{f64;f64}*)", "void(void*)", NULL},
        {"void(out wstr s[4])", "void(void*)", NULL},
        {"void(i32)", "void(void*)", "parameter 1: written i32, the compiler saw void*"},
        {"void(struct p{i8})", "void(void*)", "parameter 1: written struct p, the compiler saw void*"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
    // A number that is an address here is none over there: handle says that it is meant.
    must_not("void(isize)", HP_ARCH_X86, "void(void*)", "parameter 1: written i32, the compiler saw void*");
    must_not("void(usize)", HP_ARCH_X64, "void(i8*)", "parameter 1: written u64, the compiler saw i8*");
    must_not("void(enum u32 e{A=0})", HP_ARCH_X86, "void(struct p{i32 x}*)",
             "parameter 1: written u32, the compiler saw struct p*");
}

static void a_pointer_to_a_pointer_fits_elements_of_pointer_size(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(out handle*)", "void(void**)", NULL},
        {"void(in handle a[4])", "void(struct p{i8 x}**)", NULL},
        {"void(out usize*)", "void(i32***)", NULL},
        {"void(in struct{handle}*)", "void(func**)", NULL},
        {"void(handle)", "void(?12**)", NULL},
        {"void(out u16*x)", "void(i16**)", "parameter 1 (x): written out u16*, the compiler saw i16**"},
        {"void(in struct{handle;i8}*)", "void(void**)",
         "parameter 1: written in struct{...}*, the compiler saw void**"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
    must_fit("void(out i32*)", HP_ARCH_X86, "void(void**)");
    must_not("void(out i32*)", HP_ARCH_X64, "void(void**)",
             "parameter 1: written out i32*, the compiler saw void**");
    must_not("void(out i64*)", HP_ARCH_X86, "void(void**)",
             "parameter 1: written out i64*, the compiler saw void**");
}

static void what_no_signature_describes_fits_a_structure_of_its_size(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(struct{i32 a[3]})", "void(?12)", NULL},
        {"struct{i8 a[12]}()", "?12()", NULL},
        {"void(in struct{i8 a[12]}*)", "void(?12*)", NULL},
        {"void(in struct{i8 a[12]} x[4])", "void(?12*)", NULL},
        {"void(struct u{i32 a[2]} u)", "void(?12)",
         "parameter 1 (u): written struct u, the compiler saw 12 bytes (8 bytes, 12 bytes)"},
        {"void(i64)", "void(?8)", "parameter 1: written i64, the compiler saw 8 bytes"},
        {"void(f64)", "void(?8)", "parameter 1: written f64, the compiler saw 8 bytes"},
        {"void(in struct{i8 a[12]}*)", "void(?12)",
         "parameter 1: written in struct{...}*, the compiler saw 12 bytes"},
        {"void(in struct{i8 a[11]}*)", "void(?12*)",
         "parameter 1: written in struct{...}*, the compiler saw 12 bytes* (11 bytes, 12 bytes)"},
        // of unknown size
        {"void(struct{i32 a[3]},i8,f64,handle,enum i8)", "void(?0,?0,?0,?0,?0)", NULL},
        {"void(in i32*,in str,out u8[7])", "void(?0*,?0*,?0*)", NULL},
        {"i32()", "?0()", NULL},
        {"void(in i32*)", "void(?0)",
         "parameter 1: written in i32*, the compiler saw a type of unknown size"},
        {"void(i32)", "void(?0*)", "parameter 1: written i32, the compiler saw a type of unknown size*"},
        {"void()", "?0()", "the result: written void, the compiler saw a type of unknown size"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void structures_have_the_members_that_the_compiler_saw(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(struct{i32 x;i32 y})", "void(struct point{i32 x;i32 y} p)", NULL},
        {"void(in struct b{i32 u;i32 v;}*)", "void(struct point{i32 x;i32 y}*)", NULL},
        {"void(inout struct{i32;i32} a[n],i32 n)", "void(struct p{i32 x;i32 y}* a,i32 n)", NULL},
        {"struct{i8;i32}()", "struct a{i8 x;i32 y}()", NULL},
        {"void(in struct{bool a;struct{u8 x[3];f32} b[2];i64 c}*)",
         "void(struct s{bool a;struct t{u8 x[3];f32 y} b[2];i64 c}*)", NULL},
        // as large, by what was padding
        {"void(in struct{i32 a;f64 b}*who)", "void(struct{i32 a;i32 stops;f64 b}* who)",
         "parameter 1 (who): struct: field 2 is f64 here, i32 there"},
        {"void(struct{i32 a;f64 b})", "void(struct{i32 a;i32 stops;f64 b} who)",
         "parameter 1 (who): struct: field 2 is f64 here, i32 there"},
        {"void(inout struct{i64 a;i8 b} who[4])", "void(struct leg{i64 a;i8 b;i8 c}*)",
         "parameter 1 (who): struct leg: here 2 fields, there 3"},
        {"void(in struct{i64 a}*)", "void(struct{i64 a;i8 b}*)",
         "parameter 1: struct: here 1 field, there 2"},
        {"void(in struct{i8;struct{i8;i8};i8;}*)", "void(struct{i8 a}*)",
         "parameter 1: struct: here 3 fields, there 1"},
        // as large, of another kind
        {"void(struct{f32})", "void(struct{i32 x})",
         "parameter 1: struct: field 1 (x) is f32 here, i32 there"},
        {"struct{f32 x}()", "struct{i32 x}()", "the result: struct: field 1 (x) is f32 here, i32 there"},
        {"struct{i64}()", "struct a{f64 x}()", "the result: struct a: field 1 (x) is i64 here, f64 there"},
        {"void(struct{u8})", "void(struct{bool})", "parameter 1: struct: field 1 is u8 here, bool there"},
        {"void(struct{u32})", "void(struct{i32})", "parameter 1: struct: field 1 is u32 here, i32 there"},
        // bytes in place of members, and members in place of bytes
        {"void(in struct p{u8 x[12]}* who)", "void(struct p{i32 a;i32 b;i32 c}*)",
         "parameter 1 (who): struct p: field 1 is u8[12] here, i32 there"},
        {"struct{i8 x[3];i8 y}()", "struct{i8 x[4]}()",
         "the result: struct: field 1 (x) is i8[3] here, i8[4] there"},
        {"void(struct{i32 x[2]})", "void(struct{i32 x;i32 y})",
         "parameter 1: struct: field 1 (x) is i32[2] here, i32 there"},
        {"void(struct{i32 x[1]})", "void(struct{i32 x})",
         "parameter 1: struct: field 1 (x) is i32[1] here, i32 there"},
        // structures in structures
        {"void(struct{struct{i32} a})", "void(struct{i32 a})",
         "parameter 1: struct: field 1 (a) is struct{...} here, i32 there"},
        {"void(struct{i32 a;i32 b})", "void(struct{struct q{i32 x} a[2]})",
         "parameter 1: struct: field 1 (a) is i32 here, struct q[2] there"},
        {"void(struct{struct{i32;i8} a;i8 b})", "void(struct{struct{i32 x;i8 y;i8 z} a;i8 b})",
         "parameter 1: struct: field 1: here 2 fields, there 3"},
        {"void(in struct line{i8;struct{f32;f32} a[2]}*)", "void(struct{i8;struct p{f32 x;i32 y} a[2]}*)",
         "parameter 1: struct line: field 2.2 (y) is f32 here, i32 there"},
        {"void(in struct{struct{f32} a[3]}*)", "void(struct{struct p{f32 x} a[2];i32}*)",
         "parameter 1: struct: field 1 (a) is struct{...}[3] here, struct p[2] there"},
        // elements that are structures are written as such
        {"void(in i64*)", "void(struct p{i32 x;i32 y}*)",
         "parameter 1: written in i64*, the compiler saw struct p*"},
        {"void(in u8 b[4])", "void(struct p{u8 x}*)",
         "parameter 1 (b): written in u8[4], the compiler saw struct p*"},
        {"void(in struct{u8}*)", "void(u8*)", NULL}, // but what is no structure has no members to be missed
        // as deep as it gets
        {"void(struct{struct{struct{struct{struct{struct{struct{struct{i8}}}}}}}})",
         "void(struct{struct{struct{struct{struct{struct{struct{struct{u8 x}}}}}}}})",
         "parameter 1: struct: field 1.1.1.1.1.1.1.1 (x) is i8 here, u8 there"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void in_structures_enums_are_integers_and_handles_too(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(struct{i32 c})", "void(struct{enum u32 color{RED=0} c})", NULL},
        {"void(struct{u32 c})", "void(struct{enum u32 color{RED=0} c})", NULL},
        {"void(in struct{i8 c[2]}*)", "void(struct{enum u8 color{#0123456789abcdef} c[2]}*)", NULL},
        {"void(struct{enum i32 hue{RED=7} c})", "void(struct{enum u32 color{RED=0,BLUE=1} c})", NULL},
        {"void(struct{enum i32 color{RED=0} c})", "void(struct{i32 c})", NULL},
        {"void(struct{enum i32 color c;i8 x})", "void(struct{i32 c})",
         "parameter 1: struct: here 2 fields, there 1"},
        {"void(struct{i16 c;i16 d})", "void(struct{enum u32 color{RED=0} c})",
         "parameter 1: struct: field 1 (c) is i16 here, u32 there"},
        {"void(struct{f32 c})", "void(struct{enum u32 color{RED=0} c})",
         "parameter 1: struct: field 1 (c) is f32 here, u32 there"},
        {"void(struct{enum u32 color{RED=0} c})", "void(struct{i32 c})",
         "parameter 1: struct: field 1 (c) is u32 here, i32 there"},
        {"void(struct{bool c})", "void(struct{enum u8 color c})",
         "parameter 1: struct: field 1 (c) is bool here, u8 there"},
        {"void(struct{handle;isize;usize})", "void(struct{handle;isize;usize})", NULL},
        {"void(struct{handle})", "void(struct{usize})", NULL},
        {"void(struct{isize})", "void(struct{handle})", NULL},
        {"void(struct{handle h})", "void(struct{u16 h;u16})",
         "parameter 1: struct: field 1 (h) is handle here, u16 there"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
    must_fit("void(struct{handle[2];isize;usize})", HP_ARCH_X86, "void(struct{u32[2];i32;u32})");
    must_fit("void(struct{handle[2];isize;usize})", HP_ARCH_X64, "void(struct{u64[2];i64;u64})");
    must_not("void(struct{handle})", HP_ARCH_X86, "void(struct{f32})",
             "parameter 1: struct: field 1 is handle here, f32 there");
    must_not("void(struct{handle})", HP_ARCH_X64, "void(struct{f64})",
             "parameter 1: struct: field 1 is handle here, f64 there");
    must_not("void(struct{handle})", HP_ARCH_X64, "void(struct{u32;u32})",
             "parameter 1: struct: field 1 is handle here, u32 there");
    must_not("void(struct{handle})", HP_ARCH_X64, "void(struct{struct{u64}})",
             "parameter 1: struct: field 1 is handle here, struct{...} there");
}

static void results_are_compared_too(void **state) {
    (void)state;
    static const row rows[] = {
        {"i32()", "void()", "the result: written i32, the compiler saw void"},
        {"void()", "i32()", "the result: written void, the compiler saw i32"},
        {"u32()", "i32()", "the result: written u32, the compiler saw i32"},
        {"i32()", "i32*()", "the result: written i32, the compiler saw i32*"},
        {"void()", "void*()", "the result: written void, the compiler saw void*"},
        {"struct a{i8}()", "struct a{i16}()", "the result: struct a: field 1 is i8 here, i16 there"},
        {"handle()", "i8**()", NULL},
        {"handle()", "func*()", NULL},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void as_many_parameters_and_the_same_dots(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(i8)", "void()", "written 1 parameter, the compiler saw 0"},
        {"void()", "void(i8 a,i8 b)", "written 0 parameters, the compiler saw 2"},
        {"void(i8,i8,i8)", "void(i8 a,i8 b)", "written 3 parameters, the compiler saw 2"},
        {"i32(in str,...)", "i32(i8*,...)", NULL},
        {"i32(in str,...,f64,i32)", "i32(i8* format,...)", NULL},
        {"i32(in str,...)", "i32(i8*)", "written \"...\", the compiler saw none"},
        {"i32(in str)", "i32(i8*,...)", "the compiler saw \"...\", none is written"},
        {"i32(in str,f64)", "i32(i8*,...)", "written 2 parameters, the compiler saw 1"},
        {"i32(in str,...,f64)", "i32(i8*,f64,...)", "written 1 parameter, the compiler saw 2"},
        {"void()", "void(...)", "the compiler saw \"...\", none is written"},
        {"void()", "void(,...)", "the compiler saw \"...\", none is written"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void conventions_count_on_x86(void **state) {
    (void)state;
    static const char *const names[] = {"cdecl", "stdcall", "fastcall", "thiscall"};
    for (size_t w = 0; w < COUNT(names); w++) {
        for (size_t s = 0; s < COUNT(names); s++) {
            char written[64], shape[64], reason[128];
            snprintf(written, sizeof written, "%s void(handle)", names[w]);
            snprintf(shape, sizeof shape, "%s void(void* this)", names[s]);
            snprintf(reason, sizeof reason, "written %s, the compiler saw %s", names[w], names[s]);
            must_fit(written, HP_ARCH_X64, shape);
            if (w == s)
                must_fit(written, HP_ARCH_X86, shape);
            else
                must_not(written, HP_ARCH_X86, shape, reason);
        }
    }
    must_fit("cdecl void()", HP_ARCH_X86, "void()");
    must_fit("void()", HP_ARCH_X86, "cdecl void()");
    must_not("void()", HP_ARCH_X86, "stdcall void()", "written cdecl, the compiler saw stdcall");
}

static void of_a_shape_that_was_cut_only_what_is_there_counts(void **state) {
    (void)state;
    static const row rows[] = {
        {"void(i8,i16)", "void(i8 a,~)", NULL},
        {"void(i8,i16)", "void(i8 a~)", NULL},
        {"void(i8,i16,...)", "void(i8 a~)", NULL},
        {"void(i8)", "void(~)", NULL},
        {"void(i8)", "~)", NULL},
        {"void(i8)", "void~)", NULL},
        {"void(i8,struct{i32;i32})", "void(i8 a,struct p{i32 x;~)", NULL},
        {"void(i8,i16)", "void(i8 a,stru~)", NULL},
        {"void(in struct{f32}*,struct{f32})", "void(struct p{f32 x}* a,struct p{i32 x;~)", NULL},
        {"void(in struct{i32}*,i8)", "void(struct p{f32 x}* a,~)",
         "parameter 1 (a): struct p: field 1 (x) is i32 here, f32 there"},
        {"void(u8,i16)", "void(i8 a,~)", "parameter 1 (a): written u8, the compiler saw i8"},
        {"void()", "void(i8 a,~)", "written 0 parameters, the compiler saw at least 1"},
        {"void(i8)", "i32~)", "the result: written void, the compiler saw i32"},
    };
    check_rows(rows, COUNT(rows), both, COUNT(both));
}

static void what_cannot_be_read_does_not_fit(void **state) {
    (void)state;
    static const char *const shapes[] = {"",
                                         "void",
                                         "void(",
                                         "void(i8",
                                         "void(i8;i8)",
                                         "void(func)",
                                         "void(?)",
                                         "void(?x)",
                                         "func()",
                                         "void(i8 a b)",
                                         "void(in i8)",
                                         "void(i8,)",
                                         "void(str)",
                                         "void(\xC3\xA4)",
                                         "i8*x(i8)",
                                         "void(i8)x",
                                         "void(i8,...,i8)",
                                         "void(i8,...",
                                         "void(i8,,i8)"};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        char reason[256];
        const char *written = shapes[i][0] == 'i' ? "handle(i8)" : "void(i8)";
        assert_int_equal(hp_types_check(written, HP_ARCH_X64, shapes[i], reason), 0);
        if (!strstr(reason, "the compiler saw"))
            fail_msg("%s: %s", shapes[i], reason);
    }
    must_not("void(", HP_ARCH_X64, "void()",
             "the signature cannot be read, at 5: expected a type, but the text ends");
    static char shape[HP_SIGNATURE_MAX + 2];
    memset(shape, ' ', sizeof shape - 1);
    memcpy(shape, "void()", 6);
    must_not("void()", HP_ARCH_X64, shape, "what the compiler saw is longer than 4096 bytes");
    shape[HP_SIGNATURE_MAX] = '\0';
    must_fit("void()", HP_ARCH_X64, shape);
}

static void long_names_do_not_hide_what_differs(void **state) {
    (void)state;
    static char written[2048], shape[2048];
    char name[501], reason[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(written, sizeof written, "void(struct %s{struct %s{i8} %s[65536]})", name, name, name);
    snprintf(shape, sizeof shape, "void(struct{struct %s{i8} %s[65535]})", name, name);
    assert_int_equal(hp_types_check(written, HP_ARCH_X64, shape, reason), 0);
    assert_non_null(strstr(reason, "n[65536] here, struct nn"));
    assert_string_equal(reason + strlen(reason) - 14, "n[65535] there");
}

static void the_reason_is_cut_at_its_256_bytes(void **state) {
    (void)state;
    static char written[2048], shape[2048];
    char guarded[256 + 8], name[1001];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(written, sizeof written, "void(struct %s{i8} %.900s)", name, name);
    snprintf(shape, sizeof shape, "void(struct %s{i16})", name);
    memset(guarded, 'x', sizeof guarded);
    assert_int_equal(hp_types_check(written, HP_ARCH_X64, shape, guarded), 0);
    assert_true(strlen(guarded) < 256);
    assert_memory_equal(guarded, "parameter 1 (nnnn", 17);
    assert_memory_equal(guarded + 256, "xxxxxxxx", 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_one_kind_and_size),
        cmocka_unit_test(an_enum_may_be_written_as_either_integer_of_its_size),
        cmocka_unit_test(a_handle_is_any_pointer_or_an_integer_as_large),
        cmocka_unit_test(a_function_pointer_is_a_handle_and_nothing_else),
        cmocka_unit_test(memory_has_elements_as_large_as_what_is_pointed_to),
        cmocka_unit_test(strings_are_pointers_to_characters_of_their_width),
        cmocka_unit_test(void_pointers_fit_any_memory),
        cmocka_unit_test(a_pointer_to_a_pointer_fits_elements_of_pointer_size),
        cmocka_unit_test(what_no_signature_describes_fits_a_structure_of_its_size),
        cmocka_unit_test(structures_have_the_members_that_the_compiler_saw),
        cmocka_unit_test(in_structures_enums_are_integers_and_handles_too),
        cmocka_unit_test(results_are_compared_too),
        cmocka_unit_test(as_many_parameters_and_the_same_dots),
        cmocka_unit_test(conventions_count_on_x86),
        cmocka_unit_test(of_a_shape_that_was_cut_only_what_is_there_counts),
        cmocka_unit_test(what_cannot_be_read_does_not_fit),
        cmocka_unit_test(long_names_do_not_hide_what_differs),
        cmocka_unit_test(the_reason_is_cut_at_its_256_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
