// Proves that Wine really runs EXEs of this architecture: nothing else answers 77 (see cmake/setup/probe.sh).
int main(void) {
    return 77;
}
