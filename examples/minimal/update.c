#include <hotpatch/server.h>

static int score_add(int score, int points) {
    return score + 100 * points;
}
HP_EXPORT(score_add, "i32(i32 score, i32 points)");

int main(void) {
    static const hp_server_class update = {
        .size = sizeof update, .version = 2, .progid = L"Acme.Game.Update"};
    return hp_com_main(&update); // update.exe /regserver, /unregserver, -Embedding
}
