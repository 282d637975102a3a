// Pointers to flat structures: read, filled, changed in place, arrays of them, NULL; aligned in
// the update as their type asks.
#include "abi/abi.h"

typedef struct point {
    int32_t x;
    double y;
    uint8_t flags[3];
} point;

typedef struct shape {
    uint16_t id;
    point corner[2];
    struct {
        float weight;
        void *owner;
    } meta;
    bool closed;
} shape;

#define POINT "struct point {i32 x; f64 y; u8 flags[3]}"
#define SHAPE                                                                                                \
    "struct shape {u16 id; " POINT " corner[2]; struct {f32 weight; handle owner} meta; bool closed}"

HP_PATCHABLE(double, point_read, (const point *p)) {
    if (!p)
        return hp_abi_in_update ? -2 : -1;
    return p->x + p->y + p->flags[0] + p->flags[1] * 2 + p->flags[2] * 3 + (hp_abi_in_update ? 0.5 : 0) +
           ((uintptr_t)p % _Alignof(point) ? 1e9 : 0);
}
HP_EXPORT(point_read, "f64(in " POINT " *p)");

HP_PATCHABLE(bool, point_make, (int32_t x, double y, point *p)) {
    if (!p)
        return hp_abi_in_update != 0;
    *p = (point){x + 1, y * 2, {1, 2, (uint8_t)hp_abi_in_update}};
    return hp_abi_in_update == 0;
}
HP_EXPORT(point_make, "bool(i32 x, f64 y, out " POINT " *p)");

HP_PATCHABLE(void, shape_move, (shape * s, const point *by)) {
    for (int i = 0; i < 2; i++) {
        s->corner[i].x += by->x;
        s->corner[i].y += by->y;
        s->corner[i].flags[i] ^= (uint8_t)hp_abi_in_update;
    }
    s->closed = !s->closed;
    s->meta.weight = -s->meta.weight;
    s->id = (uint16_t)(s->id + hp_abi_in_update);
}
HP_EXPORT(shape_move, "void(inout " SHAPE " *s, in " POINT " *by)");

HP_PATCHABLE(double, points_sum, (const point *points, uint32_t count, point *total)) {
    *total = (point){0};
    for (uint32_t i = 0; i < count; i++) {
        total->x += points[i].x;
        total->y += points[i].y;
        total->flags[i % 3] = (uint8_t)(total->flags[i % 3] + points[i].flags[i % 3]);
    }
    return total->y + (hp_abi_in_update ? 0.5 : 0);
}
HP_EXPORT(points_sum, "f64(in " POINT " points[count], u32 count, out " POINT " total[1])");

static double where(void) {
    return hp_abi_expected() ? 0.5 : 0;
}

static void read_in_the_update(void) {
    point *p = hp_abi_guarded(sizeof *p);
    *p = (point){-5, 0.25, {1, 2, 255}};
    const point was = *p;
    assert_true(point_read(p) == -5 + 0.25 + 1 + 4 + 765 + where());
    assert_memory_equal(p, &was, sizeof was);
    hp_abi_guarded_free(p);
}

static void null_arrives_as_null(void) {
    assert_true(point_read(NULL) == (hp_abi_expected() ? -2 : -1));
    assert_int_equal(point_make(1, 2, NULL), hp_abi_expected() != 0);
}

static void filled_by_the_update(void) {
    point *p = hp_abi_guarded(sizeof *p);
    assert_int_equal(point_make(INT32_MAX - 1, -0.5, p), hp_abi_expected() == 0);
    assert_int_equal(p->x, INT32_MAX);
    assert_true(p->y == -1.0);
    assert_int_equal(p->flags[0], 1);
    assert_int_equal(p->flags[1], 2);
    assert_int_equal(p->flags[2], (uint8_t)hp_abi_expected());
    hp_abi_guarded_free(p);
}

static void changed_in_place(void) {
    shape *s = hp_abi_guarded(sizeof *s);
    point by = {10, -0.75, {9, 9, 9}};
    *s = (shape){0xFFF0, {{1, 2, {3, 4, 5}}, {6, 7, {8, 9, 10}}}, {1.5f, s}, true};
    shape_move(s, &by);
    uint8_t mark = (uint8_t)hp_abi_expected();
    assert_int_equal(s->id, (uint16_t)(0xFFF0 + hp_abi_expected()));
    assert_int_equal(s->corner[0].x, 11);
    assert_int_equal(s->corner[1].x, 16);
    assert_true(s->corner[0].y == 1.25 && s->corner[1].y == 6.25);
    const uint8_t flags[6] = {3 ^ mark, 4, 5, 8, 9 ^ mark, 10};
    assert_memory_equal(s->corner[0].flags, flags, 3);
    assert_memory_equal(s->corner[1].flags, flags + 3, 3);
    assert_true(s->meta.weight == -1.5f);
    assert_ptr_equal(s->meta.owner, s);
    assert_false(s->closed);
    hp_abi_guarded_free(s);
}

static void arrays_of_structures(void) {
    for (uint32_t count = 0; count < 10; count++) {
        point *points = hp_abi_guarded(count * sizeof *points), *total = hp_abi_guarded(sizeof *total);
        int32_t x = 0;
        double y = 0;
        uint8_t flags[3] = {0};
        for (uint32_t i = 0; i < count; i++) {
            points[i] = (point){-(int32_t)i, i * 0.5, {(uint8_t)i, (uint8_t)(i * 2), (uint8_t)(i * 100)}};
            x += points[i].x;
            y += points[i].y;
            flags[i % 3] = (uint8_t)(flags[i % 3] + points[i].flags[i % 3]);
        }
        assert_true(points_sum(points, count, total) == y + where());
        assert_int_equal(total->x, x);
        assert_true(total->y == y);
        assert_memory_equal(total->flags, flags, 3);
        hp_abi_guarded_free(points);
        hp_abi_guarded_free(total);
    }
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(read_in_the_update),   HP_ABI_CHECK(null_arrives_as_null),
        HP_ABI_CHECK(filled_by_the_update), HP_ABI_CHECK(changed_in_place),
        HP_ABI_CHECK(arrays_of_structures),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
