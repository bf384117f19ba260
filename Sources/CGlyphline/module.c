// SwiftPM needs a source file to make a module of the header. The module Interface has the code.
#include "glyphline.h"
