# Read by CMake inside llama.cpp's own project: leaves out the library of its command-line programs, which the Python
# binding never loads and which is 40 % of the files to compile. The binding's CMakeLists.txt forces it on otherwise.
set(LLAMA_BUILD_COMMON OFF)
