# SPDX-License-Identifier: Apache-2.0
# muster::grpc, the adapter to gRPC: clusters in different processes and machines. The one target
# of muster with code to compile: the messages generated from cluster.proto, a client, a server.
# So it is built where it is used, from sources that are installed beside the headers, and only
# if something links it. Left out, with one line that says so, where gRPC is not installed.
#   muster_add_grpc(INCLUDE_DIR)    the folder with muster/adapters/grpc/
function(muster_add_grpc include_dir)
  find_package(Threads QUIET)
  find_package(Protobuf QUIET)
  find_package(gRPC CONFIG QUIET)
  if(NOT (Protobuf_FOUND AND gRPC_FOUND AND TARGET gRPC::grpc_cpp_plugin))
    message(STATUS "muster: gRPC with its protoc plugin not found, target muster::grpc left out")
    return()
  endif()
  set(source ${include_dir}/muster/adapters/grpc)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/muster_grpc)
  set(stem ${generated}/muster/adapters/grpc/cluster)
  file(MAKE_DIRECTORY ${generated})
  add_custom_command(
    OUTPUT ${stem}.pb.cc ${stem}.pb.h ${stem}.grpc.pb.cc ${stem}.grpc.pb.h
    COMMAND protobuf::protoc --proto_path=${include_dir} --cpp_out=${generated} --grpc_out=${generated}
            --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> ${source}/cluster.proto
    DEPENDS ${source}/cluster.proto
    COMMENT "Generating the messages of muster::grpc"
    VERBATIM)

  # What protoc wrote is not ours to warn about.
  add_library(muster_grpc_messages OBJECT EXCLUDE_FROM_ALL ${stem}.pb.cc ${stem}.grpc.pb.cc)
  target_compile_features(muster_grpc_messages PUBLIC cxx_std_20)
  target_compile_options(muster_grpc_messages PRIVATE -w)
  target_include_directories(muster_grpc_messages SYSTEM PUBLIC ${generated})
  target_link_libraries(muster_grpc_messages PUBLIC gRPC::grpc++ protobuf::libprotobuf)

  add_library(muster_grpc STATIC EXCLUDE_FROM_ALL ${source}/client.cpp ${source}/server.cpp
                                                  $<TARGET_OBJECTS:muster_grpc_messages>)
  add_library(muster::grpc ALIAS muster_grpc)
  target_link_libraries(muster_grpc PUBLIC muster::muster gRPC::grpc++ protobuf::libprotobuf Threads::Threads)
  # For those who use the messages themselves (detail/wire.hpp); the other headers need no gRPC.
  target_include_directories(muster_grpc SYSTEM PUBLIC ${generated})
  add_dependencies(muster_grpc muster_grpc_messages)
endfunction()
