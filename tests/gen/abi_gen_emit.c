// Writes a function as C: structures, signature, twin, patchable function, check.
#include "abi_gen.h"

#include <string.h>

const char *c_of(const function *it, value v) {
    static char names[4][32];
    static int turn;
    if (v.scalar)
        return v.scalar->c;
    char *name = names[turn++ % 4];
    snprintf(name, sizeof names[0], "struct s%d_%d", it->number, v.index);
    return name;
}

const char *character(const parameter *p) {
    return p->wide ? "wchar_t" : "char";
}

static void text_of_value(FILE *out, const function *it, value v) {
    if (v.scalar) {
        fputs(v.scalar->text, out);
        return;
    }
    const structure *s = &it->structure[v.index];
    fputs(v.index % 2 ? "struct tag {" : "struct {", out);
    for (int i = 0; i < s->fields; i++) {
        text_of_value(out, it, s->field[i].value);
        fprintf(out, " f%d", i);
        if (s->field[i].count)
            fprintf(out, "[%d]", s->field[i].count);
        fputs(i + 1 < s->fields ? "; " : "}", out);
    }
}

static void text_of_parameter(FILE *out, const function *it, int index) {
    static const char *const directions[] = {"", "in ", "out ", "inout "};
    const parameter *p = &it->parameter[index];
    fputs(p->shape == BY_VALUE ? "" : directions[p->direction], out);
    if (p->shape == STRING)
        fputs(p->wide ? "wstr" : "str", out);
    else
        text_of_value(out, it, p->value);
    fputs(p->shape == POINTER ? " *" : "", out);
    if (p->named)
        fprintf(out, " a%d", index);
    if (p->length_from >= 0)
        fprintf(out, "[a%d]", p->length_from);
    else if (p->length >= 0)
        fprintf(out, "[%d]", p->length);
}

static void emit_text(FILE *out, const function *it) {
    fprintf(out, "#define TEXT_%d \"%s", it->number, it->convention);
    if (it->has_result)
        text_of_value(out, it, it->result);
    else
        fputs("void", out);
    fputc('(', out);
    for (int i = 0; i < it->parameters; i++) {
        fputs(i == 0 ? "" : ", ", out);
        fputs(i == it->fixed ? "..., " : "", out);
        text_of_parameter(out, it, i);
    }
    fputs(it->fixed == it->parameters ? ", ...)\"\n" : ")\"\n", out);
}

static void emit_structures(FILE *out, const function *it) {
    for (int n = 0; n < it->structures; n++) {
        const structure *s = &it->structure[n];
        fprintf(out, "struct s%d_%d {\n", it->number, n);
        for (int i = 0; i < s->fields; i++) {
            fprintf(out, "    %s f%d", c_of(it, s->field[i].value), i);
            if (s->field[i].count)
                fprintf(out, "[%d]", s->field[i].count);
            fputs(";\n", out);
        }
        fprintf(out, "};\nGEN_STRUCT(s%d_%d,", it->number, n);
        for (int i = 0; i < s->fields; i++) {
            const value *v = &s->field[i].value;
            if (v->scalar)
                fprintf(out, " FILL(%s, f%d)", v->scalar->filler, i);
            else
                fprintf(out, " FILL_IN(s%d_%d, f%d)", it->number, v->index, i);
        }
        fputc(',', out);
        for (int i = 0; i < s->fields; i++) {
            const value *v = &s->field[i].value;
            if (v->scalar)
                fprintf(out, " FOLD(f%d)", i);
            else
                fprintf(out, " FOLD_IN(s%d_%d, f%d)", it->number, v->index, i);
        }
        fputs(")\n", out);
    }
}

static void emit_parameters(FILE *out, const function *it, int dots) {
    int last = it->fixed < 0 ? it->parameters : it->fixed;
    for (int i = 0; i < last; i++) {
        const parameter *p = &it->parameter[i];
        const char *constant = p->shape != BY_VALUE && p->direction == IN ? "const " : "";
        fputs(i ? ", " : "", out);
        if (p->shape == BY_VALUE)
            fprintf(out, "%s a%d", c_of(it, p->value), i);
        else if (p->value.scalar && strcmp(p->value.scalar->text, "handle") == 0)
            fprintf(out, "void *%s*a%d", constant, i);
        else
            fprintf(out, "%s%s *a%d", constant, p->shape == STRING ? character(p) : c_of(it, p->value), i);
    }
    if (it->fixed < 0)
        fputs(last ? "" : "void", out);
    else
        fputs(dots ? ", ..." : ", va_list list", out);
}

const char *length_of(const parameter *p) {
    static char text[32];
    if (p->length_from >= 0)
        snprintf(text, sizeof text, "(size_t)a%d", p->length_from);
    else
        snprintf(text, sizeof text, "%d", p->shape == POINTER ? 1 : p->length);
    return text;
}

