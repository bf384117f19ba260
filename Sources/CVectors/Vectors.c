#include "Vectors.h"
