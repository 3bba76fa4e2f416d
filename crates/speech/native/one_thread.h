/* Included before every C++ source of whisper.cpp (whisper.cmake), behind ggml.h.
 *
 * whisper.cpp aligns words with sound (DTW) on a backend of its own and leaves it ggml's default number of threads, four:
 * started for each window, they wait for one another at every step of a tiny graph. Shoki hears a window a thread. */
#undef GGML_DEFAULT_N_THREADS
#define GGML_DEFAULT_N_THREADS 1
