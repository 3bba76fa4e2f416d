/* Included before every C source of whisper.cpp (whisper.cmake).
 *
 * ggml's threads wait for one another in a loop of pauses, at every step of a graph: where there are more threads than
 * cores, they keep the one they wait for from its core until their time is up. Here a wait that lasts gives its core away:
 * two hearings of two threads each on two cores (the shape of small) took 24 s instead of 78 s. */
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sched.h>

static inline void shoki_make_way(void) {
    static _Thread_local unsigned pauses;
    __builtin_ia32_pause();
    /* Some 10 us: longer than most waits where every thread has a core of its own. */
    if (++pauses % 256 == 0) {
        sched_yield();
    }
}
#define _mm_pause() shoki_make_way()
#endif
