# SPDX-License-Identifier: Apache-2.0
# What our own programs (tests, examples, benchmarks) add: warnings and sanitizers. Users of
# the library never see them.
find_package(Threads REQUIRED)
find_program(muster_ccache ccache)

function(muster_program name)
  target_link_libraries(${name} PRIVATE muster_muster Threads::Threads)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  # Not with sanitizers: what they insert makes g++ 12 warn of code in the standard library.
  if(MUSTER_WARNINGS_AS_ERRORS AND NOT MUSTER_SANITIZE)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
  if(MUSTER_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${MUSTER_SANITIZE} -fno-sanitize-recover=all
                                           -fno-omit-frame-pointer)
    target_link_options(${name} PRIVATE -fsanitize=${MUSTER_SANITIZE})
  endif()
  if(muster_ccache)
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER ${muster_ccache})
  endif()
endfunction()

# Links the extras named in ARGN that this machine has; sets MISSING in the caller if one is not.
function(muster_link_extras name)
  set(missing "")
  foreach(extra IN LISTS ARGN)
    if(TARGET muster_${extra})
      target_link_libraries(${name} PRIVATE muster_${extra})
    else()
      list(APPEND missing ${extra})
    endif()
  endforeach()
  set(MISSING "${missing}" PARENT_SCOPE)
endfunction()
