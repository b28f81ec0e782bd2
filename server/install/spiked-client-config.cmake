# spiked::spiked_client, the library of client/cpp.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(absl)
find_dependency(Protobuf)
find_dependency(gRPC CONFIG)
find_dependency(ZLIB)
include(${CMAKE_CURRENT_LIST_DIR}/spiked-client-targets.cmake)
