#include <hotpatch/client.h>
#include <stdio.h>

HP_PATCHABLE(int, score_add, (int score, int points)) // can be replaced while the program runs
{
    return score + points;
}

int main(void) {
    hp_watch *watch = NULL;
    hp_com_watch(L"Acme.Game.Update", NULL, &watch); // attaches as soon as the update is registered
    for (int score = 0; getchar() != EOF;) {         // press Enter to play
        score = score_add(score, 1);
        printf("score %d\n", score);
        fflush(stdout);
    }
    hp_com_unwatch(watch); // the original code is back
}