static void emit_fold(FILE *out, const function *it, int i) {
    const parameter *p = &it->parameter[i];
    if (p->shape == STRING && p->direction & IN) {
        if (p->direction == IN)
            fprintf(out, "    h = gen_fold_text(h, a%d, sizeof *a%d, (size_t)-1);\n", i, i);
        else
            fprintf(out, "    h = gen_fold_text(h, a%d, sizeof *a%d, %s);\n", i, i, length_of(p));
    } else if (p->shape == BY_VALUE) {
        if (p->value.scalar)
            fprintf(out, "    h = HP_ABI_FOLD_IN(h, a%d);\n", i);
        else
            fprintf(out, "    h = fold_s%d_%d(h, &a%d, 1);\n", it->number, p->value.index, i);
    } else if (!(p->direction & IN)) {
        fprintf(out, "    h += a%d == NULL;\n", i);
    } else if (p->value.scalar) {
        fprintf(out, "    h = gen_fold_memory(h, a%d, sizeof *a%d, %s);\n", i, i, length_of(p));
    } else {
        fprintf(out, "    h = a%d ? fold_s%d_%d(h, a%d, %s) : h * 3;\n", i, it->number, p->value.index, i,
                length_of(p));
    }
}

static void emit_write(FILE *out, const function *it, int i) {
    const parameter *p = &it->parameter[i];
    if (p->shape == BY_VALUE || !(p->direction & OUT))
        return;
    if (p->shape == STRING)
        fprintf(out, "    gen_write_text(&h, a%d, sizeof *a%d, %s);\n", i, i, length_of(p));
    else if (p->value.scalar)
        fprintf(out, "    gen_fill(&h, %s, a%d, sizeof *a%d * %s);\n", p->value.scalar->filler, i, i,
                length_of(p));
    else
        fprintf(out, "    fill_s%d_%d(&h, a%d, %s);\n", it->number, p->value.index, i, length_of(p));
}

static void emit_body(FILE *out, const function *it) {
    for (int i = it->fixed < 0 ? it->parameters : it->fixed; i < it->parameters; i++) {
        const parameter *p = &it->parameter[i];
        if (p->shape == STRING)
            fprintf(out, "    const %s *a%d = va_arg(list, const %s *);\n", character(p), i, character(p));
        else
            fprintf(out, "    %s a%d = va_arg(list, %s);\n", p->value.scalar->c, i, p->value.scalar->c);
    }
    if (it->fixed == it->parameters)
        fputs("    (void)list;\n", out);
    fputs("    uint64_t h = HP_ABI_FOLD + hp_abi_in_update;\n", out);
    for (int i = 0; i < it->parameters; i++)
        emit_fold(out, it, i);
    for (int i = 0; i < it->parameters; i++)
        emit_write(out, it, i);
    if (!it->has_result) {
        fputs("    gen_note(h);\n", out);
        return;
    }
    fprintf(out, "    %s result;\n", c_of(it, it->result));
    if (it->result.scalar)
        fprintf(out, "    gen_fill(&h, %s, &result, sizeof result);\n", it->result.scalar->filler);
    else
        fprintf(out, "    fill_s%d_%d(&h, &result, 1);\n", it->number, it->result.index);
    fputs("    return result;\n", out);
}

// The body of a function that hands everything on to the twin.
static void emit_forward(FILE *out, const function *it) {
    int last = it->fixed < 0 ? it->parameters : it->fixed;
    fputs("{\n", out);
    if (it->fixed >= 0)
        fprintf(out, "    va_list list;\n    va_start(list, a%d);\n", last - 1);
    if (it->has_result && it->fixed >= 0)
        fprintf(out, "    %s result = ", c_of(it, it->result));
    else
        fputs(it->has_result ? "    return " : "    ", out);
    fprintf(out, "twin_%d(", it->number);
    for (int i = 0; i < last; i++)
        fprintf(out, "%sa%d", i ? ", " : "", i);
    fputs(it->fixed >= 0 ? ", list);\n    va_end(list);\n" : ");\n", out);
    fputs(it->fixed >= 0 && it->has_result ? "    return result;\n}\n" : "}\n", out);
}

void emit_function(FILE *out, const function *it) {
    static const char *const macros[][2] = {{"", ""},
                                            {"cdecl ", " HP_CDECL"},
                                            {"stdcall ", " HP_STDCALL"},
                                            {"fastcall ", " HP_FASTCALL"},
                                            {"thiscall ", " HP_THISCALL"}};
    const char *convention = "";
    char result[32];
    snprintf(result, sizeof result, "%s", it->has_result ? c_of(it, it->result) : "void");
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (strcmp(macros[i][0], it->convention) == 0)
            convention = macros[i][1];
    fputc('\n', out);
    emit_text(out, it);
    emit_structures(out, it);
    fprintf(out, "static __attribute__((noinline)) %s%s twin_%d(", result, convention, it->number);
    emit_parameters(out, it, 0);
    fputs(")\n{\n", out);
    emit_body(out, it);
    fputs("}\n", out);
    if (it->fixed >= 0) {
        fprintf(out, "static %s direct_%d(", result, it->number);
        emit_parameters(out, it, 1);
        fputs(")\n", out);
        emit_forward(out, it);
    }
    fprintf(out, "HP_PATCHABLE(%s%s, g%d, (", result, convention, it->number);
    emit_parameters(out, it, it->fixed >= 0);
    fputs("))\n", out);
    emit_forward(out, it);
    fprintf(out, "HP_EXPORT(g%d, TEXT_%d);\n", it->number, it->number);
    emit_check(out, it);
}
