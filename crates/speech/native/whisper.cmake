# Read by whisper.cpp's build behind its project() (CMAKE_PROJECT_INCLUDE in .cargo/config.toml).
include_guard(GLOBAL)
add_compile_options(
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${PROJECT_SOURCE_DIR}/ggml/include/ggml.h>"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/one_thread.h>"
    "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/make_way.h>"
)
