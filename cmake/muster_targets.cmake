# SPDX-License-Identifier: Apache-2.0
# The library targets. muster::muster needs C++20 and nothing else; each extra adds one
# third-party library and the headers that use it. An extra whose library is absent is left out.

file(GLOB_RECURSE muster_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/muster/*.hpp)

set(muster_eigen_headers ${muster_headers})
list(FILTER muster_eigen_headers INCLUDE REGEX "/(num/backend|interop)/eigen\\.hpp$")
set(muster_xtensor_headers ${muster_headers})
list(FILTER muster_xtensor_headers INCLUDE REGEX "/interop/(xtensor|npy)\\.hpp$")
set(muster_fmt_headers ${muster_headers})
list(FILTER muster_fmt_headers INCLUDE REGEX "/(interop/fmt|report/[a-z_]+)\\.hpp$")
set(muster_grpc_headers ${muster_headers})
list(FILTER muster_grpc_headers INCLUDE REGEX "/adapters/grpc/")
set(muster_kubernetes_headers ${muster_headers})
list(FILTER muster_kubernetes_headers INCLUDE REGEX "/adapters/kubernetes/")
list(REMOVE_ITEM muster_headers ${muster_eigen_headers} ${muster_xtensor_headers} ${muster_fmt_headers}
                                ${muster_grpc_headers} ${muster_kubernetes_headers})

function(muster_add_library name)
  add_library(muster_${name} INTERFACE)
  add_library(muster::${name} ALIAS muster_${name})
  set_target_properties(muster_${name} PROPERTIES EXPORT_NAME ${name})
  target_sources(muster_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
                                       FILES ${ARGN})
endfunction()

muster_add_library(muster ${muster_headers})
target_compile_features(muster_muster INTERFACE cxx_std_20)
set(muster_exported muster_muster)
set(MUSTER_WITH_EIGEN OFF)
set(MUSTER_WITH_XTENSOR OFF)
set(MUSTER_WITH_FMT OFF)

find_package(Eigen3 3.4 QUIET NO_MODULE)
if(Eigen3_FOUND)
  muster_add_library(eigen ${muster_eigen_headers})
  target_link_libraries(muster_eigen INTERFACE muster_muster Eigen3::Eigen)
  list(APPEND muster_exported muster_eigen)
  set(MUSTER_WITH_EIGEN ON)
else()
  message(STATUS "muster: Eigen 3.4 not found, target muster::eigen left out")
endif()

find_package(xtensor QUIET)
if(xtensor_FOUND)
  muster_add_library(xtensor ${muster_xtensor_headers})
  target_link_libraries(muster_xtensor INTERFACE muster_muster xtensor)
  list(APPEND muster_exported muster_xtensor)
  set(MUSTER_WITH_XTENSOR ON)
else()
  message(STATUS "muster: xtensor not found, target muster::xtensor left out")
endif()

find_package(fmt QUIET)
if(fmt_FOUND)
  muster_add_library(fmt ${muster_fmt_headers})
  target_link_libraries(muster_fmt INTERFACE muster_muster fmt::fmt)
  list(APPEND muster_exported muster_fmt)
  set(MUSTER_WITH_FMT ON)
else()
  message(STATUS "muster: fmt not found, target muster::fmt left out")
endif()

# HTTP, JSON and YAML meet in one adapter. cpp-httplib comes with pkg-config only, and its flags
# are those that the library was compiled with.
set(MUSTER_WITH_KUBERNETES OFF)
find_package(nlohmann_json 3.10 QUIET)
find_package(yaml-cpp 0.7 QUIET)
find_package(OpenSSL QUIET)
find_package(Threads QUIET)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(cpp_httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()
if(nlohmann_json_FOUND AND yaml-cpp_FOUND AND cpp_httplib_FOUND AND OpenSSL_FOUND AND Threads_FOUND)
  muster_add_library(kubernetes ${muster_kubernetes_headers})
  target_link_libraries(muster_kubernetes INTERFACE muster_muster nlohmann_json::nlohmann_json PkgConfig::cpp_httplib
                                                    OpenSSL::SSL OpenSSL::Crypto yaml-cpp Threads::Threads)
  list(APPEND muster_exported muster_kubernetes)
  set(MUSTER_WITH_KUBERNETES ON)
else()
  message(STATUS "muster: nlohmann_json, yaml-cpp, cpp-httplib or OpenSSL not found, target muster::kubernetes left out")
endif()
