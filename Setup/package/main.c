// The program of a package: all of it is in libglyphline, of which the loader takes the build for this CPU.
#include "glyphline.h"

int main(void) { glyphline_run_program(); }
