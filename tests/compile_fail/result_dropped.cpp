// expect: unused-result
// Whether a file could be read must be asked; dropping the answer is an error under -Werror.
#include <muster/core/result.hpp>

muster::result<void> save();

void program() {
#ifdef CORRECT
  if (!save()) return;
#else
  save();
#endif
}
