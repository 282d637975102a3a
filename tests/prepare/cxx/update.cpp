// The update: which functions it offers stands in CMakeLists.txt.
#include <hotpatch/server.h>

#include "own/acme.hpp"

int main() {
    hp_server_class update = {};
    update.size = sizeof update;
    update.version = 2;
    update.progid = L"Acme.Cxx.Update";
    return hp_com_main(&update);
}
