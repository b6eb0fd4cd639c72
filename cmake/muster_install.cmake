# SPDX-License-Identifier: Apache-2.0
# Install, export, and the package that find_package(muster) reads.
include(CMakePackageConfigHelpers)

set(muster_cmake_dir ${CMAKE_INSTALL_DATADIR}/cmake/muster)
install(TARGETS ${muster_exported} EXPORT muster-targets
        FILE_SET HEADERS COMPONENT muster_Development)
# muster::grpc has sources: they lie beside the headers and are compiled by whoever uses them.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/muster/adapters/grpc
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/muster/adapters COMPONENT muster_Development)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/muster_grpc.cmake DESTINATION ${muster_cmake_dir}
        COMPONENT muster_Development)
install(EXPORT muster-targets NAMESPACE muster:: DESTINATION ${muster_cmake_dir}
        COMPONENT muster_Development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/muster-config.cmake.in
                              ${PROJECT_BINARY_DIR}/muster-config.cmake
                              INSTALL_DESTINATION ${muster_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/muster-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/muster-config.cmake
              ${PROJECT_BINARY_DIR}/muster-config-version.cmake
        DESTINATION ${muster_cmake_dir} COMPONENT muster_Development)

configure_file(${PROJECT_SOURCE_DIR}/cmake/muster.pc.in ${PROJECT_BINARY_DIR}/muster.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/muster.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig
        COMPONENT muster_Development)
