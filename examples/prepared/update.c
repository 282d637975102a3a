// update.exe: the new rules.c, and this. Which functions it offers stands in CMakeLists.txt.
#include <hotpatch/server.h>

int main(void) {
    static const hp_server_class update = {
        .size = sizeof update, .version = 2, .progid = L"Acme.Railway.Update"};
    return hp_com_main(&update); // update.exe /regserver, /unregserver, -Embedding
}
