// Writes the check of a function.
#include "abi_gen.h"

static void emit_value(FILE *out, const function *it, int i) {
    const parameter *p = &it->parameter[i];
    if (p->shape != BY_VALUE)
        return;
    const char *type = c_of(it, p->value);
    if (p->is_length)
        fprintf(out, "        %s a%d = (%s)gen_length(&s);\n", type, i, type);
    else if (p->value.scalar)
        fprintf(out, "        %s a%d;\n        gen_fill(&s, %s, &a%d, sizeof a%d);\n", type, i,
                p->value.scalar->filler, i, i);
    else
        fprintf(out, "        %s a%d;\n        fill_s%d_%d(&s, &a%d, 1);\n", type, i, it->number,
                p->value.index, i);
}

static void emit_memory(FILE *out, const function *it, int i) {
    const parameter *p = &it->parameter[i];
    if (p->shape == BY_VALUE)
        return;
    const char *type = p->shape == STRING ? character(p) : c_of(it, p->value);
    int terminated = p->shape == STRING && p->direction == IN;
    if (terminated)
        fprintf(out, "        size_t n%d = gen_text_length(&s);\n", i);
    else
        fprintf(out, "        size_t n%d = %s;\n", i, length_of(p));
    fprintf(out, "        gen_pair a%d = gen_memory(&s, n%d * sizeof(%s));\n", i, i, type);
    if (p->direction & IN && p->shape == STRING)
        fprintf(out, "        gen_write_text(&s, a%d.direct, sizeof(%s), n%d);\n", i, type, i);
    else if (p->direction & IN && p->value.scalar)
        fprintf(out, "        gen_fill(&s, %s, a%d.direct, n%d * sizeof(%s));\n", p->value.scalar->filler, i,
                i, type);
    else if (p->direction & IN)
        fprintf(out, "        fill_s%d_%d(&s, a%d.direct, n%d);\n", it->number, p->value.index, i, i);
    fprintf(out, "        gen_copy(&a%d);\n", i);
}

static void emit_call(FILE *out, const function *it, const char *name, const char *variable,
                      const char *side) {
    fputs("        ", out);
    if (it->has_result)
        fprintf(out, "%s %s = ", c_of(it, it->result), variable);
    fprintf(out, "%s%d(", name, it->number);
    for (int i = 0; i < it->parameters; i++) {
        const parameter *p = &it->parameter[i];
        fputs(i ? ", " : "", out);
        if (p->variadic && p->shape == STRING)
            fprintf(out, "(const %s *)", character(p));
        fprintf(out, p->shape == BY_VALUE ? "a%d" : "a%d.%s", i, side);
    }
    fputs(");\n", out);
}

void emit_check(FILE *out, const function *it) {
    fprintf(out, "static void check_%d(void)\n{\n", it->number);
    fputs("    for (uint32_t round = 0; round < GEN_ROUNDS; round++) {\n", out);
    fprintf(out, "        uint64_t s = (uint64_t)round << 32 | %du;\n        (void)s;\n", it->number);
    for (int i = 0; i < it->parameters; i++)
        emit_value(out, it, i);
    for (int i = 0; i < it->parameters; i++)
        emit_memory(out, it, i);
    fputs("        hp_abi_in_update = hp_abi_expected();\n", out);
    emit_call(out, it, it->fixed >= 0 ? "direct_" : "twin_", "direct", "direct");
    fputs("        hp_abi_in_update = 0;\n", out);
    emit_call(out, it, "g", "patched", "patched");
    if (it->has_result && it->result.scalar)
        fprintf(out,
                "        GEN_SAME(memcmp(&direct, &patched, sizeof direct) == 0, TEXT_%d, \"result\");\n",
                it->number);
    else if (it->has_result)
        fprintf(out,
                "        GEN_SAME(fold_s%d_%d(1, &direct, 1) == fold_s%d_%d(1, &patched, 1), TEXT_%d, "
                "\"result\");\n",
                it->number, it->result.index, it->number, it->result.index, it->number);
    for (int i = 0; i < it->parameters; i++)
        if (it->parameter[i].shape != BY_VALUE)
            fprintf(out, "        GEN_SAME(gen_end(&a%d), TEXT_%d, \"memory of parameter %d\");\n", i,
                    it->number, i);
    fputs("    }\n}\n", out);
}
