# What cmake --install puts where, and Debian packages of it (cpack -G DEB).
include(GNUInstallDirs)
# Tests need not be built for that.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(here ${CMAKE_CURRENT_LIST_DIR})

# The server, with what systemd needs. Where it is to be is known when it is installed.
install(TARGETS spiked COMPONENT server)
install(FILES ${here}/spiked.socket DESTINATION lib/systemd/system COMPONENT server)
install(CODE "set(here \"${here}\")" COMPONENT server)
install(CODE [[
  set(prefix ${CMAKE_INSTALL_PREFIX})
  set(etc ${prefix}/etc)
  if(prefix STREQUAL "/usr")
    set(etc /etc)
  endif()
  configure_file(${here}/spiked.service.in $ENV{DESTDIR}${prefix}/lib/systemd/system/spiked.service
                 @ONLY)
  file(INSTALL ${here}/spiked.toml DESTINATION ${etc}/spiked)
]] COMPONENT server)
# The page, built: ./dev web.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/client/web/dist/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/spiked/web COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/server/README.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/spiked-server COMPONENT server)

# The clients that are programs, with completion.
install(TARGETS spikectl spiked-pong spiked-verify COMPONENT clients)
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/install/spikectl
  COMMAND spikectl completion > ${PROJECT_BINARY_DIR}/install/spikectl
  DEPENDS spikectl
  VERBATIM)
list(APPEND made ${PROJECT_BINARY_DIR}/install/spikectl)
install(FILES ${PROJECT_BINARY_DIR}/install/spikectl
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT clients)

# Manual pages are made of what --help says.
find_program(HELP2MAN help2man)
if(HELP2MAN)
  foreach(program spiked spikectl spiked-pong spiked-verify)
    set(page ${PROJECT_BINARY_DIR}/install/${program}.1)
    add_custom_command(
      OUTPUT ${page}
      COMMAND ${HELP2MAN} --no-info --no-discard-stderr --output=${page} $<TARGET_FILE:${program}>
      DEPENDS ${program}
      VERBATIM)
    list(APPEND pages ${page})
  endforeach()
  list(APPEND made ${pages})
  install(FILES ${PROJECT_BINARY_DIR}/install/spiked.1
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT server)
  list(FILTER pages EXCLUDE REGEX "/spiked\\.1$")
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT clients)
endif()

# All that is installed.
add_custom_target(spiked_install ALL DEPENDS ${made})
add_dependencies(spiked_install spiked spikectl spiked-pong spiked-verify spiked_client spiked_python)

# The client library, for find_package(spiked-client).
include(CMakePackageConfigHelpers)
set(config ${CMAKE_INSTALL_LIBDIR}/cmake/spiked-client)
install(TARGETS spiked_client spiked_grpc spiked_proto EXPORT spiked-client-targets COMPONENT dev
        ARCHIVE INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/spiked-client)
install(EXPORT spiked-client-targets NAMESPACE spiked:: DESTINATION ${config} COMPONENT dev)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/spiked-client-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${here}/spiked-client-config.cmake
              ${PROJECT_BINARY_DIR}/install/spiked-client-config-version.cmake
        DESTINATION ${config} COMPONENT dev)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/client/cpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/spiked-client/client COMPONENT dev
        FILES_MATCHING PATTERN "*.h" PATTERN examples EXCLUDE)
install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/spiked ${PROJECT_BINARY_DIR}/proto/google
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/spiked-client COMPONENT dev
        FILES_MATCHING PATTERN "*.pb.h")

# The Python package.
install(DIRECTORY ${SPIKED_PYTHON_PATH}/ DESTINATION lib/python3/dist-packages COMPONENT python
        PATTERN __pycache__ EXCLUDE PATTERN "*.egg-info" EXCLUDE)

# Each Debian package has the licence.
foreach(part IN ITEMS server:spiked-server clients:spiked-clients dev:libspiked-client-dev
                      python:python3-spiked)
  string(REPLACE ":" ";" part ${part})
  list(POP_FRONT part component package)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
          RENAME copyright COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME spiked)
set(CPACK_PACKAGE_CONTACT "The spiked maintainers <spiked@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Spiking-network simulations for a lab, over gRPC")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server clients dev python)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME spiked-server)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "Server that hosts spiking-network simulations")
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS spiked-clients)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${here}/postinst ${here}/prerm ${here}/conffiles)
set(CPACK_DEBIAN_CLIENTS_PACKAGE_NAME spiked-clients)
set(CPACK_DEBIAN_CLIENTS_DESCRIPTION "Programs that use and manage a spiked server")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libspiked-client-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_DESCRIPTION "C++ library for clients of a spiked server")
# What find_package(gRPC) looks for in Debian, too.
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libgrpc++-dev, protobuf-compiler-grpc, libprotobuf-dev, protobuf-compiler, libabsl-dev, zlib1g-dev, pkg-config")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-spiked)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_DESCRIPTION "Python package for clients of a spiked server")
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "python3 (>= 3.10), python3-grpcio, python3-protobuf, python3-numpy")
include(CPack)
